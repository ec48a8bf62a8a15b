// The link on real sockets, beyond the contract of every link (link_contract_test.cpp): its addresses, and its messages
// about them.
#include "hoiku/link/link.hpp"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <set>
#include <vector>

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
using wire_tests::run_within_patience;

std::string failure_of_listening(const std::string& endpoint) {
  try {
    make_server_link({endpoint});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    return error.what();
  }
  return "";
}

class WireLink : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<ServerLink> listen(std::size_t frame_bytes_max = Limits{}.frame_bytes_max) {
    auto server = make_server_link({wire_tests::listen_endpoint(GetParam(), folder_)}, frame_bytes_max);
    endpoint_ = server->endpoints().at(0);
    return server;
  }
  Task<std::unique_ptr<Link>> connect() {
    const auto connector = make_connector(endpoint_);
    co_return co_await connector->connect();
  }

  Folder folder_;
  std::string endpoint_;
};

INSTANTIATE_TEST_SUITE_P(Transports, WireLink, testing::Values("ipc", "tcp"),
                         [](const auto& transport) { return std::string(transport.param); });

TEST_P(WireLink, ConnectingFailsAtOnceIfNothingListens) {
  run_within_patience([&]() -> Task<> {
    listen().reset();
    const std::string failure = co_await failure_of_connecting(endpoint_);
    EXPECT_EQ(failure, "no broker listens at " + endpoint_ + ": the connection was refused");
  });
}

TEST_P(WireLink, AnAddressInUseIsRefusedWithAReason) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    EXPECT_EQ(failure_of_listening(endpoint_),
              "cannot listen at " + endpoint_ +
                  ": another program listens there, perhaps a broker: stop it, or choose another address");
    // The first broker is not harmed.
    const auto client = co_await connect();
    co_await client->send("hello");
    const Input input = co_await server->receive();
    EXPECT_EQ(input.frame, "hello");
  });
}

TEST(WireIpc, TheSocketOfABrokerThatWasKilledIsTakenOver) {
  Folder folder;
  const std::string endpoint = "ipc://" + folder.path("broker.sock");
  run_within_patience([&]() -> Task<> {
    namespace local = boost::asio::local;
    {
      local::stream_protocol::acceptor killed(current_io_context(),
                                              local::stream_protocol::endpoint(folder.path("broker.sock")));
    }
    EXPECT_TRUE(std::filesystem::exists(folder.path("broker.sock")));
    const auto server = make_server_link({endpoint});
    const auto connector = make_connector(endpoint);
    co_await connector->connect();
  });
}

TEST(WireIpc, AFileThatIsNoSocketIsNotDeleted) {
  Folder folder;
  const std::string path = folder.path("diary.txt");
  std::filesystem::create_directory(path);
  run_within_patience([&]() -> Task<> {
    EXPECT_EQ(failure_of_listening("ipc://" + path),
              "cannot listen at ipc://" + path +
                  ": a file of that name exists and is not a socket: remove it, or choose another path");
    co_return;
  });
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(WireIpc, AMissingFolderIsNamed) {
  Folder folder;
  run_within_patience([&]() -> Task<> {
    const std::string path = folder.path("missing/broker.sock");
    EXPECT_EQ(failure_of_listening("ipc://" + path), "cannot listen at ipc://" + path + ": the directory " +
                                                         folder.path("missing") +
                                                         " does not exist: make it, or choose another path");
    co_return;
  });
}

TEST(WireTcp, AnAddressOfAnotherMachineIsRefusedWithASentence) {
  run_within_patience([&]() -> Task<> {
    // A network that is reserved for documentation.
    EXPECT_EQ(failure_of_listening("tcp://192.0.2.1:7411"),
              "cannot listen at tcp://192.0.2.1:7411: this machine has no such address: use one of its own addresses, "
              "or * for all of them");
    co_return;
  });
}

TEST(WireTcp, OneServerListensAtSeveralEndpoints) {
  Folder folder;
  run_within_patience([&]() -> Task<> {
    const auto server = make_server_link({"tcp://127.0.0.1:*", "tcp://localhost:0", "ipc://" + folder.path("a")});
    const std::vector<std::string> endpoints = server->endpoints();
    EXPECT_EQ(endpoints.size(), 3U);
    for (const std::string& endpoint : endpoints) {
      const auto connector = make_connector(endpoint);
      const auto client = co_await connector->connect();
      co_await client->send(endpoint);
      Input input = co_await server->receive();
      while (!input.frame) input = co_await server->receive();
      EXPECT_EQ(input.frame, endpoint);
    }
  });
}

TEST(WireTcp, AClientFindsLocalhost) {
  run_within_patience([&]() -> Task<> {
    const auto server = make_server_link({"tcp://127.0.0.1:*"});
    const std::string port = server->endpoints().at(0).substr(std::string("tcp://127.0.0.1").size());
    const auto connector = make_connector("tcp://localhost" + port);
    EXPECT_EQ(connector->endpoint(), "tcp://localhost" + port);
    co_await connector->connect();
  });
}

TEST(WireTcp, ConnectingToAnAddressThatDoesNotAnswerFails) {
  run_within_patience([]() -> Task<> {
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
    const std::string failure = co_await failure_of_connecting(endpoint);
    EXPECT_EQ(failure, endpoint + " cannot be reached: nothing answers there");
  });
}

TEST(WireTcp, AHostThatCannotBeResolvedIsNamed) {
  run_within_patience([&]() -> Task<> {
    const std::string failure = co_await failure_of_connecting("tcp://no-such-host.invalid:7411");
    EXPECT_TRUE(failure.starts_with("the host of tcp://no-such-host.invalid:7411 cannot be resolved: ")) << failure;
  });
}

}  // namespace
}  // namespace hoiku::link
