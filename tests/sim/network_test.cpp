// The simulated network takes exactly as long as a test says, and breaks exactly when it says.
// tests/wire/link_contract_test.cpp shows that it is a link like any other.
#include "hoiku/testing/network.hpp"

#include <gtest/gtest.h>

#include "tests/async/virtual_test.hpp"

namespace hoiku::tests {
namespace {

using namespace std::chrono_literals;
using link::SendResult;

// Runs a network for as long as the body.
Task<> with_network(sim::Network& network, const std::function<Task<>()>& body) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&] { return network.run(); });
    co_await body();
    nursery.cancel_scope().cancel();
  });
}

Task<bool> is_refused(std::shared_ptr<link::Connector> connector) {
  try {
    co_await connector->connect();
  } catch (const link::LinkClosed&) {
    co_return true;
  }
  co_return false;
}

Task<bool> is_closed(link::Link& link) {
  try {
    co_await link.receive();
  } catch (const link::LinkClosed&) {
    co_return true;
  }
  co_return false;
}

VIRTUAL_TEST(Network, CarriesFramesBothWaysInNoTime) {
  sim::Network network(sim::seed(1));
  auto server = network.listen();
  const auto start = now();
  auto link = co_await network.connector("robot")->connect();
  co_await link->send("hello");
  const auto input = co_await server->receive();
  EXPECT_EQ(input.frame, "hello");
  EXPECT_EQ(server->try_send(input.peer, "welcome"), SendResult::sent);
  const std::string answer = co_await link->receive();
  EXPECT_EQ(answer, "welcome");
  EXPECT_EQ(now(), start);
}

VIRTUAL_TEST(Network, RefusesWhileNoBrokerListens) {
  sim::Network network(sim::seed(1));
  const bool before = co_await is_refused(network.connector("robot"));
  EXPECT_TRUE(before);
  auto server = network.listen();
  const bool during = co_await is_refused(network.connector("robot"));
  EXPECT_FALSE(during);
  server.reset();
  const bool after = co_await is_refused(network.connector("robot"));
  EXPECT_TRUE(after);
  EXPECT_EQ(network.statistics().refused, 2u);
}

VIRTUAL_TEST(Network, TakesExactlyTheDelayThatItWasGiven) {
  sim::Network network(sim::seed(3));
  network.delay("robot", 7ms, 7ms);
  auto server = network.listen();
  co_await with_network(network, [&]() -> Task<> {
    const auto start = now();
    auto link = co_await network.connector("robot")->connect();
    EXPECT_EQ(now() - start, 7ms);
    co_await link->send("hello");
    co_await server->receive();
    EXPECT_EQ(now() - start, 14ms);
  });
}

VIRTUAL_TEST(Network, ACutTellsBothEndsAtOnceAndLosesWhatIsInFlight) {
  sim::Network network(sim::seed(3));
  network.delay("robot", 5ms, 5ms);
  auto server = network.listen();
  co_await with_network(network, [&]() -> Task<> {
    auto link = co_await network.connector("robot")->connect();
    co_await link->send("arrives");
    const auto input = co_await server->receive();
    co_await link->send("lost");
    EXPECT_EQ(server->try_send(input.peer, "lost too"), SendResult::sent);
    const auto start = now();
    network.cut("robot", 1s);
    const auto gone = co_await server->receive();
    EXPECT_EQ(gone.peer, input.peer);
    EXPECT_FALSE(gone.frame);
    const bool closed = co_await is_closed(*link);
    EXPECT_TRUE(closed);
    EXPECT_EQ(now(), start);
    EXPECT_EQ(server->try_send(input.peer, "too late"), SendResult::closed);
    co_await sleep(1s);
    EXPECT_FALSE(server->try_receive());
    EXPECT_EQ(network.statistics().frames_lost, 2u);
  });
}

VIRTUAL_TEST(Network, AConnectThatIsPendingSucceedsWhenTheCutEnds) {
  sim::Network network(sim::seed(3));
  auto server = network.listen();
  const auto start = now();
  network.cut("robot", 2s);
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await network.connector("robot")->connect();
      EXPECT_EQ(now() - start, 3s);
    });
    co_await sleep(1s);
    network.cut("robot", 2s);  // the longer cut counts
    network.cut("robot", 500ms);
    co_await network.connector("screen")->connect();
    EXPECT_EQ(now() - start, 1s);
  });
}

VIRTUAL_TEST(Network, WhatArrivedBeforeTheBreakIsReadBeforeIt) {
  sim::Network network(sim::seed(3));
  auto server = network.listen();
  auto link = co_await network.connector("robot")->connect();
  co_await link->send("one");
  const auto first = co_await server->receive();
  EXPECT_EQ(server->try_send(first.peer, "two"), SendResult::sent);
  co_await link->send("three");
  network.cut("robot", 1s);
  EXPECT_EQ(server->try_receive()->frame, "three");
  EXPECT_FALSE(server->try_receive()->frame);
  EXPECT_EQ(link->try_receive(), "two");
  EXPECT_THROW(link->try_receive(), link::LinkClosed);
}

VIRTUAL_TEST(Network, IsFullAtItsCapacityAndTakesMoreWhenSomebodyReads) {
  sim::Network network(sim::seed(3));
  network.capacity(2);
  auto server = network.listen();
  auto link = co_await network.connector("robot")->connect();
  co_await link->send("1");
  const auto input = co_await server->receive();
  EXPECT_EQ(server->try_send(input.peer, "a"), SendResult::sent);
  EXPECT_EQ(server->try_send(input.peer, "b"), SendResult::sent);
  EXPECT_EQ(server->try_send(input.peer, "c"), SendResult::full);
  EXPECT_EQ(link->try_receive(), "a");
  EXPECT_EQ(server->try_send(input.peer, "c"), SendResult::sent);

  co_await link->send("2");
  co_await link->send("3");
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    bool sent = false;
    nursery.start_soon([&]() -> Task<> {
      co_await link->send("4");
      sent = true;
    });
    co_await sim::settle();
    EXPECT_FALSE(sent);
    EXPECT_EQ(server->try_receive()->frame, "2");
    co_await sim::settle();
    EXPECT_TRUE(sent);
  });
}

VIRTUAL_TEST(Network, AKilledBrokerTalksToNobodyAndTheNextOneStartsAfresh) {
  sim::Network network(sim::seed(3));
  auto old_server = network.listen();
  auto link = co_await network.connector("robot")->connect();
  co_await link->send("hello");
  const auto input = co_await old_server->receive();
  network.kill_broker();
  EXPECT_THROW(link->try_receive(), link::LinkClosed);
  EXPECT_EQ(old_server->try_send(input.peer, "?"), SendResult::closed);
  auto server = network.listen();
  auto again = co_await network.connector("robot")->connect();
  old_server.reset();  // its late end harms nothing
  co_await again->send("again");
  const auto fresh = co_await server->receive();
  EXPECT_EQ(fresh.frame, "again");
  EXPECT_NE(fresh.peer, input.peer);
}

}  // namespace
}  // namespace hoiku::tests
