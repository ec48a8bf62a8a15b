// False brokers: whatever the program sends that listens where a broker should, a client ends the connection, and holds
// little of it.
#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>

#include "hoiku/async/asio.hpp"
#include "hoiku/client/bus.hpp"
#include "link/src/zmtp/command.hpp"
#include "link/src/zmtp/greeting.hpp"
#include "stranger.hpp"
#include "wire.hpp"

namespace hoiku::wire_tests {
namespace {

namespace asio = boost::asio;
namespace zmtp = link::zmtp;
using asio::ip::tcp;

const std::string part_without_content("\x01\x00", 2);

// More than the kernel keeps of what nobody reads.
constexpr std::size_t flood_bytes = 24'000'000;

class FalseBroker {
 public:
  FalseBroker() : acceptor_(current_io_context(), {asio::ip::address_v4::loopback(), 0}) {}
  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  Task<Stranger> accept() {
    Stranger::Socket socket = co_await acceptor_.async_accept(use_task);
    co_return Stranger(std::move(socket));
  }

 private:
  tcp::acceptor acceptor_;
};

// The broker says the words. The client has to end the connection before it has taken all of them.
void expect_end_of(const std::string& words) {
  run_within_patience([&]() -> Task<> {
    FalseBroker broker;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        Stranger stranger = co_await broker.accept();
        const bool is_said = co_await stranger.say(words);
        EXPECT_FALSE(is_said) << "the client has taken everything";
      });
      std::string reason = "none";
      try {
        const auto connector = link::make_connector(broker.endpoint(), LinkKind::zmtp);
        const auto client = co_await connector->connect();
        for (;;) co_await client->receive();
      } catch (const link::LinkClosed& error) {
        reason = error.what();
      }
      EXPECT_NE(reason, "none");
    });
  });
}

TEST(FalseBrokers, PartsWithoutEndEndTheConnection) {
  expect_end_of(broker_beginning() + repeated(part_without_content, flood_bytes));
}

TEST(FalseBrokers, AnIdOfMebibytesEndsTheConnection) {
  std::string properties;
  zmtp::append_property(properties, "Socket-Type", "ROUTER");
  zmtp::append_property(properties, "Identity", std::string(flood_bytes, 'i'));
  expect_end_of(zmtp::write_greeting({"NULL", true}) + zmtp::write_command("READY", properties));
}

TEST(FalseBrokers, AFrameWithoutEndEndsTheConnection) {
  expect_end_of(broker_beginning() + announcement_of(~std::size_t{0}) + std::string(flood_bytes, 'x'));
}

TEST(FalseBrokers, AShortPingEndsTheConnection) {
  expect_end_of(broker_beginning() + zmtp::write_command("PING", "") + std::string(flood_bytes, 'x'));
}

TEST(FalseBrokers, AStreamThatIsNoZmtpEndsTheConnection) { expect_end_of(std::string(flood_bytes, 'x')); }

// The client has asked for nothing, so it does not read ahead.
TEST(FalseBrokers, FramesThatNobodyTakesStayWithTheBroker) {
  for (const std::string& frame : {message_of(std::string(1000, 'x')), message_of("")}) {
    run_within_patience([&]() -> Task<> {
      FalseBroker broker;
      bool has_heard_all = false;
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon([&]() -> Task<> {
          Stranger stranger = co_await broker.accept();
          has_heard_all = co_await stranger.say(broker_beginning() + repeated(frame, flood_bytes));
        });
        const auto connector = link::make_connector(broker.endpoint(), LinkKind::zmtp);
        auto client = co_await connector->connect();
        const std::string first = co_await client->receive();
        EXPECT_EQ(message_of(first), frame);
        client.reset();
      });
      EXPECT_FALSE(has_heard_all);
    });
  }
}

TEST(FalseBrokers, ABusEndsTheConnectionAndTriesAgain) {
  run_within_patience([&]() -> Task<> {
    FalseBroker broker;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        co_await Bus::connect(nursery, broker.endpoint(), link_kind(LinkKind::zmtp), connect_timeout(1h));
      });
      const std::string parts = broker_beginning() + repeated(part_without_content, flood_bytes);
      for (int i = 0; i < 3; ++i) {
        Stranger stranger = co_await broker.accept();
        const bool is_said = co_await stranger.say(parts);
        EXPECT_FALSE(is_said);
      }
      nursery.cancel_scope().cancel();
    });
  });
}

}  // namespace
}  // namespace hoiku::wire_tests
