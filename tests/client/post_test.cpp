// Writes that no task awaits.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

TEST(Post, IsAppliedInTheOrderOfTheCallsAndFlushWaitsForAll) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    const TimePoint start = now();
    for (int i = 1; i <= 100; ++i) level.post(i);
    EXPECT_EQ(now(), start);
    const Version version = co_await level.set(101);
    EXPECT_EQ(version.number, 101u);
    level.post(102);
    co_await robot.flush();
    EXPECT_EQ(now() - start, 40ms);  // two round trips: the set's, and the last post's
    const std::optional<int> last = co_await level.get();
    EXPECT_EQ(last, 102);
    co_await robot.flush();  // nothing is in flight
  });
}

TEST(Post, BeyondItsLimitIsRefusedAndWritableWaitsForRoom) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    world.network().cut("robot", 1s);
    int posted = 0;
    std::optional<ErrorCode> refused;
    try {
      for (;; ++posted) level.post(posted);
    } catch (const Error& error) {
      refused = error.code();
    }
    EXPECT_EQ(refused, ErrorCode::limit_exceeded);
    EXPECT_EQ(posted, 16'384);
    const TimePoint start = now();
    co_await robot.writable();
    EXPECT_GE(now() - start, 1s);
    level.post(-1);
    co_await robot.flush();
    const std::optional<int> last = co_await level.get();
    EXPECT_EQ(last, -1);
  });
}

TEST(Post, AfterWritableHalfOfTheLimitIsFree) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    for (int round = 0; round < 4; ++round) {
      co_await robot.writable();
      for (int i = 0; i < 16'384 / 2; ++i) level.post(i);
    }
    co_await robot.flush();
  });
}

TEST(Post, ARefusedPostEndsTheNurseryAsAFailedChildDoes) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus screen = co_await world.connect(nursery, "screen");
    bool cleaned_up = false;
    std::string told;
    try {
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        Bus robot = co_await world.connect(inner, "robot");
        co_await robot.topic<int>("level").set(1);
        robot.topic<std::string>("level").post("high");
        robot.topic<int>("level").post(2);
        std::exception_ptr cancelled;
        try {
          co_await sleep(1h);
        } catch (...) {
          cancelled = std::current_exception();
        }
        // The Bus lives until its nursery ends, so cleanup can still use it.
        co_await shield([&]() -> Task<> {
          co_await robot.topic<int>("level").set(3);
          cleaned_up = true;
        });
        std::rethrow_exception(cancelled);
      });
    } catch (const ExceptionGroup& errors) {
      errors.for_each_leaf(
          [&](const std::exception& leaf) { told += dynamic_cast<const TypeMismatch*>(&leaf) ? leaf.what() : "?"; });
    }
    EXPECT_TRUE(cleaned_up);
    EXPECT_EQ(told, "topic 'level' holds int64 values, not string");
    const std::optional<int> last = co_await screen.topic<int>("level").get();
    EXPECT_EQ(last, 3);
    co_await sleep(1s);
    EXPECT_EQ(world.statistics().sessions, 1u);  // it has said goodbye
  });
}

TEST(Post, FlushDoesNotReturnAsIfARefusedPostHadBeenApplied) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    bool returned = false;
    std::vector<std::string> told;
    try {
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        Bus robot = co_await world.connect(inner, "robot");
        co_await robot.topic<int>("level").set(1);
        robot.topic<std::string>("level").post("high");
        // The Bus may be used until its nursery has ended, and each flush says it.
        for (int round = 0; round < 2; ++round) {
          co_await shield([&]() -> Task<> {
            try {
              co_await robot.flush();
              returned = true;
            } catch (const TypeMismatch& error) {
              told.emplace_back(error.what());
            }
          });
        }
      });
    } catch (const ExceptionGroup& group) {
      group.for_each_leaf([&](const std::exception& leaf) { told.emplace_back(leaf.what()); });
    }
    EXPECT_FALSE(returned);
    EXPECT_THAT(told, testing::ElementsAre("topic 'level' holds int64 values, not string",
                                           "topic 'level' holds int64 values, not string",
                                           "topic 'level' holds int64 values, not string"));
  });
}

TEST(Post, APostThatIsRefusedWhileTheBusEndsIsReportedToo) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    int errors = 0;
    try {
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        Bus robot = co_await world.connect(inner, "robot");
        co_await robot.topic<int>("level").set(1);
        robot.topic<std::string>("level").post("high");
        robot.topic<std::string>("level").post("higher");
      });
    } catch (const ExceptionGroup& group) {
      group.for_each_leaf([&](const std::exception&) { ++errors; });
    }
    EXPECT_EQ(errors, 1);
  });
}

// ---- latest_only

TEST(Post, LatestOnlyReplacesThePostThatHasNotLeft) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    const auto level = robot.topic<int>("level");
    const auto heat = robot.topic<int>("heat");
    world.network().cut("robot", 1s);
    for (int i = 1; i <= 20'000; ++i) {
      level.post(i, latest_only);
      heat.post(-i, latest_only);
    }
    EXPECT_EQ(robot.statistics().conflated_posts, 2 * 19'999u);
    co_await robot.flush();
    const TransitionPtr last = co_await screen.topic<int>("level").latest();
    EXPECT_EQ(last->value, Value(20'000));
    EXPECT_EQ(last->version.number, 1u);
    const std::optional<int> other = co_await screen.topic<int>("heat").get();
    EXPECT_EQ(other, -20'000);
  });
}

TEST(Post, LatestOnlyKeepsItsPlaceAmongTheOthers) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    auto changes = robot.watch("**", Mode::every);
    const AnyTransition beginning = co_await changes.next();
    EXPECT_TRUE(beginning.end_of_snapshot);
    const auto level = robot.topic<int>("level");
    level.post(1, latest_only);
    level.post(2);
    robot.topic<int>("heat").post(7);
    level.post(3, latest_only);  // replaces the 1, and comes after the 2
    co_await robot.flush();
    std::vector<Value> seen;
    while (seen.size() < 3) {
      const AnyTransition transition = co_await changes.next();
      seen.push_back(transition.value);
    }
    EXPECT_THAT(seen, testing::ElementsAre(Value(2), Value(7), Value(3)));
    EXPECT_EQ(robot.statistics().conflated_posts, 1u);
  });
}

TEST(Post, ARefusedPostReplacesNothing) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<std::string>("level");
    const auto other = robot.topic<std::string>("other");
    world.network().cut("robot", 1s);
    level.post("kept", latest_only);
    other.post(std::string(900'000, 'x'));
    EXPECT_THROW(level.post(std::string(500'000, 'y'), latest_only), Error);    // no room
    EXPECT_THROW(level.post(std::string(2'000'000, 'y'), latest_only), Error);  // too large
    EXPECT_EQ(robot.statistics().conflated_posts, 0u);
    co_await robot.flush();
    const std::optional<std::string> last = co_await level.get();
    EXPECT_EQ(last, "kept");
  });
}

TEST(Post, APostThatHasLeftIsNotReplaced) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    level.post(1, latest_only);
    co_await robot.flush();
    level.post(2, latest_only);
    co_await robot.flush();
    EXPECT_EQ(robot.statistics().conflated_posts, 0u);
    const TransitionPtr last = co_await level.latest();
    EXPECT_EQ(last->version.number, 2u);
  });
}

TEST(Post, InFlightWhenTheSessionIsLostHasAnUnknownOutcome) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    robot.topic<int>("level").post(1);
    co_await sleep(5ms);
    world.network().cut("robot", 10s);
    std::optional<ErrorCode> code;
    try {
      co_await robot.flush();
    } catch (const Error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, ErrorCode::outcome_unknown);
  });
}

TEST(Post, IsSentBeforeTheBusSaysGoodbye) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus screen = co_await world.connect(nursery, "screen");
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      Bus robot = co_await world.connect(inner, "robot");
      for (int i = 1; i <= 10'000; ++i) robot.topic<int>("level").post(i);
    });
    const std::optional<int> last = co_await screen.topic<int>("level").get();
    EXPECT_EQ(last, 10'000);
  });
}

TEST(Post, OnABusThatHasEndedIsClosed) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    std::optional<Bus> kept;
    co_await open_nursery([&](Nursery& inner) -> Task<> { kept = co_await world.connect(inner, "robot"); });
    const auto level = kept->topic<int>("level");
    EXPECT_THROW(level.post(1), Closed);
    const bool closed = co_await fails_with<Closed>(kept->flush());
    EXPECT_TRUE(closed);
  });
}

}  // namespace
}  // namespace hoiku
