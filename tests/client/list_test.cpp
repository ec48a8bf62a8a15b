// Bus::list: all pages, one answer.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

std::vector<std::string> names(const std::vector<TopicInfo>& topics) {
  std::vector<std::string> made;
  for (const TopicInfo& topic : topics) made.push_back(topic.state->topic);
  return made;
}

Limits with_small_pages() {
  Limits limits;
  limits.list_rows_max = 2;
  return limits;
}

Task<> set_all(Bus bus, std::vector<std::string> topics) {
  for (const std::string& name : topics) co_await bus.topic<int>(name).set(1);
}

TEST(BusList, HasTheTopicsOfAllPagesInTheOrderOfTheirNames) {
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus bus = co_await world.connect(nursery, "robot");
        const std::vector<std::string> all{"c", "a/y", "b", "a/x", "d", "e", "f"};
        co_await set_all(bus, all);
        const auto listed = co_await bus.list();
        EXPECT_THAT(names(listed), ElementsAre("a/x", "a/y", "b", "c", "d", "e", "f"));
        const auto some = co_await bus.list("a/*");
        EXPECT_THAT(names(some), ElementsAre("a/x", "a/y"));
        EXPECT_EQ(bus.statistics().open_requests, 0u);
      },
      with_small_pages());
}

TEST(BusListPages, HaveEachTopicOnceAndTheFirstPageSaysSo) {
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus bus = co_await world.connect(nursery, "robot");
        const std::vector<std::string> all{"c", "a/y", "b", "a/x", "d"};
        co_await set_all(bus, all);
        TopicPages pages = bus.list_pages();
        std::vector<std::string> found;
        std::vector<bool> first;
        for (;;) {
          const std::optional<TopicPage> page = co_await pages.next();
          if (!page) break;
          EXPECT_LE(page->topics.size(), 2u);
          first.push_back(page->is_first);
          for (const std::string& name : names(page->topics)) found.push_back(name);
        }
        EXPECT_THAT(first, ElementsAre(true, false, false));
        EXPECT_THAT(found, UnorderedElementsAreArray(all));
        const std::optional<TopicPage> none = co_await pages.next();
        EXPECT_FALSE(none);
      },
      with_small_pages());
}

TEST(BusListPages, BeginAgainAfterARestartOfTheBroker) {
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus bus = co_await world.connect(nursery, "robot");
        const std::vector<std::string> all{"a", "b", "c", "d"};
        co_await set_all(bus, all);
        TopicPages pages = bus.list_pages();
        const std::optional<TopicPage> before = co_await pages.next();
        EXPECT_TRUE(before && before->is_first && before->topics.size() == 2);
        world.start_broker();
        const std::optional<TopicPage> after = co_await pages.next();
        EXPECT_TRUE(after && after->is_first && after->topics.empty());
        const std::optional<TopicPage> none = co_await pages.next();
        EXPECT_FALSE(none);
      },
      with_small_pages());
}

TEST(BusListPages, ACancelledPageCanBeAskedForAgain) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    co_await bus.topic<int>("a").set(1);
    TopicPages pages = bus.list_pages();
    world.network().delay("robot", 10ms, 10ms);
    const bool late = co_await move_on_after(5ms, [&]() -> Task<> { co_await pages.next(); });
    EXPECT_TRUE(late);
    const std::optional<TopicPage> page = co_await pages.next();
    EXPECT_TRUE(page && page->is_first && page->topics.size() == 1);
  });
}

TEST(BusList, ShowsTheStateAndTheReadersOfEachTopic) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    Bus screen = co_await world.connect(nursery, "screen");
    co_await robot.topic<int>("battery").set(80);
    PatternSubscription all = screen.watch("**");
    co_await all.next();
    const auto listed = co_await robot.list("battery");
    EXPECT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed.at(0).state->value, Value(80));
    EXPECT_EQ(listed.at(0).state->writer, "robot");
    EXPECT_EQ(listed.at(0).readers, 1u);
  });
}

TEST(BusList, AListWithoutMatchesIsEmptyAndCreatesNothing) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    const auto listed = co_await bus.list("nothing/here");
    EXPECT_THAT(listed, IsEmpty());
    EXPECT_EQ(world.statistics().topics, 0u);
  });
}

TEST(BusList, AnInvalidPatternIsRefusedAtOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "robot");
    EXPECT_THROW((void)bus.list("a//b"), Error);
  });
}

// Pages of the first broker instance are not mixed with those of the second.
TEST(BusList, StartsAgainIfTheBrokerRestartsBetweenTwoPages) {
  in_a_world(
      [](BusWorld& world, Nursery& nursery) -> Task<> {
        Bus bus = co_await world.connect(nursery, "robot");
        const std::vector<std::string> all{"a", "b", "c", "d", "e", "f", "g", "h"};
        co_await set_all(bus, all);
        world.network().delay("robot", 10ms, 10ms);
        nursery.start_soon([&world]() -> Task<> {
          co_await sleep(50ms);  // two of the four pages have arrived
          world.start_broker();
        });
        const auto listed = co_await bus.list();
        EXPECT_THAT(listed, IsEmpty());
        EXPECT_EQ(bus.statistics().reconnects, 1u);
      },
      with_small_pages());
}

}  // namespace
}  // namespace hoiku
