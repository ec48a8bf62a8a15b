// The link on real sockets, beyond the contract of every link (link_contract_test.cpp): its addresses, and its messages
// about them.
#include "hoiku/link/link.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <tuple>
#include <vector>

#include <fmt/core.h>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/async/sleep.hpp"
#include "wire.hpp"

namespace hoiku::link {
namespace {

using namespace std::chrono_literals;
using Input = ServerLink::Input;
using wire_tests::failure_of_connecting;
using wire_tests::Folder;
using wire_tests::port_of;
using wire_tests::run_within_patience;
using wire_tests::Shortage;

std::string failure_of_listening(const std::string& endpoint, const ServerLinkOptions& options = {}) {
  try {
    make_server_link({endpoint}, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    return error.what();
  }
  return "";
}

// Each test runs on every kind of link that this build has: "zmtp_ipc" and so on.
class WireLink : public testing::TestWithParam<std::tuple<LinkKind, const char*>> {
 protected:
  std::unique_ptr<ServerLink> listen() {
    auto server = make_server_link({wire_tests::listen_endpoint(std::get<1>(GetParam()), folder_)}, options());
    endpoint_ = server->endpoints().at(0);
    return server;
  }
  ServerLinkOptions options(SocketAccess access = {}) const { return {.kind = kind(), .socket = std::move(access)}; }
  Task<std::unique_ptr<Link>> connect() { co_return co_await connect_to(endpoint_); }
  Task<std::unique_ptr<Link>> connect_to(std::string endpoint) {
    const auto connector = make_connector(endpoint, kind());
    EXPECT_EQ(connector->endpoint(), endpoint);
    co_return co_await connector->connect();
  }
  // Lets a client connect to the endpoint, and be heard.
  Task<> converse(ServerLink& server, std::string endpoint) {
    const auto client = co_await connect_to(endpoint);
    co_await client->send(endpoint);
    Input input = co_await server.receive();
    while (!input.frame) input = co_await server.receive();
    EXPECT_EQ(input.frame, endpoint);
  }
  LinkKind kind() const { return std::get<0>(GetParam()); }

  Folder folder_;
  std::string endpoint_;
};
class WireIpc : public WireLink {};
class WireTcp : public WireLink {};

std::string name_of(const testing::TestParamInfo<std::tuple<LinkKind, const char*>>& info) {
  return std::string(to_string(std::get<0>(info.param))) + "_" + std::get<1>(info.param);
}

INSTANTIATE_TEST_SUITE_P(Kinds, WireLink,
                         testing::Combine(testing::ValuesIn(link_kinds()), testing::Values("ipc", "tcp")), name_of);
INSTANTIATE_TEST_SUITE_P(Kinds, WireIpc, testing::Combine(testing::ValuesIn(link_kinds()), testing::Values("ipc")),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Kinds, WireTcp, testing::Combine(testing::ValuesIn(link_kinds()), testing::Values("tcp")),
                         name_of);

TEST_P(WireLink, ConnectingFailsAtOnceIfNothingListens) {
  run_within_patience([&]() -> Task<> {
    listen().reset();
    const std::string failure = co_await failure_of_connecting(endpoint_, kind());
    EXPECT_EQ(failure, "no broker listens at " + endpoint_ + ": the connection was refused");
  });
}

TEST_P(WireLink, ConnectingWithoutADescriptorFailsAsItDoesWithoutABroker) {
  if (!Shortage::is_possible) GTEST_SKIP() << "the sanitizer needs descriptors";
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    {
      const Shortage shortage;
      const std::string failure = co_await failure_of_connecting(endpoint_, kind());
      EXPECT_THAT(failure, testing::StartsWith(endpoint_ + " cannot be reached: "));
    }
    co_await connect();
  });
}

TEST_P(WireLink, AnAddressInUseIsRefusedWithAReason) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    EXPECT_EQ(failure_of_listening(endpoint_, options()),
              "cannot listen at " + endpoint_ +
                  ": another program listens there, perhaps a broker: stop it, or choose another address");
    // The first broker is not harmed.
    const auto client = co_await connect();
    co_await client->send("hello");
    const Input input = co_await server->receive();
    EXPECT_EQ(input.frame, "hello");
  });
}

TEST_P(WireIpc, TheSocketOfABrokerThatWasKilledIsTakenOver) {
  const std::string path = folder_.path("broker.sock");
  run_within_patience([&]() -> Task<> {
    namespace local = boost::asio::local;
    {
      local::stream_protocol::acceptor killed(current_io_context(), local::stream_protocol::endpoint(path));
    }
    EXPECT_TRUE(std::filesystem::exists(path));
    const auto server = make_server_link({"ipc://" + path}, options());
    co_await connect_to("ipc://" + path);
  });
}

TEST_P(WireIpc, AFullQueueOfConnectionsIsAProgramThatListens) {
  const std::string path = folder_.path("broker.sock");
  run_within_patience([&]() -> Task<> {
    namespace local = boost::asio::local;
    local::stream_protocol::acceptor busy(current_io_context(), local::stream_protocol::endpoint(path));
    busy.listen(0);
    local::stream_protocol::socket waiting(current_io_context());
    waiting.connect(local::stream_protocol::endpoint(path));
    EXPECT_THAT(failure_of_listening("ipc://" + path, options()), testing::HasSubstr("another program listens there"));
    co_return;
  });
}

TEST_P(WireIpc, AFileThatIsNoSocketIsNotDeleted) {
  const std::string path = folder_.path("diary.txt");
  std::filesystem::create_directory(path);
  run_within_patience([&]() -> Task<> {
    EXPECT_EQ(failure_of_listening("ipc://" + path, options()),
              "cannot listen at ipc://" + path +
                  ": a file of that name exists and is not a socket: remove it, or choose another path");
    co_return;
  });
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_P(WireIpc, AMissingFolderIsNamed) {
  run_within_patience([&]() -> Task<> {
    const std::string path = folder_.path("missing/broker.sock");
    EXPECT_EQ(failure_of_listening("ipc://" + path, options()), "cannot listen at ipc://" + path + ": the directory " +
                                                                    folder_.path("missing") +
                                                                    " does not exist: make it, or choose another path");
    co_return;
  });
}

TEST_P(WireIpc, TheSocketGetsItsModeAndItsGroup) {
  const std::string path = folder_.path("broker.sock");
  run_within_patience([&]() -> Task<> {
    const auto server =
        make_server_link({"ipc://" + path}, options({.mode = 0620, .group = std::to_string(::getegid())}));
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0620U);
    EXPECT_EQ(status.st_gid, ::getegid());
    co_await connect_to("ipc://" + path);
  });
}

TEST_P(WireIpc, ASocketWithoutTheWantedAccessIsNotKept) {
  const std::string path = folder_.path("broker.sock");
  run_within_patience([&]() -> Task<> {
    EXPECT_EQ(failure_of_listening("ipc://" + path, options({.mode = {}, .group = "no such group"})),
              "cannot listen at ipc://" + path + ": there is no group 'no such group'");
    EXPECT_THAT(
        failure_of_listening("ipc://@hoiku-test-" + std::to_string(::getpid()), options({.mode = 0600, .group = {}})),
        testing::HasSubstr("an abstract name has neither mode nor group"));
    co_return;
  });
}

TEST(ZmtpIpc, TheFileIsRemovedAtTheEndUnlessAnotherSocketHasReplacedIt) {
  Folder folder;
  const std::string path = folder.path("broker.sock");
  run_within_patience([&]() -> Task<> {
    make_server_link({"ipc://" + path});
    EXPECT_FALSE(std::filesystem::exists(path));
    auto first = make_server_link({"ipc://" + path});
    std::filesystem::remove(path);
    const auto second = make_server_link({"ipc://" + path});
    first.reset();
    co_await make_connector("ipc://" + path)->connect();
  });
}

TEST_P(WireTcp, AnAddressOfAnotherMachineIsRefusedWithASentence) {
  run_within_patience([&]() -> Task<> {
    // A network that is reserved for documentation.
    EXPECT_EQ(failure_of_listening("tcp://192.0.2.1:7411", options()),
              "cannot listen at tcp://192.0.2.1:7411: this machine has no such address: use one of its own addresses, "
              "or * for all of them");
    co_return;
  });
}

TEST_P(WireTcp, OneServerListensAtSeveralEndpoints) {
  run_within_patience([&]() -> Task<> {
    const auto server =
        make_server_link({"tcp://127.0.0.1:*", "tcp://LocalHost:0", "ipc://" + folder_.path("a")}, options());
    const std::vector<std::string> endpoints = server->endpoints();
    EXPECT_EQ(endpoints.size(), 3U);
    for (const std::string& endpoint : endpoints) co_await converse(*server, endpoint);
  });
}

TEST_P(WireTcp, AClientFindsLocalhost) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    co_await connect_to(fmt::format("tcp://localhost:{}", port_of(endpoint_)));
  });
}

bool has_ipv6() {
  const int descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool has = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0;
  ::close(descriptor);
  return has;
}

TEST(ZmtpTcp, AllAddressesAreThoseOfBothFamilies) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  run_within_patience([&]() -> Task<> {
    for (const char* all : {"tcp://*:0", "tcp://[::]:0"}) {
      const auto server = make_server_link({all});
      const std::uint16_t port = port_of(server->endpoints().at(0));
      for (const char* host : {"127.0.0.1", "[::1]", "localhost"}) {
        const auto connector = make_connector(fmt::format("tcp://{}:{}", host, port));
        co_await connector->connect();
      }
    }
  });
}

TEST(ZmtpTcp, AnAddressWithItsInterfaceIsTaken) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  run_within_patience([&]() -> Task<> {
    const auto server = make_server_link({"tcp://[::1%lo]:0"});
    co_await make_connector(fmt::format("tcp://[::1%lo]:{}", port_of(server->endpoints().at(0))))->connect();
    // No such address at that interface; what matters is that the interface was understood.
    EXPECT_THAT(failure_of_listening("tcp://[fe80::1234%lo]:0"), testing::HasSubstr("has no such address"));
  });
}

TEST_P(WireTcp, ConnectingToAnAddressThatDoesNotAnswerFails) {
  run_within_patience([&]() -> Task<> {
    using boost::asio::ip::tcp;
    auto& io = current_io_context();
    // Fills the acceptor's queue of connections: the kernel then drops packets, as a network does that is down.
    tcp::acceptor deaf(io, tcp::v4());
    deaf.bind({boost::asio::ip::address_v4::loopback(), 0});
    deaf.listen(0);
    std::vector<tcp::socket> queued;
    for (int i = 0; i < 4; ++i)
      queued.emplace_back(io, tcp::v4()).async_connect(deaf.local_endpoint(), [](const auto&) {});
    const std::string endpoint = "tcp://127.0.0.1:" + std::to_string(deaf.local_endpoint().port());
    const std::string failure = co_await failure_of_connecting(endpoint, kind());
    EXPECT_EQ(failure, endpoint + " cannot be reached: nothing answers there");
  });
}

TEST_P(WireTcp, AHostThatCannotBeResolvedIsNamed) {
  run_within_patience([&]() -> Task<> {
    const std::string failure = co_await failure_of_connecting("tcp://no-such-host.invalid:7411", kind());
    EXPECT_TRUE(failure.starts_with("the host of tcp://no-such-host.invalid:7411 cannot be resolved: ")) << failure;
  });
}

}  // namespace
}  // namespace hoiku::link
