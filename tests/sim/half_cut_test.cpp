// The simulated network at its worst: cuts of one direction, connections that one end does not know to be broken, and
// frames that arrive over the old connection when there is a new one already.
#include <gtest/gtest.h>

#include "hoiku/testing/network.hpp"
#include "tests/async/virtual_test.hpp"

namespace hoiku::tests {
namespace {

using namespace std::chrono_literals;
using link::SendResult;
using sim::End;
using Input = link::ServerLink::Input;

// A robot that is connected and has sent one frame, over a network that takes 1 ms.
struct Half {
  explicit Half(std::uint64_t seed) : network(sim::seed(seed)) { network.delay("robot", 1ms, 1ms); }

  sim::Network network;
  std::unique_ptr<link::ServerLink> server = network.listen();
  std::unique_ptr<link::Link> robot;
  std::uint64_t peer = 0;
};

Task<> with_half(std::function<Task<>(Half&)> body, std::uint64_t seed = 1) {
  Half half(seed);
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&] { return half.network.run(); });
    half.robot = co_await half.network.connector("robot")->connect();
    co_await half.robot->send("hello");
    const Input hello = co_await half.server->receive();
    half.peer = hello.peer;
    co_await body(half);
    nursery.cancel_scope().cancel();
  });
}

Task<bool> is_closed(link::Link& link) {
  bool closed = false;
  try {
    co_await link.receive();
  } catch (const link::LinkClosed&) {
    closed = true;
  }
  co_return closed;
}

VIRTUAL_TEST(CutOneWay, HoldsWhatGoesThatWayAndLetsTheOtherWayThrough) {
  co_await with_half([](Half& half) -> Task<> {
    const auto start = now();
    half.network.cut_one_way("robot", End::broker, 2s);
    co_await half.robot->send("one");
    co_await half.robot->send("two");
    EXPECT_EQ(half.server->try_send(half.peer, "can you hear me?"), SendResult::sent);
    const std::string heard = co_await half.robot->receive();
    EXPECT_EQ(heard, "can you hear me?");
    EXPECT_EQ(now() - start, 1ms);
    const Input one = co_await half.server->receive();
    EXPECT_EQ(now() - start, 2s + 1ms);
    const Input two = co_await half.server->receive();
    EXPECT_EQ(*one.frame + *two.frame, "onetwo");
    EXPECT_EQ(half.network.statistics().frames_lost, 0u);
  });
}

VIRTUAL_TEST(CutOneWay, HoldsWhatIsUnderWayWhenItBegins) {
  co_await with_half([](Half& half) -> Task<> {
    const auto start = now();
    EXPECT_EQ(half.server->try_send(half.peer, "late"), SendResult::sent);
    half.network.cut_one_way("robot", End::client, 2s);
    co_await half.robot->send("in time");
    const Input input = co_await half.server->receive();
    EXPECT_EQ(input.frame, "in time");
    EXPECT_EQ(now() - start, 1ms);
    const std::string late = co_await half.robot->receive();
    EXPECT_EQ(late, "late");
    EXPECT_EQ(now() - start, 2s);
  });
}

VIRTUAL_TEST(CutOneWay, ABrokerThatHearsNothingForTooLongGivesUpAndTheClientIsTold) {
  co_await with_half([](Half& half) -> Task<> {
    const auto start = now();
    half.network.patience(3s);
    half.network.cut_one_way("robot", End::broker, 1min);
    co_await half.robot->send("lost");
    EXPECT_EQ(half.server->try_send(half.peer, "heard"), SendResult::sent);
    const Input gone = co_await half.server->receive();
    EXPECT_EQ(gone.peer, half.peer);
    EXPECT_FALSE(gone.frame);
    EXPECT_EQ(now() - start, 3s);
    const std::string heard = co_await half.robot->receive();
    EXPECT_EQ(heard, "heard");
    const bool closed = co_await is_closed(*half.robot);
    EXPECT_TRUE(closed);
    EXPECT_EQ(now() - start, 3s + 1ms);
    co_await sleep(2min);
    EXPECT_FALSE(half.server->try_receive());
  });
}

VIRTUAL_TEST(CutOneWay, AClientThatHearsNothingForTooLongGivesUpAndTheBrokerHearsItsLastFrames) {
  co_await with_half([](Half& half) -> Task<> {
    const auto start = now();
    half.network.patience(3s);
    half.network.cut_one_way("robot", End::client, 1min);
    half.network.cut_one_way("robot", End::client, 1min);  // which does not restart it
    EXPECT_EQ(half.server->try_send(half.peer, "lost"), SendResult::sent);
    const bool closed = co_await is_closed(*half.robot);
    EXPECT_TRUE(closed);
    EXPECT_EQ(now() - start, 3s);
    const Input gone = co_await half.server->receive();
    EXPECT_FALSE(gone.frame);
    EXPECT_EQ(now() - start, 3s + 1ms);
    EXPECT_EQ(half.server->try_send(half.peer, "anybody?"), SendResult::closed);
    // A new connection has to wait: a handshake needs both directions.
    co_await half.network.connector("robot")->connect();
    EXPECT_EQ(now() - start, 1min + 1ms);
  });
}

VIRTUAL_TEST(BreakUnnoticed, TheBrokerTalksToNobodyUntilItIsTold) {
  co_await with_half([](Half& half) -> Task<> {
    const auto start = now();
    half.network.capacity(2);
    half.network.break_unnoticed("robot", End::broker, 5s);
    const bool closed = co_await is_closed(*half.robot);
    EXPECT_TRUE(closed);
    EXPECT_EQ(now(), start);
    EXPECT_EQ(half.server->try_send(half.peer, "a"), SendResult::sent);
    EXPECT_EQ(half.server->try_send(half.peer, "b"), SendResult::sent);
    EXPECT_EQ(half.server->try_send(half.peer, "c"), SendResult::full);
    const Input gone = co_await half.server->receive();
    EXPECT_EQ(gone.peer, half.peer);
    EXPECT_FALSE(gone.frame);
    EXPECT_EQ(now() - start, 5s);
    EXPECT_EQ(half.server->try_send(half.peer, "c"), SendResult::closed);
    EXPECT_EQ(half.network.statistics().frames_lost, 2u);
  });
}

VIRTUAL_TEST(BreakUnnoticed, TheClientTalksToNobodyUntilItIsTold) {
  co_await with_half([](Half& half) -> Task<> {
    const auto start = now();
    half.network.capacity(2);
    half.network.break_unnoticed("robot", End::client, 5s);
    const Input gone = co_await half.server->receive();
    EXPECT_FALSE(gone.frame);
    EXPECT_EQ(now(), start);
    co_await half.robot->send("a");
    co_await half.robot->send("b");
    bool refused = false;
    try {
      co_await half.robot->send("c");
    } catch (const link::LinkClosed&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(now() - start, 5s);
    EXPECT_FALSE(half.server->try_receive());
  });
}

// A frame that a client repeats over its new connection may arrive over the old one too, before or after the new one's
// first.
VIRTUAL_TEST(BreakUnnoticed, FramesOfTheOldConnectionMayComeAfterThoseOfTheNew) {
  bool before = false;
  bool after = false;
  bool all_but_some = false;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto body = [&](Half& half) -> Task<> {
      for (const char* frame : {"1", "2", "3"}) co_await half.robot->send(frame);
      half.network.break_unnoticed("robot", End::broker, 10ms);
      half.robot = co_await half.network.connector("robot")->connect();
      co_await half.robot->send("new");
      std::string old;
      for (bool is_new_there = false, is_gone = false; !is_new_there || !is_gone;) {
        const Input input = co_await half.server->receive();
        if (input.peer != half.peer) {
          EXPECT_EQ(input.frame, "new");
          is_new_there = true;
        } else if (input.frame) {
          EXPECT_FALSE(is_gone);
          old += *input.frame;
          (is_new_there ? after : before) = true;
        } else {
          is_gone = true;
        }
      }
      // The first part of them, in order and without a gap.
      EXPECT_EQ(old, std::string("123").substr(0, old.size()));
      all_but_some |= !old.empty() && old.size() < 3;
    };
    co_await with_half(body, seed);
  }
  EXPECT_TRUE(before);
  EXPECT_TRUE(after);
  EXPECT_TRUE(all_but_some);
}

}  // namespace
}  // namespace hoiku::tests
