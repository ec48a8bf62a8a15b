// The connection: how it is made, lost and made again, and how a Bus ends.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = ConnectionEvent::Kind;

std::vector<Kind> kinds(const std::vector<ConnectionEvent>& events) {
  std::vector<Kind> shown;
  for (const ConnectionEvent& event : events) shown.push_back(event.kind);
  return shown;
}

TEST(Bus, WithoutABrokerConnectingFailsAfterFiveSecondsAndSaysWhatToDo) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.kill_broker();
    const TimePoint start = now();
    std::string message;
    ErrorCode code{};
    try {
      co_await world.connect(nursery, "a");
    } catch (const Error& error) {
      message = error.what();
      code = error.code();
    }
    EXPECT_EQ(now() - start, 5s);
    EXPECT_EQ(code, ErrorCode::unavailable);
    EXPECT_THAT(message, HasSubstr("no broker answers at "));
    EXPECT_THAT(message, HasSubstr(" within 5s; is hoikud running there?"));
  });
}

TEST(Bus, ConnectingWaitsForABrokerThatStartsLater) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.kill_broker();
    nursery.start_soon([&world]() -> Task<> {
      co_await sleep(3s);
      world.start_broker();
    });
    Bus bus = co_await world.connect(nursery, "a");
    EXPECT_EQ(bus.connection().value(), ConnectionState::connected);
    co_await bus.topic<int>("x").set(1);
  });
}

TEST(Bus, AConnectThatIsCancelledLeavesNothingBehind) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().cut("a", 10s);
    const TimePoint start = now();
    co_await open_nursery([&](Nursery& own) -> Task<> {
      const bool late = co_await move_on_after(1s, [&]() -> Task<> { co_await world.connect(own, "a"); });
      EXPECT_TRUE(late);
    });
    EXPECT_EQ(now() - start, 1s);
    EXPECT_EQ(world.statistics().sessions, 0u);
    (void)nursery;
  });
}

TEST(Bus, ARefusalByAFullBrokerIsReportedAtOnce) {
  Limits limits;
  limits.sessions_max = 1;
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus first = co_await world.connect(nursery, "a");
        const TimePoint start = now();
        ErrorCode code{};
        try {
          co_await world.connect(nursery, "b");
        } catch (const Error& error) {
          code = error.code();
        }
        EXPECT_EQ(code, ErrorCode::limit_exceeded);
        EXPECT_EQ(now(), start);
        co_await first.topic<int>("x").set(1);
      },
      limits);
}

TEST(Bus, TheEndOfItsNurseryEndsTheSessionAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    std::optional<Bus> left;
    const TimePoint start = now();
    co_await open_nursery([&](Nursery& own) -> Task<> {
      left = co_await world.connect(own, "a");
      EXPECT_EQ(world.statistics().sessions, 1u);
    });
    EXPECT_EQ(now(), start);
    EXPECT_EQ(world.statistics().sessions, 0u);
    EXPECT_EQ(left->connection().value(), ConnectionState::ended);
    const bool refused_1 = co_await fails_with<Closed>(left->topic<int>("x").get());
    EXPECT_TRUE(refused_1);
    PatternSubscription all = left->watch("**");
    const bool refused_2 = co_await fails_with<Closed>(all.next());
    EXPECT_TRUE(refused_2);
    (void)nursery;
  });
}

TEST(Bus, CleanupUnderAShieldStillReachesTheBroker) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus other = co_await world.connect(nursery, "other");
    co_await open_nursery([&](Nursery& own) -> Task<> {
      Bus bus = co_await world.connect(own, "a");
      own.start_soon(
          [](Topic<std::string> tail) -> Task<> {
            std::exception_ptr cancelled;
            try {
              co_await sleep(1h);
            } catch (...) {
              cancelled = std::current_exception();
            }
            co_await shield([&]() -> Task<> { co_await tail.set("rest"); });
            std::rethrow_exception(cancelled);
          },
          bus.topic<std::string>("tail"));
      co_await sleep(1s);
      own.cancel_scope().cancel();
    });
    const auto got_1 = co_await other.topic<std::string>("tail").get();
    EXPECT_EQ(got_1, "rest");
  });
}

TEST(Bus, AnUnansweredGoodbyeTakesAtMostOneSecond) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const TimePoint start = now();
    co_await open_nursery([&](Nursery& own) -> Task<> {
      Bus bus = co_await world.connect(own, "a");
      world.network().delay("a", 10s, 10s);
    });
    EXPECT_EQ(now() - start, 1s);
    (void)nursery;
  });
}

TEST(Bus, WithoutAConnectionItEndsAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const TimePoint start = now();
    co_await open_nursery([&](Nursery& own) -> Task<> {
      Bus bus = co_await world.connect(own, "a");
      world.network().cut("a", 10s);
      co_await sim::settle();
    });
    EXPECT_EQ(now(), start);
    (void)nursery;
  });
}

TEST(Bus, AfterAShortCutTheSessionResumesWithoutLoss) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    std::vector<ConnectionEvent> events;
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen",
                                        on_connection_event([&](const ConnectionEvent& e) { events.push_back(e); }));
    const TimePoint start = now();
    co_await robot.topic<int>("battery").set(80);
    world.network().cut("screen", 1s);
    co_await robot.topic<int>("battery").set(79);
    const int seen = co_await screen.topic<int>("battery").wait_value(value < 80);
    EXPECT_EQ(seen, 79);
    EXPECT_EQ(now() - start, 1s);
    EXPECT_THAT(kinds(events), ElementsAre(Kind::connected, Kind::lost, Kind::resumed));
    EXPECT_THAT(events[2].text, HasSubstr("after 1s; nothing was lost"));
    EXPECT_EQ(screen.statistics().reconnects, 1u);
  });
}

TEST(Bus, ASetWaitsForTheConnectionAndIsAppliedOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const TimePoint start = now();
    world.network().cut("a", 2s);
    co_await sim::settle();
    const Version version = co_await bus.topic<int>("x").set(1);
    EXPECT_EQ(version.number, 1u);
    EXPECT_EQ(now() - start, 2s);
  });
}

TEST(Bus, ASetInFlightOverACutIsAppliedOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    world.network().delay("a", 100ms, 100ms);
    nursery.start_soon(
        [](BusWorld& of) -> Task<> {
          co_await sleep(150ms);  // applied; the answer is in flight
          of.network().cut("a", 1s);
        },
        std::ref(world));
    const Version version = co_await bus.topic<int>("x").set(1);
    EXPECT_EQ(version.number, 1u);
    const TransitionPtr latest = co_await bus.topic<int>("x").latest();
    EXPECT_EQ(latest->version.number, 1u);
  });
}

TEST(Bus, AWriteInFlightWhenTheSessionIsLostHasAnUnknownOutcome) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a", session_timeout(1s));
    world.network().delay("a", 100ms, 100ms);
    nursery.start_soon(
        [](BusWorld& of) -> Task<> {
          co_await sleep(150ms);
          of.network().cut("a", 5s);
        },
        std::ref(world));
    ErrorCode code{};
    try {
      co_await bus.topic<int>("x").set(1);
    } catch (const Error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, ErrorCode::outcome_unknown);
    const auto got_1 = co_await bus.topic<int>("x").get();
    EXPECT_EQ(got_1, 1);
  });
}

TEST(Bus, HeartbeatsKeepAnIdleSession) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto before = bus.statistics().frames_sent;
    co_await sleep(30500ms);
    EXPECT_EQ(world.statistics().sessions, 1u);
    EXPECT_EQ(bus.statistics().frames_sent - before, 30u);  // one a second: a third of 3 s
    EXPECT_EQ(bus.statistics().reconnects, 0u);
  });
}

TEST(Bus, AWaitSurvivesALostSessionAndARestartedBroker) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    std::vector<ConnectionEvent> events;
    Bus bus = co_await world.connect(nursery, "a",
                                     on_connection_event([&](const ConnectionEvent& e) { events.push_back(e); }));
    std::optional<int> seen;
    nursery.start_soon(
        [](Topic<int> topic, std::optional<int>& out) -> Task<> { out = co_await topic.wait_value(value > 20); },
        bus.topic<int>("level"), std::ref(seen));
    co_await sim::settle();
    world.network().cut("a", 10s);
    co_await sleep(20s);
    EXPECT_EQ(world.statistics().waits, 1u);
    world.start_broker();
    co_await sleep(5s);
    EXPECT_EQ(world.statistics().waits, 1u);
    EXPECT_FALSE(seen);
    co_await bus.topic<int>("level").set(21);
    co_await sim::settle();
    EXPECT_EQ(seen, 21);
    EXPECT_THAT(kinds(events), ElementsAre(Kind::connected, Kind::lost, Kind::renewed, Kind::lost, Kind::restarted));
  });
}

TEST(Bus, ReconnectsWithin50MillisecondsInTheFirstSecondsOfAnOutage) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    for (const Duration outage : {10ms, 100ms, 777ms, 1500ms, 2900ms}) {
      world.kill_broker();
      co_await bus.connection().wait_value(ConnectionState::lost);
      co_await sleep(outage);
      world.start_broker();
      const TimePoint start = now();
      co_await bus.connection().wait_value(ConnectionState::connected);
      EXPECT_LE(now() - start, 50ms);
      co_await sleep(1s);  // the connection serves
    }
  });
}

TEST(Bus, ReconnectsWithinASecondAfterABrokerStartsAgain) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<int>("x").set(1);
    co_await world.shut_down_broker();
    co_await sleep(30s);
    EXPECT_EQ(bus.connection().value(), ConnectionState::lost);
    world.start_broker();
    const TimePoint start = now();
    co_await bus.topic<int>("x").set(2);
    EXPECT_LE(now() - start, 1s);  // the longest pause between two attempts
  });
}

TEST(Bus, RefusedAttemptsBackOff) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    int refused = 0;
    Bus bus = co_await world.connect(
        nursery, "a", on_connection_event([&](const ConnectionEvent& e) { refused += e.kind == Kind::refused; }));
    world.kill_broker();
    co_await sleep(3s);
    EXPECT_GT(refused, 3s / 40ms - 1);
    EXPECT_LT(refused, 3s / 20ms + 1);
    refused = 0;
    co_await sleep(60s);
    EXPECT_GT(refused, 60);
    EXPECT_LT(refused, 130);
  });
}

TEST(Bus, TheConnectionIsAValueThatCanBeWaitedOn) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    world.network().cut("a", 2s);
    co_await bus.connection().wait_value(ConnectionState::lost);
    const TimePoint start = now();
    co_await bus.connection().wait_value(ConnectionState::connected);
    EXPECT_EQ(now() - start, 2s);
  });
}

TEST(Bus, AnEventHandlerThatThrowsEndsTheNursery) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    bool told = false;
    try {
      co_await open_nursery([&](Nursery& own) -> Task<> {
        Bus bus = co_await world.connect(own, "a", on_connection_event([](const ConnectionEvent& e) {
                                           if (e.kind == Kind::lost) throw std::domain_error("mine");
                                         }));
        world.network().cut("a", 1s);
        co_await sleep(1h);
      });
    } catch (const ExceptionGroup& errors) {
      errors.for_each_leaf([&](const std::exception& error) { told = std::string(error.what()) == "mine"; });
    }
    EXPECT_TRUE(told);
    (void)nursery;
  });
}

TEST(Bus, AfterManyCancelsAndReconnectsTheBrokerCountsZero) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a", session_timeout(1s));
    for (int round = 0; round < 50; ++round) {
      if (round % 10 == 3) world.network().cut("a", round % 20 == 3 ? 200ms : 3s);
      if (round % 25 == 7) world.start_broker();
      co_await move_on_after(70ms, [&]() -> Task<> {
        co_await open_nursery([&](Nursery& own) -> Task<> {
          for (int i = 0; i < 5; ++i) {
            own.start_soon([](Bus on) -> Task<> { co_await on.topic<int>("never").wait_value(value > 3); }, bus);
            own.start_soon(
                [](Bus on) -> Task<> {
                  auto values = on.topic<int>("never").eventual_values();
                  co_await values.next();
                },
                bus);
          }
          co_return;
        });
      });
    }
    co_await bus.topic<int>("x").get();
    co_await sim::settle();
    EXPECT_EQ(world.statistics().waits, 0u);
    EXPECT_EQ(world.statistics().subscriptions, 0u);
    EXPECT_EQ(bus.statistics().open_requests, 0u);
  });
}

}  // namespace
}  // namespace hoiku
