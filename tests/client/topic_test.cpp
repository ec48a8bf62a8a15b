// Topic<T>: get, set, wait_value, over a simulated network.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Topic, AValueThatWasSetIsRead) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto battery = bus.topic<int>("battery");
    const auto got_1 = co_await battery.get();
    EXPECT_EQ(got_1, std::nullopt);
    const Version first = co_await battery.set(80);
    EXPECT_EQ(first.number, 1u);
    const auto got_2 = co_await battery.get();
    EXPECT_EQ(got_2, 80);
    const Version same = co_await battery.set(80);
    EXPECT_EQ(first, same);
    const Version second = co_await battery.set(79);
    EXPECT_EQ(second.number, 2u);
    const TransitionPtr latest = co_await battery.latest();
    EXPECT_EQ(latest->writer, "a");
    EXPECT_EQ(latest->version, second);
    co_await battery.unset();
    const auto got_3 = co_await battery.get();
    EXPECT_EQ(got_3, std::nullopt);
  });
}

// The error that a write throws.
Task<std::optional<ErrorCode>> error_of(Task<> write) {
  try {
    co_await std::move(write);
  } catch (const Error& error) {
    co_return error.code();
  }
  co_return std::nullopt;
}

TEST(Topic, AStringThatIsNotUtf8IsRefusedByEveryWrite) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto note = bus.topic<std::string>("note");
    const std::string latin = "caf\xE9";
    auto set = [&]() -> Task<> { co_await note.set(latin); };
    auto post = [&]() -> Task<> {
      note.post(latin);
      co_return;
    };
    auto update = [&]() -> Task<> { co_await note.update([&](const auto&) { return latin; }); };
    auto commit = [&]() -> Task<> { co_await bus.commit([&](Transaction& both) { both.set(note, latin); }); };
    auto own = [&]() -> Task<> { const Lease lease = co_await note.own(last_will(latin)); };
    std::vector<Task<>> writes;
    writes.push_back(set());
    writes.push_back(post());
    writes.push_back(update());
    writes.push_back(commit());
    writes.push_back(own());
    for (Task<>& write : writes) {
      const std::optional<ErrorCode> code = co_await error_of(std::move(write));
      EXPECT_EQ(code, ErrorCode::invalid_argument);
    }
    EXPECT_EQ(world.statistics().topics, 0u);
  });
}

TEST(Topic, EveryTypeComesBackAsItWas) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<bool>("b").set(true);
    const auto got_1 = co_await bus.topic<bool>("b").get();
    EXPECT_EQ(got_1, true);
    co_await bus.topic<std::uint8_t>("u").set(200);
    const auto got_2 = co_await bus.topic<std::uint8_t>("u").get();
    EXPECT_EQ(got_2, 200);
    co_await bus.topic<std::int64_t>("i").set(std::numeric_limits<std::int64_t>::min());
    const auto got_3 = co_await bus.topic<std::int64_t>("i").get();
    EXPECT_EQ(got_3, std::numeric_limits<std::int64_t>::min());
    co_await bus.topic<float>("f").set(0.1f);
    const auto got_4 = co_await bus.topic<float>("f").get();
    EXPECT_EQ(got_4, 0.1f);
    co_await bus.topic<std::string>("s").set("text");
    const auto got_5 = co_await bus.topic<std::string>("s").get();
    EXPECT_EQ(got_5, "text");
    const auto got_6 = co_await bus.topic_value("s").get();
    EXPECT_EQ(got_6, Value("text"));
    const auto got_7 = co_await bus.topic<double>("i").get();  // an int64 can be read as a double
    EXPECT_EQ(got_7, -0x1p63);
  });
}

TEST(Topic, AnotherTypeIsAMismatchThatNamesTheTopicAndBothTypes) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<std::string>("door").set("open");
    std::string read;
    std::string written;
    try {
      co_await bus.topic<int>("door").get();
    } catch (const TypeMismatch& error) {
      read = error.what();
    }
    try {
      co_await bus.topic<int>("door").set(1);
    } catch (const TypeMismatch& error) {
      written = error.what();
    }
    for (const std::string& message : {read, written}) {
      EXPECT_THAT(message, HasSubstr("door"));
      EXPECT_THAT(message, HasSubstr("string"));
      EXPECT_THAT(message, HasSubstr("int64"));
    }
    co_await bus.topic<int>("n").set(300);
    const bool refused_1 = co_await fails_with<TypeMismatch>(bus.topic<std::uint8_t>("n").get());
    EXPECT_TRUE(refused_1);
  });
}

TEST(Topic, CompareAndSetReportsTheCommittedVersion) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<std::string>("lid");
    const Version never_set;
    const Version first = co_await lid.set("closed", if_version(never_set));
    const Version second = co_await lid.set("open", if_version(first));
    std::optional<Version> current;
    try {
      co_await lid.set("broken", if_version(first));
    } catch (const VersionConflict& conflict) {
      current = conflict.current();
    }
    EXPECT_EQ(current, second);
    const auto got_1 = co_await lid.get();
    EXPECT_EQ(got_1, "open");
  });
}

TEST(Topic, ABadNameIsRefusedAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    ErrorCode code{};
    try {
      (void)bus.topic<int>("a//b");
    } catch (const Error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, ErrorCode::invalid_topic);
    EXPECT_THROW((void)bus.watch(""), Error);
  });
}

TEST(Topic, AWaitIsDecidedAtTheBrokerSoATransientMatchIsNotMissed) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus reader = co_await world.connect(nursery, "reader");
    Bus writer = co_await world.connect(nursery, "writer");
    auto level = writer.topic<int>("level");
    co_await level.set(0);
    std::optional<int> seen;
    nursery.start_soon(
        [](Topic<int> topic, std::optional<int>& out) -> Task<> { out = co_await topic.wait_value(value > 20); },
        reader.topic<int>("level"), std::ref(seen));
    co_await sim::settle();
    world.network().delay("reader", 1s, 1s);
    co_await level.set(21);
    co_await level.set(5);
    co_await sleep(10s);
    EXPECT_EQ(seen, 21);
  });
}

TEST(Topic, AHeldWaitCountsFromTheTransitionAndGivesTheNewestValue) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    const TimePoint start = now();
    co_await level.set(20);
    nursery.start_soon(
        [](Topic<int> topic) -> Task<> {
          co_await sleep(250ms);
          co_await topic.set(5);
          co_await sleep(250ms);
          co_await topic.set(22);
          co_await sleep(100ms);
          co_await topic.set(23);
        },
        level);
    const int held = co_await level.wait_value(value >= 20, held_for(1s));
    EXPECT_EQ(held, 23);
    EXPECT_EQ(now() - start, 1500ms);
    co_await level.wait_value(held_for(900ms));  // unchanged since 600 ms
    EXPECT_EQ(now() - start, 1500ms);
  });
}

TEST(Topic, ALambdaAPlainValueAndAParsedPredicateAreConditionsToo) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(6);
    const auto got_1 = co_await level.wait_value([](int v) { return v % 2 == 0; });
    EXPECT_EQ(got_1, 6);
    const auto got_2 = co_await level.wait_value(6);
    EXPECT_EQ(got_2, 6);
    const Predicate parsed = *Predicate::parse("value > 5 && value < 7");
    const auto got_3 = co_await level.wait_value(parsed);
    EXPECT_EQ(got_3, 6);
    const auto got_4 = co_await level.wait_value(value == 6 || !(value > 0));
    EXPECT_EQ(got_4, 6);
    const auto got_5 = co_await level.wait_value([](int v) { return v == 6; }, held_for(2s));
    EXPECT_EQ(got_5, 6);
  });
}

// The type is known here, so no broker has to be asked.
TEST(Topic, AParsedPredicateOfAnotherTypeIsRefusedAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto level = bus.topic<int>("never/set");
    const auto mood = bus.topic<std::string>("never/set/either");
    const Predicate is_calm = *Predicate::parse("value == \"calm\"");
    const Predicate is_high = *Predicate::parse("value > 30");
    EXPECT_THROW(static_cast<void>(level.wait_value(is_calm)), TypeMismatch);
    EXPECT_THROW(static_cast<void>(mood.wait_value(is_high)), TypeMismatch);
    EXPECT_THROW(static_cast<void>(mood.wait_latest(is_high)), TypeMismatch);
    EXPECT_THROW(static_cast<void>(mood.wait_transition(is_high)), TypeMismatch);
    EXPECT_THROW(static_cast<void>(mood.transitions(is_high)), TypeMismatch);
    EXPECT_THROW(static_cast<void>(mood.eventual_values(is_high)), TypeMismatch);
  });
}

TEST(Topic, AFractionEqualsNoInteger) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto level = bus.topic<int>("level");
    co_await level.set(3);
    std::optional<int> seen;
    co_await move_on_after(1s, [&]() -> Task<> { seen = co_await level.wait_value(3.7); });
    EXPECT_EQ(seen, std::nullopt);
    seen = co_await level.wait_value(3.0);
    EXPECT_EQ(seen, 3);
  });
}

TEST(Topic, WaitLatestReturnsEverythingThatIsKnownOfTheMatch) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    auto level = screen.topic<int>("level");
    co_await robot.topic<int>("level").set(5);
    const Version second = co_await robot.topic<int>("level").set(6);
    const TimePoint start = now();
    const TransitionPtr at_the_broker = co_await level.wait_latest(value > 5);
    EXPECT_EQ(at_the_broker->version, second);
    EXPECT_EQ(at_the_broker->value, Value(6));
    EXPECT_EQ(at_the_broker->writer, "robot");
    const TransitionPtr here = co_await level.wait_latest([](int v) { return v == 6; });
    EXPECT_EQ(here->version, second);
    EXPECT_EQ(now(), start);
    const TransitionPtr unchanged = co_await level.wait_latest(held_for(1s));
    EXPECT_EQ(unchanged->version, second);
    EXPECT_EQ(now() - start, 1s);
  });
}

TEST(Topic, AThrowingLambdaIsItsOwnWaitersError) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto level = bus.topic<int>("level");
    co_await level.set(6);
    const bool refused_1 =
        co_await fails_with<std::out_of_range>(level.wait_value([](int) -> bool { throw std::out_of_range("mine"); }));
    EXPECT_TRUE(refused_1);
    const auto got_2 = co_await level.get();
    EXPECT_EQ(got_2, 6);
  });
}

TEST(Topic, APredicateThatDoesNotFitIsAnError) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<std::string>("door").set("open");
    const bool refused_1 = co_await fails_with<Error>(bus.topic<int>("door").wait_value(value > 3));
    EXPECT_TRUE(refused_1);
  });
}

TEST(Topic, LeavingAWaitIsImmediateAndCancelsItAtTheBroker) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    world.network().delay("a", 1s, 1s);
    const TimePoint start = now();
    const bool gave_up = co_await move_on_after(5s, bus.topic<int>("x").wait_value(value > 3));
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(now() - start, 5s);
    EXPECT_EQ(world.statistics().waits, 1u);
    co_await sleep(2s);
    EXPECT_EQ(world.statistics().waits, 0u);
    EXPECT_EQ(bus.statistics().open_requests, 0u);
  });
}

TEST(Topic, AVerbThatIsNeverAwaitedDoesNothing) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto topic = bus.topic<int>("x");
    { auto forgotten = topic.set(1); }
    const auto got_1 = co_await topic.get();
    EXPECT_EQ(got_1, std::nullopt);
    auto stored = bus.topic<int>("x").set(2);  // the handle is destroyed before it is awaited
    co_await std::move(stored);
    const auto got_2 = co_await topic.get();
    EXPECT_EQ(got_2, 2);
  });
}

TEST(Topic, ACancelledScopeSendsNothing) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    CancelScope scope;
    scope.cancel();
    co_await scope.run([&]() -> Task<> { co_await bus.topic<int>("x").set(1); });
    const auto got_1 = co_await bus.topic<int>("x").get();
    EXPECT_EQ(got_1, std::nullopt);
  });
}

}  // namespace
}  // namespace hoiku
