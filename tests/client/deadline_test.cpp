// Deadlines that the broker knows: a wait says how long its task waits at most, so that the broker can discard a wait
// that no client cancels. The client's scopes alone decide when a wait really ends.
#include "hoiku/proto/codec.hpp"
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// Records the remaining time that the broker is sent with each wait.
class HearsWaits final : public sim::NetworkObserver {
 public:
  explicit HearsWaits(sim::Network& network) : network_(network) { network_.observe(this); }
  ~HearsWaits() override { network_.observe(nullptr); }
  void broker_received(std::uint64_t, std::string_view bytes) override {
    const auto frame = proto::decode_client_frame(bytes);
    for (const proto::Command& command : frame->commands) {
      if (const auto* wait = std::get_if<proto::Wait>(&command)) expires_after.push_back(wait->expires_after);
      if (const auto* wait = std::get_if<proto::WaitTransition>(&command)) expires_after.push_back(wait->expires_after);
    }
  }
  std::vector<std::chrono::nanoseconds> expires_after;

 private:
  sim::Network& network_;
};

TEST(Deadline, TheBrokerIsSentTheRemainingTimeOfTheEarliestScope) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const HearsWaits heard(world.network());
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<int>("lid");
    auto soon = [&]() -> Task<> {
      co_await sleep(1s);
      co_await move_on_after(10s, lid.wait_value(value > 0));
    };
    co_await move_on_after(3s, soon);
    co_await move_on_after(10s, lid.wait_transition());
    EXPECT_THAT(heard.expires_after, ElementsAre(2s, 10s));
  });
}

TEST(Deadline, OneOutsideAShieldDoesNotCount) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const HearsWaits heard(world.network());
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<int>("lid");
    auto shielded = [&]() -> Task<> { co_await move_on_after(5s, lid.wait_value(value > 0)); };
    auto body = [&]() -> Task<> { co_await shield(shielded); };
    co_await move_on_after(1s, body);
    EXPECT_THAT(heard.expires_after, ElementsAre(5s));
  });
}

TEST(Deadline, WithoutOneOrWithAFarOneTheWaitHasNoLimit) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const HearsWaits heard(world.network());
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<int>("lid");
    nursery.start_soon([](Topic<int> topic) -> Task<> { co_await topic.wait_value(value > 0); }, lid);
    nursery.start_soon(
        [](Topic<int> topic) -> Task<> {
          const Limits limits;
          co_await move_on_after(limits.hold_max + 1h, topic.wait_value(value > 0));
        },
        lid);
    co_await sleep(1s);
    EXPECT_THAT(heard.expires_after, ElementsAre(0s, 0s));
    co_await lid.set(1);
  });
}

TEST(Deadline, TheBrokerCancelsAWaitOneSecondAfterItWithoutHearingFromTheClient) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a", session_timeout(1min));
    auto lid = bus.topic<int>("lid");
    const auto start = now();
    nursery.start_soon([](Topic<int> topic) -> Task<> { co_await move_on_after(3s, topic.wait_value(value > 0)); },
                       lid);
    co_await sleep(1s);
    world.network().cut("a", 30s);
    co_await sleep_until(start + 4s - 1ns);
    EXPECT_EQ(world.statistics().waits, 1u);
    co_await sleep(2ns);
    EXPECT_EQ(world.statistics().waits, 0u);
    EXPECT_EQ(world.statistics().topics, 0u);
    EXPECT_EQ(world.statistics().sessions, 1u);
    co_await lid.set(1);  // the session goes on
    EXPECT_EQ(now() - start, 31s);
    EXPECT_EQ(bus.statistics().open_requests, 0u);
  });
}

TEST(Deadline, AMatchThatArrivesJustBeforeItCounts) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus brain = co_await world.connect(nursery, "brain", session_timeout(1min));
    auto lid = robot.topic<int>("lid");
    world.network().delay("brain", 200ms, 200ms);  // so that the broker counts from later than we do
    nursery.start_soon(
        [](BusWorld& all, Topic<int> topic) -> Task<> {
          co_await sleep(2s);
          all.network().cut("brain", 900ms);
          co_await topic.set(1);
          co_await topic.set(2);
        },
        std::ref(world), lid);
    int seen = 0;
    auto body = [&]() -> Task<> { seen = co_await brain.topic<int>("lid").wait_value(value > 0); };
    const bool late = co_await move_on_after(3700ms, body);  // connects at 2900 ms, hears of it 600 ms later
    EXPECT_FALSE(late);
    EXPECT_EQ(seen, 1);
  });
}

TEST(Deadline, ANewSessionIsSentTheRemainingTime) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const HearsWaits heard(world.network());
    Bus bus = co_await world.connect(nursery, "a", session_timeout(500ms));
    auto lid = bus.topic<int>("lid");
    nursery.start_soon(
        [](BusWorld& all) -> Task<> {
          co_await sleep(1s);
          all.network().cut("a", 2s);
        },
        std::ref(world));
    co_await move_on_after(10s, lid.wait_value(value > 0));
    EXPECT_THAT(heard.expires_after, ElementsAre(10s, 7s));
    co_await lid.get();
    EXPECT_EQ(world.statistics().waits, 0u);
  });
}

// A condition that the client evaluates makes no wait at the broker; one that the broker evaluates has its deadline
// there.
TEST(Deadline, UntilSendsItToTheBroker) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const HearsWaits heard(world.network());
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<int>("lid");
    co_await move_on_after(3s, until(lid == 1));
    EXPECT_THAT(heard.expires_after, ElementsAre(3s));
  });
}

TEST(Deadline, AWaitContinuesWhenItIsExtended) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    const HearsWaits heard(world.network());
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<int>("lid");
    CancelScope scope(now() + 2s);
    const auto start = now();
    nursery.start_soon(
        [](BusWorld& all, CancelScope& longer, Topic<int> topic) -> Task<> {
          co_await sleep(1s);
          longer.set_deadline(now() + 9s);
          co_await sleep(4s);  // the broker has discarded the first wait
          EXPECT_EQ(all.statistics().waits, 1u);
          co_await topic.set(1);
        },
        std::ref(world), std::ref(scope), lid);
    int seen = 0;
    auto body = [&]() -> Task<> { seen = co_await lid.wait_value(value > 0); };
    const bool late = co_await scope.run(body);
    EXPECT_FALSE(late);
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(now() - start, 5s);
    EXPECT_THAT(heard.expires_after, ElementsAre(2s, 8s));
    co_await lid.get();
    EXPECT_EQ(world.statistics().waits, 0u);
    EXPECT_EQ(bus.statistics().open_requests, 0u);
  });
}

TEST(Deadline, NoMatchIsMissedWhileItIsExtended) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus brain = co_await world.connect(nursery, "brain");
    world.network().delay("brain", 300ms, 300ms);
    auto lid = robot.topic<int>("lid");
    co_await lid.set(0);
    CancelScope scope(now() + 2s);
    nursery.start_soon(
        [](CancelScope& longer, Topic<int> topic) -> Task<> {
          co_await sleep(1s);
          longer.set_deadline(never);
          co_await sleep(1100ms);  // the new wait has not arrived yet
          co_await topic.set(1);
          co_await topic.set(0);
        },
        std::ref(scope), lid);
    int seen = 0;
    auto body = [&]() -> Task<> { seen = co_await brain.topic<int>("lid").wait_value(value == 1); };
    co_await scope.run(body);
    EXPECT_EQ(seen, 1);
    co_await brain.topic<int>("lid").get();
    EXPECT_EQ(world.statistics().waits, 0u);
  });
}

TEST(Deadline, AnExtendedTransitionWaitStillCountsFromItsFirstVersion) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus brain = co_await world.connect(nursery, "brain", session_timeout(1min));
    auto lid = robot.topic<int>("lid");
    co_await lid.set(0);
    CancelScope scope(now() + 2s);
    nursery.start_soon(
        [](BusWorld& all, CancelScope& longer, Topic<int> topic) -> Task<> {
          co_await sleep(1s);
          longer.set_deadline(never);
          all.network().cut("brain", 10s);  // so the broker does not hear of it in time
          co_await sleep(5s);
          co_await topic.set(1);
          co_await topic.set(2);
        },
        std::ref(world), std::ref(scope), lid);
    int seen = 0;
    auto body = [&]() -> Task<> {
      const auto change = co_await brain.topic<int>("lid").wait_transition();
      seen = *change.value;
    };
    co_await scope.run(body);
    EXPECT_EQ(seen, 1);
  });
}

// A wait that begins after its deadline does not begin, as any other wait.
TEST(Deadline, APassedOneEndsTheWaitAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto lid = bus.topic<int>("lid");
    const auto start = now();
    CancelScope scope;
    auto body = [&]() -> Task<> {
      scope.set_deadline(now() - 1s);
      co_await lid.wait_value(value > 0);
    };
    const bool late = co_await scope.run(body);
    EXPECT_TRUE(late);
    EXPECT_EQ(now(), start);
    co_await lid.get();
    EXPECT_EQ(world.statistics().waits, 0u);
  });
}

}  // namespace
}  // namespace hoiku
