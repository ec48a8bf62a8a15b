// The posts of other threads: their queue, and how the loop takes them. On a virtual clock the loop's own thread posts;
// tests/wire/foreign_thread_test.cpp has real threads.
#include "hoiku/client/remote_bus.hpp"

#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Fills what the Bus itself may have unacknowledged, so that the queue of the other threads keeps what it gets.
void fill_the_bus(const Topic<int>& topic) {
  for (int i = 0; i < 16'384; ++i) topic.post(i);
}

TEST(RemoteBus, PostsAreAppliedInTheOrderOfTheCallsAndFlushWaitsForThem) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    world.network().delay("robot", 10ms, 10ms);
    Bus robot = co_await world.connect(nursery, "robot");
    const RemoteBus remote = robot.remote();
    const auto level = robot.topic<int>("level");
    const TimePoint start = now();
    for (int i = 1; i <= 100; ++i) remote.post(level, i);
    EXPECT_EQ(now(), start);
    co_await robot.flush();
    const TransitionPtr last = co_await level.latest();
    EXPECT_EQ(last->value, Value(100));
    EXPECT_EQ(last->version.number, 100u);
  });
}

TEST(RemoteBus, AFullQueueRefusesAndWhatIsQueuedArrivesOnceThereIsRoom) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const RemoteBus remote = robot.remote();
    const auto level = robot.topic<int>("level");
    world.network().cut("robot", 1s);
    fill_the_bus(level);
    int queued = 0;
    while (remote.try_post(level, -queued)) ++queued;
    EXPECT_EQ(queued, 16'384);
    std::string told;
    std::optional<ErrorCode> code;
    try {
      remote.post(level, 1);
    } catch (const Error& error) {
      told = error.what();
      code = error.code();
    }
    EXPECT_EQ(code, ErrorCode::limit_exceeded);
    EXPECT_THAT(told, HasSubstr("too many posts of other threads wait for the loop"));
    const TimePoint start = now();
    co_await robot.flush();
    EXPECT_GE(now() - start, 1s);
    const std::optional<int> last = co_await level.get();
    EXPECT_EQ(last, -16'383);
    remote.post(level, 7);
    co_await robot.flush();
    const std::optional<int> later = co_await level.get();
    EXPECT_EQ(later, 7);
  });
}

TEST(RemoteBus, TheQueueHasALimitInBytesAndOnePostIsAlwaysAllowed) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const RemoteBus remote = robot.remote();
    const auto text = robot.topic<std::string>("text");
    world.network().cut("robot", 1s);
    fill_the_bus(robot.topic<int>("level"));
    remote.post(text, std::string(900'000, 'a'));
    EXPECT_FALSE(remote.try_post(text, std::string(200'000, 'b')));
    remote.post(text, std::string(100'000, 'c'));
    co_await robot.flush();
    fill_the_bus(robot.topic<int>("level"));
    remote.post(text, std::string(1'040'000, 'd'));
    EXPECT_FALSE(remote.try_post(text, std::string(20'000, 'e')));
    co_await robot.flush();
    const std::optional<std::string> last = co_await text.get();
    EXPECT_EQ(last, std::string(1'040'000, 'd'));
  });
}

TEST(RemoteBus, LatestOnlyReplacesThePostThatIsQueued) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const RemoteBus remote = robot.remote();
    const auto level = robot.topic<int>("level");
    const auto heat = robot.topic<int>("heat");
    const auto other = robot.topic<int>("other");
    world.network().cut("robot", 1s);
    fill_the_bus(other);
    for (int i = 1; i <= 20'000; ++i) {
      remote.post(level, i, latest_only);
      remote.post(heat, -i, latest_only);
    }
    EXPECT_EQ(robot.statistics().conflated_posts, 2 * 19'999u);
    co_await robot.flush();
    const TransitionPtr last = co_await level.latest();
    EXPECT_EQ(last->value, Value(20'000));
    EXPECT_EQ(last->version.number, 1u);
    const std::optional<int> cold = co_await heat.get();
    EXPECT_EQ(cold, -20'000);
  });
}

TEST(RemoteBus, LatestOnlyReplacesThePostThatHasNotLeft) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const RemoteBus remote = robot.remote();
    const auto level = robot.topic<int>("level");
    world.network().cut("robot", 1s);
    level.post(0, latest_only);
    for (int i = 1; i <= 20'000; ++i) remote.post(level, i, latest_only);
    co_await robot.flush();
    const TransitionPtr last = co_await level.latest();
    EXPECT_EQ(last->value, Value(20'000));
    EXPECT_EQ(last->version.number, 1u);
  });
}

TEST(RemoteBus, TheBusSendsWhatIsQueuedBeforeItSaysGoodbye) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus screen = co_await world.connect(nursery, "screen");
    std::optional<RemoteBus> kept;
    std::optional<Topic<int>> topic;
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      Bus robot = co_await world.connect(inner, "robot");
      kept = robot.remote();
      topic = robot.topic<int>("level");
      fill_the_bus(*topic);
      for (int i = 1; i <= 100; ++i) kept->post(*topic, -i);
    });
    const std::optional<int> last = co_await screen.topic<int>("level").get();
    EXPECT_EQ(last, -100);
    EXPECT_THROW(kept->post(*topic, 1), Closed);
    EXPECT_FALSE(kept->try_post(*topic, 1));
  });
}

TEST(RemoteBus, APostThatTheBrokerRefusesEndsTheNurseryAndLaterOnesAreToldWhy) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    std::optional<RemoteBus> kept;
    std::optional<Topic<int>> topic;
    std::string told;
    try {
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        Bus robot = co_await world.connect(inner, "robot");
        kept = robot.remote();
        topic = robot.topic<int>("level");
        co_await topic->set(1);
        kept->post(robot.topic<std::string>("level"), "high");
        co_await sleep(1h);
      });
    } catch (const ExceptionGroup& group) {
      group.for_each_leaf([&](const std::exception& error) { told = error.what(); });
    }
    EXPECT_THAT(told, HasSubstr("level"));
    EXPECT_THROW(kept->post(*topic, 2), Closed);
  });
}

// The thread that has read it is told: the nursery, which knows nothing of it, goes on.
TEST(RemoteBus, AStringThatIsNotUtf8IsRefusedAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    const RemoteBus remote = robot.remote();
    const auto note = robot.topic<std::string>("note");
    EXPECT_THROW(remote.post(note, "caf\xE9"), Error);
    EXPECT_FALSE(remote.try_post(note, "caf\xE9"));
    EXPECT_TRUE(remote.try_post(note, "café"));
    co_await robot.flush();
    const TransitionPtr last = co_await note.latest();
    EXPECT_EQ(last->version.number, 1u);
  });
}

TEST(RemoteBus, APostThatCannotBeSentEndsTheNurseryToo) {
  in_a_world([](BusWorld& world, Nursery&) -> Task<> {
    std::string told;
    try {
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        Bus robot = co_await world.connect(inner, "robot");
        robot.remote().post(robot.topic<std::string>("level"), std::string(2'000'000, 'y'));
        co_await sleep(1h);
      });
    } catch (const ExceptionGroup& group) {
      group.for_each_leaf([&](const std::exception& error) { told = error.what(); });
    }
    EXPECT_THAT(told, HasSubstr("level"));
  });
}

TEST(RemoteBus, RefusesATopicOfAnotherBusAndItselfAfterTheEndOfItsOwn) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus screen = co_await world.connect(nursery, "screen");
    const auto level = screen.topic<int>("level");
    std::optional<Bus> ended;
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      ended = co_await world.connect(inner, "robot");
      const RemoteBus remote = ended->remote();
      EXPECT_THROW(remote.post(level, 1), Error);
      EXPECT_THROW((void)remote.try_post(level, 1), Error);
    });
    EXPECT_THROW(ended->remote(), Closed);
  });
}

}  // namespace
}  // namespace hoiku
