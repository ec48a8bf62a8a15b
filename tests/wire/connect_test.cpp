// Names and addresses of brokers: which are tried, in which order, and for how long.
#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>

#include "hoiku/async/asio.hpp"
#include "link/src/resolver.hpp"
#include "link/src/zmtp/connect.hpp"
#include "wire.hpp"

namespace hoiku::wire_tests {
namespace {

namespace ip = boost::asio::ip;
using ip::tcp;
using link::zmtp::StreamEndpoint;
using link::zmtp::StreamSocket;

tcp::endpoint v4(std::uint16_t port) { return {ip::address_v4::loopback(), port}; }
tcp::endpoint v6(std::uint16_t port) { return {ip::address_v6::loopback(), port}; }

// An old way to write 127.0.0.1, which only the system's resolver reads. It needs neither a name server nor a file.
const std::string read_by_the_system = "127.1";

// An address at which nobody listens.
tcp::endpoint closed_door() {
  tcp::acceptor acceptor(current_io_context(), v4(0));
  return acceptor.local_endpoint();
}

Task<std::uint16_t> port_reached(std::vector<StreamEndpoint> addresses) {
  StreamSocket socket = co_await link::zmtp::connect_to_any("tcp://robot:1", addresses);
  co_return link::zmtp::tcp_endpoint_of(socket.remote_endpoint()).port();
}

Task<std::string> failure_of_resolving(std::string host) {
  std::string failure;
  try {
    co_await link::resolve(host, "tcp://" + host + ":7411");
  } catch (const link::LinkClosed& closed) {
    failure = closed.what();
  }
  co_return failure;
}

TEST(Connect, FamiliesTakeTurns) {
  const std::vector<StreamEndpoint> some{v6(1), v6(2), v6(3), v4(4), v4(5)};
  const std::vector<StreamEndpoint> in_turns{v6(1), v4(4), v6(2), v4(5), v6(3)};
  EXPECT_EQ(link::zmtp::alternate_families(some), in_turns);
  EXPECT_TRUE(link::zmtp::alternate_families({}).empty());
}

TEST(Connect, AnAddressThatRefusesIsPassedOver) {
  run_within_patience([&]() -> Task<> {
    tcp::acceptor broker(current_io_context(), v4(0));
    const std::vector<StreamEndpoint> addresses{closed_door(), broker.local_endpoint()};
    const std::uint16_t port = co_await port_reached(addresses);
    EXPECT_EQ(port, broker.local_endpoint().port());
  });
}

TEST(Connect, AnAddressThatDoesNotAnswerIsOvertaken) {
  run_within_patience([&]() -> Task<> {
    // The system drops what comes to a door whose queue is full.
    tcp::acceptor full(current_io_context());
    full.open(tcp::v4());
    full.bind(v4(0));
    full.listen(0);
    tcp::socket first(current_io_context());
    co_await first.async_connect(full.local_endpoint(), use_task);
    tcp::acceptor broker(current_io_context(), v4(0));
    const std::vector<StreamEndpoint> addresses{full.local_endpoint(), broker.local_endpoint()};
    const std::uint16_t port = co_await port_reached(addresses);
    EXPECT_EQ(port, broker.local_endpoint().port());
  });
}

TEST(Connect, TheReasonOfTheFirstAddressIsTold) {
  run_within_patience([&]() -> Task<> {
    std::string reason;
    const std::vector<StreamEndpoint> addresses{closed_door(), closed_door()};
    try {
      co_await port_reached(addresses);
    } catch (const link::LinkClosed& closed) {
      reason = closed.what();
    }
    EXPECT_EQ(reason, "no broker listens at tcp://robot:1: the connection was refused");
  });
}

TEST(Resolve, AddressesAndLocalhostNeedNoNameServer) {
  run_within_patience([&]() -> Task<> {
    const auto number = co_await link::resolve("192.168.1.7", "");
    EXPECT_THAT(number, testing::ElementsAre(ip::make_address("192.168.1.7")));
    const auto scoped = co_await link::resolve("::1", "");
    EXPECT_THAT(scoped, testing::ElementsAre(ip::make_address("::1")));
    const auto local = co_await link::resolve("localhost", "");
    EXPECT_THAT(local, testing::ElementsAre(ip::address_v4::loopback(), ip::address_v6::loopback()));
  });
}

TEST(Resolve, ANameOfTheSystemIsFound) {
  run_within_patience([&]() -> Task<> {
    const auto found = co_await link::resolve(read_by_the_system, "");
    EXPECT_THAT(found, testing::ElementsAre(ip::address(ip::address_v4::loopback())));
  });
}

TEST(Resolve, ANameThatIsNoneIsNamed) {
  run_within_patience([&]() -> Task<> {
    const std::string failure = co_await failure_of_resolving("no name has a space");
    EXPECT_THAT(failure, testing::HasSubstr("the host of tcp://no name has a space:7411 cannot be resolved"));
  });
}

TEST(Resolve, ManyWhoAskTogetherAllGetTheAnswer) {
  run_within_patience([&]() -> Task<> {
    int answered = 0;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      for (int i = 0; i < 100; ++i) {
        nursery.start_soon([&]() -> Task<> {
          co_await link::resolve(read_by_the_system, "");
          ++answered;
        });
      }
      co_return;
    });
    EXPECT_EQ(answered, 100);
  });
}

TEST(Resolve, CanBeCancelledBeforeTheAnswer) {
  run_within_patience([&]() -> Task<> {
    const bool cut = co_await move_on_after(0s, [&]() -> Task<> { co_await link::resolve(read_by_the_system, ""); });
    EXPECT_TRUE(cut);
    const auto found = co_await link::resolve(read_by_the_system, "");
    EXPECT_FALSE(found.empty());
  });
}

}  // namespace
}  // namespace hoiku::wire_tests
