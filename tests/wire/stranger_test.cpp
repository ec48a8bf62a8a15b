// Peers that are neither broker nor client: whatever they send or do not send, it is a clear error and harms no other
// peer.
#include <gmock/gmock.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/link/link.hpp"
#include "wire.hpp"

namespace hoiku::link {
namespace {

using namespace std::chrono_literals;
using Input = ServerLink::Input;
using wire_tests::failure_of_connecting;
using wire_tests::run_within_patience;

// Listens, and sends `words` to each peer that connects; keeps the connection open until it is cancelled.
class Stranger {
 public:
  Stranger() : acceptor_(current_io_context(), {boost::asio::ip::address_v4::loopback(), 0}) {}
  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  Task<> serve(std::string words, bool hang_up) {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(use_task);
      co_await boost::asio::async_write(socket, boost::asio::buffer(words), use_task);
      if (!hang_up) co_await Event().wait();
    }
  }

 private:
  boost::asio::ip::tcp::acceptor acceptor_;
};

// Each test runs on every kind of link that this build has.
class Strangers : public testing::TestWithParam<LinkKind> {
 protected:
  static void expect_refusal_of(const std::string& words, bool hang_up, const std::string& expected) {
    run_within_patience([&]() -> Task<> {
      Stranger stranger;
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon([&]() -> Task<> { co_await stranger.serve(words, hang_up); });
        const std::string failure = co_await failure_of_connecting(stranger.endpoint(), GetParam());
        EXPECT_THAT(failure, testing::HasSubstr(stranger.endpoint()));
        EXPECT_THAT(failure, testing::HasSubstr(expected));
        nursery.cancel_scope().cancel();
      });
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, Strangers, testing::ValuesIn(link_kinds()),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

TEST_P(Strangers, ConnectingToSomethingThatTalksAndHangsUpFails) {
  expect_refusal_of("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", true, "is not a broker");
}

TEST_P(Strangers, ConnectingToSomethingThatHangsUpFails) { expect_refusal_of("", true, "is not a broker"); }

TEST_P(Strangers, ConnectingToSomethingThatTalksNonsenseFails) {
  expect_refusal_of("SSH-2.0-OpenSSH_9.2p1 Debian\r\n", false,
                    GetParam() == LinkKind::zmtp ? "is not a broker" : "does not answer as a broker does");
}

TEST_P(Strangers, ConnectingToSomethingSilentFails) { expect_refusal_of("", false, "broker"); }

TEST_P(Strangers, GarbageSentToTheServerAffectsNoClient) {
  run_within_patience([&]() -> Task<> {
    const auto server = make_server_link({"tcp://127.0.0.1:*"}, {.kind = GetParam()});
    const std::string endpoint = server->endpoints().at(0);
    const auto connector = make_connector(endpoint, GetParam());
    const auto client = co_await connector->connect();
    const boost::asio::ip::tcp::endpoint door(boost::asio::ip::address_v4::loopback(), wire_tests::port_of(endpoint));
    std::vector<boost::asio::ip::tcp::socket> strangers;
    const std::array<const char*, 5> greetings{"GET / HTTP/1.1\r\nHost: robot\r\n\r\n", "\xff",
                                               "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f", "\x01\x00\x01\x00\x01\x00",
                                               ""};
    for (const char* words : greetings) {
      auto& stranger = strangers.emplace_back(current_io_context());
      co_await stranger.async_connect(door, use_task);
      co_await boost::asio::async_write(stranger, boost::asio::buffer(std::string(words)), use_task);
    }
    co_await client->send("hello");
    Input input = co_await server->receive();
    while (input.frame != "hello") input = co_await server->receive();
    EXPECT_EQ(server->try_send(input.peer, "welcome"), SendResult::sent);
    const std::string answer = co_await client->receive();
    EXPECT_EQ(answer, "welcome");
  });
}

TEST_P(Strangers, ConnectingToOneCanBeCancelled) {
  run_within_patience([&]() -> Task<> {
    Stranger stranger;  // the kernel accepts; no byte is sent
    const auto connector = make_connector(stranger.endpoint(), GetParam());
    const bool cut = co_await move_on_after(10ms, [&]() -> Task<> { co_await connector->connect(); });
    EXPECT_TRUE(cut);
  });
}

}  // namespace
}  // namespace hoiku::link
