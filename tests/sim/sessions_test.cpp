// Sessions: what survives a cut, what does not, and what is left after they have ended.
#include <optional>
#include <string>

#include "tests/sim/sim_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// The kinds of the connection events, as a client that logs them hears them.
using Events = std::vector<ConnectionEvent::Kind>;
using Kind = ConnectionEvent::Kind;

auto listen_to(Events& events) {
  return on_connection_event([&events](const ConnectionEvent& event) { events.push_back(event.kind); });
}

SIM_TEST(Session, IsResumedAfterAShortCutAndNothingWasLost, bus, nursery) {
  Events events;
  // The Bus that writes into `events` has to end before they do.
  co_await open_nursery([&](Nursery& inner) -> Task<> {
    Bus robot = co_await bus.connect(inner, client_name("robot"), listen_to(events));
    PatternSubscription all(robot.watch("**"));
    co_await all.next();
    bus.network().cut("robot", 2900ms);
    co_await sleep(2900ms);
    co_await robot.topic<int>("battery").set(1);
    EXPECT_EQ(bus.broker_statistics().sessions, 1u);
    EXPECT_EQ(bus.broker_statistics().subscriptions, 1u);
  });
  EXPECT_EQ(events, (Events{Kind::connected, Kind::lost, Kind::resumed}));
}

SIM_TEST(Session, ThatTimedOutIsMadeAnewWithItsSubscriptions, bus, nursery) {
  Events events;
  co_await open_nursery([&](Nursery& inner) -> Task<> {
    Bus robot = co_await bus.connect(inner, client_name("robot"), listen_to(events));
    Bus screen = co_await bus.connect(inner, client_name("screen"));
    auto battery = robot.topic<int>("battery").eventual_values();
    co_await screen.topic<int>("battery").set(80);
    const int first = co_await battery.next();
    EXPECT_EQ(first, 80);
    bus.network().cut("robot", 3100ms);
    co_await sleep(3050ms);
    EXPECT_EQ(bus.broker_statistics().subscriptions, 0u);
    co_await screen.topic<int>("battery").set(79);
    const int second = co_await battery.next();
    EXPECT_EQ(second, 79);
    EXPECT_EQ(bus.broker_statistics().subscriptions, 1u);
  });
  EXPECT_EQ(events, (Events{Kind::connected, Kind::lost, Kind::renewed}));
}

SIM_TEST(Session, OfAClientThatVanishesIsForgottenAfterItsTimeout, bus, nursery) {
  co_await open_nursery([&](Nursery& inner) -> Task<> {
    Bus robot = co_await bus.connect(inner, client_name("robot"));
    PatternSubscription all(robot.watch("**"));
    inner.start_soon([](Bus mine) -> Task<> { co_await mine.topic<int>("heat").wait_value(value > 3); }, robot);
    co_await sleep(100ms);           // its last frame, an acknowledgement, leaves after 20 ms
    bus.network().cut("robot", 1h);  // it cannot say goodbye
    inner.cancel_scope().cancel();
  });
  co_await sleep(2919ms);
  EXPECT_EQ(bus.broker_statistics().sessions, 1u);
  EXPECT_EQ(bus.broker_statistics().waits, 1u);
  co_await sleep(1ms);
  co_await sim::settle();
  EXPECT_EQ(bus.broker_statistics().sessions, 0u);
  EXPECT_EQ(bus.broker_statistics().subscriptions, 0u);
  EXPECT_EQ(bus.broker_statistics().waits, 0u);
  EXPECT_EQ(bus.broker_statistics().topics, 0u);
}

SIM_TEST(Session, EndsWithAGoodbyeAtTheNurserysEnd, bus, nursery) {
  bus.network().delay("robot", 10ms, 10ms);
  const auto start = now();
  co_await open_nursery([&](Nursery& inner) -> Task<> {
    Bus robot = co_await bus.connect(inner, client_name("robot"));
    PatternSubscription all(robot.watch("**"));
    co_await all.next();
    co_await sleep_until(start + 1s);
  });
  EXPECT_EQ(now() - start, 1020ms);  // one round trip: the broker has received it
  EXPECT_EQ(bus.broker_statistics().sessions, 0u);
  EXPECT_EQ(bus.broker_statistics().subscriptions, 0u);
}

SIM_TEST(Cleanup, UnderAShieldCanStillSetATopicAfterCancellation, bus, nursery) {
  Bus screen = co_await bus.connect(nursery, client_name("screen"));
  co_await open_nursery([&](Nursery& inner) -> Task<> {
    Bus robot = co_await bus.connect(inner, client_name("robot"));
    inner.start_soon(
        [](Bus mine) -> Task<> {
          auto tail = mine.topic<std::string>("tail");
          std::exception_ptr cancelled;
          try {
            co_await tail.set("wagging");
            co_await sleep(1h);
          } catch (...) {
            cancelled = std::current_exception();
          }
          co_await shield(tail.set("rest"));
          std::rethrow_exception(cancelled);
        },
        robot);
    co_await screen.topic<std::string>("tail").wait_value(value == "wagging");
    inner.cancel_scope().cancel();
  });
  const std::optional<std::string> last = co_await screen.topic<std::string>("tail").get();
  EXPECT_EQ(last, "rest");
}

SIM_TEST(Restart, OfTheBrokerLosesVolatileStateAndEverybodyGoesOn, bus, nursery) {
  Events events;
  co_await open_nursery([&](Nursery& inner) -> Task<> {
    Bus robot = co_await bus.connect(inner, client_name("robot"));
    Bus screen = co_await bus.connect(inner, client_name("screen"), listen_to(events));
    PatternSubscription all(screen.watch("**"));
    co_await robot.topic<int>("battery").set(80);
    co_await robot.topic<int>("heat").set(20);
    for (int i = 0; i < 3; ++i) co_await all.next();  // both topics, and the mark

    bus.restart_broker(200ms);
    co_await robot.connection().wait_value(ConnectionState::lost);
    co_await robot.topic<int>("battery").set(70);  // waits until a broker listens

    std::map<std::string, Value> known;
    while (known.size() < 2 || !(known["battery"] == Value(70))) {
      const AnyTransition transition = co_await all.next();
      EXPECT_FALSE(transition.end_of_snapshot);
      known[transition.topic] = transition.value;
    }
    EXPECT_TRUE(known["heat"].is_null());
    const std::optional<int> heat = co_await robot.topic<int>("heat").get();
    EXPECT_EQ(heat, std::nullopt);
  });
  EXPECT_EQ(events.front(), Kind::connected);
  EXPECT_EQ(events[1], Kind::lost);
  EXPECT_EQ(events.back(), Kind::restarted);
}

SIM_TEST(Write, InFlightWhenTheSessionIsLostHasAnUnknownOutcome, bus, nursery) {
  bus.network().delay("robot", 50ms, 50ms);
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  std::optional<ErrorCode> code;
  nursery.start_soon(
      [](sim::Simulation& world) -> Task<> {
        co_await sleep(20ms);
        world.network().cut("robot", 4s);
      },
      std::ref(bus));
  try {
    co_await robot.topic<int>("battery").set(80);
  } catch (const Error& error) {
    code = error.code();
  }
  EXPECT_EQ(code, ErrorCode::outcome_unknown);
}

SIM_TEST(Write, ThatCrossesACutIsAppliedOnce, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  bus.network().delay("robot", 10ms, 10ms);
  // The cut comes at every moment of the round trip: the frame, the answer or both are lost, and the session repeats
  // them.
  for (int cut_after = 0; cut_after <= 25; ++cut_after) {
    nursery.start_soon(
        [](sim::Simulation& world, Duration after) -> Task<> {
          co_await sleep(after);
          world.network().cut("robot", 30ms);
        },
        std::ref(bus), Duration(cut_after * 1ms));
    const Version version = co_await robot.topic<int>("count").set(cut_after);
    EXPECT_EQ(version.number, static_cast<std::uint64_t>(cut_after) + 1);
    co_await sleep(100ms);
  }
}

// Returns the error of setting a text of so many bytes.
Task<std::optional<ErrorCode>> error_of_text(Bus bus, std::size_t bytes) {
  try {
    co_await bus.topic<std::string>("mood").set(std::string(bytes, 'x'));
  } catch (const Error& error) {
    co_return error.code();
  }
  co_return std::nullopt;
}

TEST(Simulation, TheBrokerHasTheLimitsOfTheTestAlsoAfterARestart) {
  Limits limits;
  limits.value_bytes_max = 10;
  const auto body = [](sim::Simulation& bus) -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      for (int broker = 0; broker < 2; ++broker) {
        const Bus robot = co_await bus.connect(nursery, client_name("robot"));
        const auto fits = co_await error_of_text(robot, 10);
        const auto too_large = co_await error_of_text(robot, 11);
        EXPECT_EQ(fits, std::nullopt);
        EXPECT_EQ(too_large, ErrorCode::too_large);
        bus.restart_broker();
      }
    });
  };
  sim::simulate_or_throw(body, sim::seed(1), 1h, limits);
}

}  // namespace
}  // namespace hoiku
