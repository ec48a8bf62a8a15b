// Topic::declare and Topic::own: what they ask of the broker, and how they live through lost sessions and restarts.
#include "hoiku/proto/codec.hpp"
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Task<Quality> quality_of(Topic<double> topic) {
  const TransitionPtr state = co_await topic.latest();
  co_return state->quality;
}

Task<std::optional<ErrorCode>> refusal_of(Task<Version> write) {
  try {
    co_await std::move(write);
  } catch (const Error& error) {
    co_return error.code();
  }
  co_return std::nullopt;
}

// Listens in the broker's place, and rejects the next client for good.
Task<> speak_another_protocol(BusWorld& world) {
  world.kill_broker();
  const auto link = world.network().listen();
  const auto hello = co_await link->receive();
  proto::ServerFrame frame;
  frame.fatal = Failure{ErrorCode::unsupported_version, "version 1 is not spoken here"};
  link->try_send(hello.peer, proto::encode(frame));
  co_await sleep(1s);
}

// Restarts the broker, and waits until the client has reconnected.
Task<> restart_broker(BusWorld& world, Bus bus) {
  world.start_broker();
  co_await bus.connection().wait_value([](ConnectionState state) { return state == ConnectionState::lost; });
  co_await bus.connection().wait_value([](ConnectionState state) { return state == ConnectionState::connected; });
}

TEST(TopicDeclare, ADeadlineMakesAValueStale) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu");
    Bus brain = co_await world.connect(nursery, "brain");
    const auto yaw = imu.topic<double>("yaw");
    const auto seen = brain.topic<double>("yaw");
    co_await yaw.declare(deadline(100ms), history(256));
    co_await yaw.set(1.5);
    auto changes = seen.transitions();
    nursery.start_soon(
        [](Topic<double> topic) -> Task<> {
          co_await sleep(1s);
          co_await topic.set(1.5);
        },
        yaw);
    const auto stale = co_await changes.next();
    EXPECT_EQ(stale.quality, Quality::stale);
    EXPECT_EQ(stale.value, 1.5);
    EXPECT_EQ(stale.old_value, 1.5);
    const auto live = co_await changes.next();
    EXPECT_EQ(live.quality, Quality::live);
    EXPECT_EQ(live.version.number, 3u);
  });
}

TEST(TopicDeclare, IncludesTheType) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<double>("yaw").declare();
    const bool as_text = co_await fails_with<TypeMismatch>(bus.topic<std::string>("yaw").declare());
    EXPECT_TRUE(as_text);
    const bool text = co_await fails_with<TypeMismatch>(bus.topic<std::string>("yaw").set("north"));
    EXPECT_TRUE(text);
    co_await bus.topic<std::optional<double>>("yaw").declare(deadline(1s));
    co_await bus.topic<Value>("yaw").declare();
    enum class Mood { calm, wild };
    co_await bus.topic<Mood>("mood").declare();
    const bool calm = co_await fails_with<TypeMismatch>(bus.topic<std::string>("mood").set("calm"));
    EXPECT_TRUE(calm);
  });
}

TEST(TopicDeclare, IsSentAgainAfterABrokerRestart) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    co_await yaw.declare(deadline(100ms));
    co_await yaw.declare(history(10));  // keeps the deadline
    EXPECT_EQ(bus.statistics().open_requests, 0u);
    co_await restart_broker(world, bus);
    co_await yaw.set(1.5);
    const Quality live = co_await quality_of(yaw);
    EXPECT_EQ(live, Quality::live);
    co_await sleep(100ms);
    const Quality stale = co_await quality_of(yaw);
    EXPECT_EQ(stale, Quality::stale);
  });
}

TEST(TopicUndeclare, TakesTheDeadlineAndTheTypeBack) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    co_await yaw.declare(deadline(100ms));
    co_await yaw.set(1.5);
    co_await yaw.undeclare();
    EXPECT_EQ(bus.statistics().open_requests, 0u);
    co_await sleep(1s);
    const Quality quality = co_await quality_of(yaw);
    EXPECT_EQ(quality, Quality::live);
    co_await yaw.unset();
    co_await bus.topic<std::string>("yaw").set("north");
    co_await yaw.undeclare();  // is not declared any more
  });
}

TEST(TopicUndeclare, IsNotDeclaredAgainAfterABrokerRestart) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    const auto roll = bus.topic<double>("roll");
    for (const auto& topic : {yaw, roll}) co_await topic.declare(deadline(100ms));
    co_await yaw.undeclare();
    co_await roll.undeclare();
    co_await roll.declare(deadline(100ms));
    co_await restart_broker(world, bus);
    for (const auto& topic : {yaw, roll}) co_await topic.set(1.5);
    co_await sleep(1s);
    const Quality undeclared = co_await quality_of(yaw);
    const Quality declared = co_await quality_of(roll);
    EXPECT_EQ(undeclared, Quality::live);
    EXPECT_EQ(declared, Quality::stale);
  });
}

TEST(TopicUndeclare, OneWhoseCallerWasCancelledStillCounts) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("imu", 10ms, 10ms);
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    co_await yaw.declare(deadline(100ms));
    co_await move_on_after(5ms, yaw.undeclare());
    co_await sleep(100ms);
    EXPECT_EQ(bus.statistics().open_requests, 0u);
    co_await restart_broker(world, bus);
    co_await yaw.set(1.5);
    co_await sleep(1s);
    const Quality quality = co_await quality_of(yaw);
    EXPECT_EQ(quality, Quality::live);
  });
}

TEST(TopicUndeclare, IsRefusedWhileOnlyOthersHaveDeclared) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu");
    Bus brain = co_await world.connect(nursery, "brain");
    co_await imu.topic<double>("yaw").declare(deadline(100ms));
    const bool refused = co_await fails_with<Error>(brain.topic<double>("yaw").undeclare());
    EXPECT_TRUE(refused);
  });
}

TEST(TopicDeclare, ARestartedBrokerThatRefusesADeclarationEndsTheNursery) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus other = co_await world.connect(nursery, "other");
    std::exception_ptr failed;
    try {
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        Bus imu = co_await world.connect(inner, "imu");
        co_await imu.topic<double>("yaw").declare();
        world.network().cut("imu", 5s);
        co_await restart_broker(world, other);
        co_await other.topic<std::string>("yaw").set("north");
        co_await sleep(1h);
      });
    } catch (const ExceptionGroup& errors) {
      failed = errors.errors().front();
    }
    EXPECT_TRUE(failed);
    const auto rethrow = [](std::exception_ptr error) -> Task<> {
      std::rethrow_exception(error);
      co_return;
    };
    const bool mismatch = co_await fails_with<TypeMismatch>(rethrow(failed));
    EXPECT_TRUE(mismatch);
  });
}

TEST(TopicDeclare, OneWhoseCallerWasCancelledStillCounts) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("imu", 10ms, 10ms);
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    co_await move_on_after(5ms, yaw.declare(deadline(100ms)));
    co_await yaw.set(1.5);
    EXPECT_EQ(bus.statistics().open_requests, 0u);
    co_await restart_broker(world, bus);
    co_await yaw.set(1.5);
    co_await sleep(200ms);
    const Quality stale = co_await quality_of(yaw);
    EXPECT_EQ(stale, Quality::stale);
  });
}

TEST(TopicOwn, OnlyTheOwnerWritesAndTheLastWillFollowsTheLease) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus brain = co_await world.connect(nursery, "brain");
    const auto seen = brain.topic<double>("yaw");
    co_await open_nursery([&](Nursery& service) -> Task<> {
      Bus imu = co_await world.connect(service, "imu");
      const auto yaw = imu.topic<double>("yaw");
      const auto lease = co_await yaw.own(last_will(0.0));
      co_await yaw.set(1.5);
      const auto refused = co_await refusal_of(seen.set(2.5));
      EXPECT_EQ(refused, ErrorCode::not_owner);
      EXPECT_FALSE(lease.is_lost());
      EXPECT_EQ(world.statistics().leases, 1u);
      EXPECT_EQ(imu.statistics().open_requests, 1u);
    });
    const TransitionPtr left = co_await seen.latest();
    EXPECT_EQ(left->value, Value(0.0));
    EXPECT_EQ(left->quality, Quality::orphaned);
    EXPECT_EQ(world.statistics().leases, 0u);
    const auto allowed = co_await refusal_of(seen.set(2.5));
    EXPECT_EQ(allowed, std::nullopt);
  });
}

TEST(TopicOwn, TheEndOfItsBlockReleasesTheLease) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    {
      auto lease = co_await yaw.own();
      co_await yaw.set(1.5);
      auto moved = std::move(lease);
      EXPECT_FALSE(moved.is_lost());
    }
    const auto gone = co_await yaw.get();
    EXPECT_EQ(gone, std::nullopt);
    EXPECT_EQ(world.statistics().leases, 0u);
    auto again = co_await yaw.own();
    again.release();
    again.release();
    co_await yaw.get();
    EXPECT_EQ(world.statistics().leases, 0u);
    EXPECT_FALSE(again.is_lost());
  });
}

TEST(TopicOwn, TheEndOfTheBusIsNoLossOfTheLease) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    std::vector<Lease> leases;
    const auto own_yaw = [&](Nursery& service) -> Task<> {
      Bus imu = co_await world.connect(service, "imu");
      leases.push_back(co_await imu.topic<double>("yaw").own());
    };
    co_await open_nursery(own_yaw);
    const auto own_and_be_refused = [&](Nursery& service) -> Task<> {
      co_await own_yaw(service);
      co_await speak_another_protocol(world);
    };
    const bool failed = co_await fails_with<ExceptionGroup>(open_nursery(own_and_be_refused));
    EXPECT_TRUE(failed);
    const bool closed = co_await fails_with<Closed>(leases.at(0).lost());
    EXPECT_TRUE(closed);
    const bool refused = co_await fails_with<Error>(leases.at(1).lost());
    EXPECT_TRUE(refused);
    EXPECT_THAT(leases.at(1).why_lost(), HasSubstr("version 1 is not spoken here"));
  });
}

TEST(TopicOwn, ATakeOverSkipsTheLastWillAndNotifiesTheOldOwner) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus first = co_await world.connect(nursery, "first");
    Bus second = co_await world.connect(nursery, "second");
    const auto old_state = first.topic<std::string>("state");
    const auto new_state = second.topic<std::string>("state");
    const auto lease = co_await old_state.own(last_will(std::string("offline")));
    co_await old_state.set("fine");
    auto changes = new_state.transitions();
    bool told = false;
    nursery.start_soon([&]() -> Task<> {
      co_await lease.lost();
      told = true;
    });
    const bool taken = co_await fails_with<Error>(
        [](Topic<std::string> topic) -> Task<> { const auto refused = co_await topic.own(); }(new_state));
    EXPECT_TRUE(taken);
    const auto mine = co_await new_state.own(take_over, last_will(std::string("offline")));
    co_await new_state.set("better");
    const auto change = co_await changes.next();
    EXPECT_EQ(change.old_value, "fine");
    EXPECT_EQ(change.value, "better");
    co_await sleep(1s);
    EXPECT_TRUE(told);
    EXPECT_TRUE(lease.is_lost());
    EXPECT_THAT(lease.why_lost(), HasSubstr("'state' was taken over by client 'second'"));
    const auto refused = co_await refusal_of(old_state.set("late"));
    EXPECT_EQ(refused, ErrorCode::not_owner);
    EXPECT_FALSE(mine.is_lost());
  });
}

TEST(TopicOwn, AfterALostSessionItIsOwnedAgain) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu", session_timeout(500ms));
    Bus brain = co_await world.connect(nursery, "brain");
    const auto yaw = imu.topic<double>("yaw");
    const auto seen = brain.topic<double>("yaw");
    const auto lease = co_await yaw.own(last_will(0.0));
    co_await yaw.set(1.5);
    world.network().cut("imu", 2s);
    const auto orphan = co_await seen.wait_transition();
    EXPECT_EQ(orphan.value, 0.0);
    EXPECT_EQ(orphan.quality, Quality::orphaned);
    co_await yaw.set(2.5);  // waits for the connection
    EXPECT_FALSE(lease.is_lost());
    const auto refused = co_await refusal_of(seen.set(3.5));
    EXPECT_EQ(refused, ErrorCode::not_owner);
    const Quality live = co_await quality_of(seen);
    EXPECT_EQ(live, Quality::live);
  });
}

TEST(TopicOwn, AfterALostSessionAnotherOwnerKeepsTheTopic) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu", session_timeout(500ms));
    Bus spare = co_await world.connect(nursery, "spare");
    const auto yaw = imu.topic<double>("yaw");
    const auto spare_yaw = spare.topic<double>("yaw");
    const auto lease = co_await yaw.own(take_over);  // only once: not again when it reconnects
    world.network().cut("imu", 2s);
    co_await sleep(1s);
    const auto theirs = co_await spare_yaw.own();
    co_await spare_yaw.set(7.5);
    co_await lease.lost();
    EXPECT_THAT(lease.why_lost(), HasSubstr("'yaw' belongs to client 'spare'"));
    const auto refused = co_await refusal_of(yaw.set(1.5));
    EXPECT_EQ(refused, ErrorCode::not_owner);
    EXPECT_FALSE(theirs.is_lost());
  });
}

TEST(TopicOwn, TheLeaseSurvivesABrokerRestart) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu");
    const auto yaw = imu.topic<double>("yaw");
    const auto lease = co_await yaw.own(last_will(0.0));
    co_await restart_broker(world, imu);
    co_await yaw.set(1.5);
    EXPECT_EQ(world.statistics().leases, 1u);
    EXPECT_FALSE(lease.is_lost());
  });
}

TEST(TopicOwn, ATimedLeaseExpires) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "hand");
    const auto door = bus.topic<std::string>("door");
    const auto lease = co_await door.own(lasting(300ms), last_will("closed"));
    co_await door.set("open");
    const TimePoint start = now();
    co_await lease.lost();
    EXPECT_EQ(now() - start, 300ms);
    EXPECT_THAT(lease.why_lost(), HasSubstr("has expired"));
    const auto closed = co_await door.get();
    EXPECT_EQ(closed, "closed");
  });
}

TEST(TopicOwn, ATimedLeaseContinuesInANewSession) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu", session_timeout(500ms));
    const auto lease = co_await imu.topic<double>("yaw").own(lasting(5s));
    const TimePoint start = now();
    world.network().cut("imu", 2s);
    co_await lease.lost();
    EXPECT_EQ(now() - start, 5s);
    EXPECT_EQ(world.statistics().leases, 0u);
  });
}

TEST(TopicOwn, ATimedLeaseThatExpiredWithoutAConnectionIsLost) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus imu = co_await world.connect(nursery, "imu", session_timeout(500ms));
    const auto lease = co_await imu.topic<double>("yaw").own(lasting(5s));
    world.network().cut("imu", 8s);
    co_await lease.lost();
    EXPECT_THAT(lease.why_lost(), HasSubstr("the lease on topic 'yaw' has expired"));
    co_await imu.topic<double>("yaw").set(1.0);
    EXPECT_EQ(world.statistics().leases, 0u);
  });
}

TEST(TopicOwn, CancellingTheRequestLeavesNoLease) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("imu", 10ms, 10ms);
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    for (const Duration patience : {0ms, 5ms, 15ms, 19ms}) {
      co_await move_on_after(patience, [](Topic<double> topic) -> Task<> {
        const auto lease = co_await topic.own();
        co_await sleep(1h);
      }(yaw));
      co_await sleep(40ms);
      EXPECT_EQ(world.statistics().leases, 0u);
      EXPECT_EQ(bus.statistics().open_requests, 0u);
    }
  });
}

TEST(TopicOwn, TheEndOfTheBusIsReportedAsClosed) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    std::optional<Lease> lease;
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      Bus bus = co_await world.connect(inner, "imu");
      lease.emplace(co_await bus.topic<double>("yaw").own());
    });
    EXPECT_TRUE(lease->is_lost());
    const bool closed = co_await fails_with<Closed>(lease->lost());
    EXPECT_TRUE(closed);
  });
}

TEST(TopicOwn, AHoldIsNotCompleteWhileTheValueIsNotLive) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "imu");
    const auto yaw = bus.topic<double>("yaw");
    co_await yaw.declare(deadline(100ms));
    co_await yaw.set(1.5);
    int held = 0;
    const TimePoint start = now();
    nursery.start_soon([&]() -> Task<> {
      co_await yaw.wait_value(value > 1.0, held_for(150ms));
      ++held;
    });
    nursery.start_soon([&]() -> Task<> {
      co_await yaw.wait_value([](double v) { return v > 1.0; }, held_for(150ms));
      ++held;
    });
    co_await sleep(1s);
    EXPECT_EQ(held, 0);
    for (int i = 0; i < 4; ++i) {
      co_await yaw.set(1.5);
      co_await sleep(50ms);
    }
    EXPECT_EQ(held, 2) << (now() - start).count();
  });
}

}  // namespace
}  // namespace hoiku
