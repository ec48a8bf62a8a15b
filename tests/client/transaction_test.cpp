// Writes that depend on others: several topics in one commit, and update(), which depends on the current value.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// The code with which the task fails, or nothing.
template <class T>
Task<std::optional<ErrorCode>> code_of(Task<T> task) {
  std::optional<ErrorCode> code;
  try {
    co_await std::move(task);
  } catch (const Error& error) {
    code = error.code();
  }
  co_return code;
}

TEST(Commit, ChangesAllOfItsTopicsInOneRevision) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto sad = robot.topic<std::string>("robot/sad");
    const auto level = robot.topic<int>("level");
    co_await level.set(1);
    const Committed committed = co_await robot.commit([&](Transaction& both) {
      both.set(sad, "3");
      both.set(level, 2);
    });
    const TransitionPtr first = co_await sad.latest();
    const TransitionPtr second = co_await level.latest();
    EXPECT_EQ(first->value, Value("3"));
    EXPECT_EQ(second->value, Value(2));
    EXPECT_EQ(first->revision, committed.revision);
    EXPECT_EQ(second->revision, committed.revision);
    EXPECT_THAT(committed.versions, testing::ElementsAre(first->version, second->version));
    EXPECT_EQ(second->version.number, 2u);

    co_await robot.commit([&](Transaction& both) {
      both.unset(sad);
      both.set(level, 2);  // its value already
    });
    const std::optional<std::string> none = co_await sad.get();
    EXPECT_EQ(none, std::nullopt);
    const TransitionPtr same = co_await level.latest();
    EXPECT_EQ(same->version, second->version);
  });
}

TEST(Commit, ACompositeNeverShowsHalfOfIt) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("screen", 0ms, 30ms);
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    int seen = 0;
    nursery.start_soon([&]() -> Task<> {
      auto a = screen.topic<int>("a");
      auto b = screen.topic<int>("b");
      auto both = compose_values(a, b);
      auto states = both.eventual_values();
      for (;;) {
        auto [x, y] = co_await states.next();
        EXPECT_EQ(x, -y);
        seen = x;
      }
    });
    const auto a = robot.topic<int>("a");
    const auto b = robot.topic<int>("b");
    for (int i = 1; i <= 100; ++i) {
      co_await robot.commit([&](Transaction& both) {
        both.set(a, i);
        both.set(b, -i);
      });
      co_await sleep(3ms);
    }
    co_await sleep(100ms);
    EXPECT_EQ(seen, 100);
    nursery.cancel_scope().cancel();
  });
}

TEST(Commit, ACommitAppliesNoWriteIfOneCannotBeApplied) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto level = robot.topic<int>("level");
    const auto lid = robot.topic<std::string>("lid");
    const Version closed = co_await lid.set("closed");
    co_await lid.set("open");
    std::optional<Version> current;
    try {
      co_await robot.commit([&](Transaction& both) {
        both.set(level, 1);
        both.set(lid, "broken", if_version(closed));
      });
    } catch (const VersionConflict& conflict) {
      current = conflict.current();
    }
    EXPECT_EQ(current, (Version{closed.epoch, 2}));
    const auto mismatch = co_await code_of(robot.commit([&](Transaction& both) {
      both.set(level, 1);
      both.set(robot.topic<int>("lid"), 7);
    }));
    EXPECT_EQ(mismatch, ErrorCode::type_mismatch);
    const auto twice = co_await code_of(robot.commit([&](Transaction& both) {
      both.set(level, 1);
      both.set(level, 2);
    }));
    EXPECT_EQ(twice, ErrorCode::invalid_argument);
    const auto reserved = co_await code_of(robot.commit([&](Transaction& both) {
      both.set(level, 1);
      both.set(robot.topic<int>("$hoiku/mine"), 2);
    }));
    EXPECT_EQ(reserved, ErrorCode::permission_denied);
    const std::optional<int> untouched = co_await level.get();
    EXPECT_EQ(untouched, std::nullopt);
    EXPECT_EQ(world.statistics().topics, 1u);  // the topics that were made for it are removed
  });
}

TEST(Commit, AnEmptyCommitDoesNothingAndATopicOfAnotherBusIsRefused) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    const Committed nothing = co_await robot.commit([](Transaction&) {});
    EXPECT_EQ(nothing.revision, 0u);
    EXPECT_THROW(static_cast<void>(robot.commit([&](Transaction& both) { both.set(screen.topic<int>("a"), 1); })),
                 Error);
  });
}

TEST(Commit, MoreTopicsThanTheLimitAreRefused) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto of = [&](std::size_t count) {
      return robot.commit([&](Transaction& many) {
        for (std::size_t i = 0; i < count; ++i) many.set(robot.topic<int>("n/" + std::to_string(i)), 1);
      });
    };
    const auto fits = co_await code_of(of(64));
    EXPECT_EQ(fits, std::nullopt);
    for (const std::size_t count : {65u, 257u, 20'000u}) {
      const auto refused = co_await code_of(of(count));
      EXPECT_EQ(refused, ErrorCode::limit_exceeded) << count;
    }
    const auto fits_again = co_await code_of(of(64));  // the session goes on
    EXPECT_EQ(fits_again, std::nullopt);
  });
}

TEST(Commit, InFlightWhenTheSessionIsLostHasAnUnknownOutcomeAndIsNotSentAgain) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(5ms);
      world.network().cut("robot", 10s);
    });
    std::string why;
    try {
      co_await robot.commit([&](Transaction& both) {
        both.set(robot.topic<int>("a"), 1);
        both.set(robot.topic<int>("b"), 2);
      });
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::outcome_unknown);
      why = error.what();
    }
    EXPECT_THAT(why, testing::HasSubstr("a write to 'a' and 1 more was in flight"));
    const std::optional<int> never_applied = co_await screen.topic<int>("a").get();
    EXPECT_EQ(never_applied, std::nullopt);
  });
}

// ---- update()

TEST(Update, LosesNoWriteOfManyWriters) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    constexpr int writers = 8;
    constexpr int rounds = 20;
    int calls = 0;
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      for (int i = 0; i < writers; ++i) {
        const std::string name = "w" + std::to_string(i);
        world.network().delay(name, 0ms, 5ms);
        Bus bus = co_await world.connect(inner, name);
        inner.start_soon([bus, &calls]() -> Task<> {
          const auto counter = bus.topic<int>("counter");
          for (int round = 0; round < rounds; ++round) {
            co_await counter.update([&](std::optional<int> n) {
              ++calls;
              return n.value_or(0) + 1;
            });
          }
        });
      }
    });
    EXPECT_GT(calls, writers * rounds);  // some were retried
    Bus screen = co_await world.connect(nursery, "screen");
    const TransitionPtr last = co_await screen.topic<int>("counter").latest();
    EXPECT_EQ(last->value, Value(writers * rounds));
    EXPECT_EQ(last->version.number, static_cast<std::uint64_t>(writers * rounds));
  });
}

TEST(Update, GivesTheVersionAndThrowsWhatTheFunctionThrows) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const auto lid = robot.topic<std::string>("lid");
    const Version first = co_await lid.update([](std::optional<std::string> now) { return now.value_or("new"); });
    EXPECT_EQ(first.number, 1u);
    const Version same = co_await lid.update([](std::optional<std::string> now) { return *now; });
    EXPECT_EQ(same, first);
    bool thrown = false;
    try {
      co_await lid.update([](std::optional<std::string>) -> std::string { throw std::runtime_error("no"); });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

}  // namespace
}  // namespace hoiku
