// The broker evaluates waits, also while the network is cut, the client leaves or the broker restarts.
#include "tests/sim/sim_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

SIM_TEST(Wait, HoldsThroughACutAndIsAnsweredWhenTheLinkReturns, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus brain = co_await bus.connect(nursery, client_name("brain"));
  auto heat = robot.topic<int>("heat");
  co_await heat.set(20);
  const auto start = now();
  nursery.start_soon(
      [](sim::Simulation& world, Topic<int> topic) -> Task<> {
        co_await sleep(500ms);
        world.network().cut("brain", 2s);
        co_await sleep(100ms);
        co_await topic.set(31);
        co_await sleep(100ms);
        co_await topic.set(20);  // no longer a match, long before the link returns
      },
      std::ref(bus), heat);

  const int seen = co_await brain.topic<int>("heat").wait_value(value > 30);

  EXPECT_EQ(seen, 31);  // the first match, although the link was cut
  EXPECT_EQ(now() - start, 2500ms);
}

SIM_TEST(Wait, AHoldIsCountedByTheBrokerWhateverTheLinkDoes, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus brain = co_await bus.connect(nursery, client_name("brain"));
  auto touched = robot.topic<bool>("touched");
  co_await touched.set(true);
  co_await sleep(200ms);
  const auto start = now();
  bus.network().cut("brain", 100ms);
  // Armed late, at 100 ms: the hold counts from the topic's last transition, 200 ms before the cut.
  co_await brain.topic<bool>("touched").wait_value(value == true, held_for(1s));
  EXPECT_EQ(now() - start, 800ms);
}

SIM_TEST(Wait, AHoldThatIsInterruptedBeginsAgain, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus brain = co_await bus.connect(nursery, client_name("brain"));
  auto load = robot.topic<int>("load");
  const auto start = now();
  nursery.start_soon(
      [](Topic<int> topic) -> Task<> {
        co_await topic.set(90);
        co_await sleep(299ms);
        co_await topic.set(10);
        co_await sleep(1ms);
        co_await topic.set(91);
        co_await sleep(100ms);
        co_await topic.set(95);  // another value, but the condition is still true
      },
      load);
  const int seen = co_await brain.topic<int>("load").wait_value(value > 80, held_for(300ms));
  EXPECT_EQ(seen, 95);
  EXPECT_EQ(now() - start, 600ms);
}

SIM_TEST(Wait, AHoldThatIsCompleteAtTheInstantOfAWriteIsComplete, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus brain = co_await bus.connect(nursery, client_name("brain"));
  auto load = robot.topic<int>("load");
  co_await load.set(90);
  const auto start = now();
  nursery.start_soon(
      [](Topic<int> topic) -> Task<> {
        co_await sleep(300ms);
        co_await topic.set(10);
      },
      load);
  const int seen = co_await brain.topic<int>("load").wait_value(value > 80, held_for(300ms));
  EXPECT_EQ(seen, 90);
  EXPECT_EQ(now() - start, 300ms);
}

SIM_TEST(Wait, ThatIsCancelledIsLetGoWithinOneRoundTrip, bus, nursery) {
  bus.network().delay("brain", 5ms, 5ms);
  Bus brain = co_await bus.connect(nursery, client_name("brain"));
  co_await move_on_after(100ms, brain.topic<int>("heat").wait_value(value > 30));
  EXPECT_EQ(bus.broker_statistics().waits, 1u);  // the end of the scope did not wait for the network
  co_await sleep(5ms);
  co_await sim::settle();
  EXPECT_EQ(bus.broker_statistics().waits, 0u);
  EXPECT_EQ(bus.broker_statistics().predicates, 0u);
  EXPECT_EQ(bus.broker_statistics().topics, 0u);
}

SIM_TEST(Wait, ThatIsCancelledWhileCutOffIsLetGoWhenTheLinkReturns, bus, nursery) {
  Bus brain = co_await bus.connect(nursery, client_name("brain"));
  nursery.start_soon(
      [](sim::Simulation& world) -> Task<> {
        co_await sleep(50ms);
        world.network().cut("brain", 1s);
      },
      std::ref(bus));
  co_await move_on_after(100ms, brain.topic<int>("heat").wait_value(value > 30));
  EXPECT_EQ(bus.broker_statistics().waits, 1u);
  co_await sleep(950ms);
  co_await sim::settle();
  EXPECT_EQ(bus.broker_statistics().waits, 0u);
  EXPECT_EQ(bus.broker_statistics().sessions, 1u);
}

SIM_TEST(Wait, IsArmedAnewInALostSession, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus brain = co_await bus.connect(nursery, client_name("brain"), session_timeout(500ms));
  const auto start = now();
  nursery.start_soon(
      [](sim::Simulation& world, Topic<int> heat) -> Task<> {
        co_await sleep(100ms);
        world.network().cut("brain", 1s);
        co_await sleep(1500ms);
        co_await heat.set(31);
      },
      std::ref(bus), robot.topic<int>("heat"));
  const int seen = co_await brain.topic<int>("heat").wait_value(value > 30);
  EXPECT_EQ(seen, 31);
  EXPECT_EQ(now() - start, 1600ms);
}

SIM_TEST(Wait, SurvivesARestartOfTheBroker, bus, nursery) {
  Bus robot = co_await bus.connect(nursery, client_name("robot"));
  Bus brain = co_await bus.connect(nursery, client_name("brain"));
  nursery.start_soon(
      [](sim::Simulation& world, Topic<int> heat) -> Task<> {
        co_await sleep(100ms);
        world.restart_broker(2s);
        co_await sleep(10ms);
        co_await heat.set(31);  // waits until the broker is back
      },
      std::ref(bus), robot.topic<int>("heat"));
  const int seen = co_await brain.topic<int>("heat").wait_value(value > 30);
  EXPECT_EQ(seen, 31);
}

}  // namespace
}  // namespace hoiku
