// Listing topics: pages are small and cheap, and create nothing.
#include <set>

#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class CoreListing : public CoreTest {
 protected:
  void SetUp() override {
    robot.connect();
    screen.connect();
  }
  const proto::ListDone& list(const std::string& pattern, std::uint64_t cursor = 0) {
    const proto::RequestId id = screen.list(pattern, cursor);
    turn();
    return screen.answered<proto::ListDone>(id);
  }
  static std::vector<std::string> names(const proto::ListDone& page) {
    std::vector<std::string> made;
    for (const auto& row : page.rows) made.push_back(row.current->topic);
    return made;
  }
  // The names of all pages; sets `pages` to their number.
  std::vector<std::string> all_names(const std::string& pattern) {
    std::vector<std::string> made;
    std::uint64_t cursor = 0;
    pages = 0;
    do {
      const proto::ListDone& page = list(pattern, cursor);
      for (std::string& name : names(page)) made.push_back(std::move(name));
      cursor = page.next;
      ++pages;
      core->advance(at());
    } while (cursor != 0);
    return made;
  }
  void make_topics(int count) {
    for (int i = 0; i < count; ++i) {
      robot.set("t/" + std::to_string(i), i);
      if (i % 1000 == 999) turn();  // keeps few requests in flight
    }
    turn();
  }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
  int pages = 0;
};

TEST_F(CoreListing, ShowsMatchingTopicsWithTheirStates) {
  robot.set("a/x", 1);
  robot.set("a/y", "two");
  robot.set("b/x", 3);
  turn();
  const auto& page = list("a/*");
  EXPECT_THAT(names(page), UnorderedElementsAre("a/x", "a/y"));
  EXPECT_EQ(page.next, 0u);
  const auto& one = list("b/x");
  ASSERT_THAT(one.rows, SizeIs(1));
  EXPECT_EQ(one.rows[0].current->value, Value(3));
  EXPECT_EQ(one.rows[0].current->version.number, 1u);
  EXPECT_EQ(one.rows[0].current->writer, "robot");
}

TEST_F(CoreListing, CreatesNothing) {
  EXPECT_THAT(list("nothing/here").rows, IsEmpty());
  EXPECT_THAT(list("**").rows, IsEmpty());
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreListing, CountsSubscriptionsAndWaits) {
  robot.set("a", 1);
  robot.subscribe({"a"});
  robot.subscribe({"*"});
  robot.subscribe({"a", "b"});
  robot.wait("a", "value > 1");
  robot.wait("a", "value > 1");
  robot.wait("a", "value > 2", 1s);
  robot.wait("b", "value > 2");
  turn();
  EXPECT_EQ(list("a").rows.at(0).readers, 6u);
  // A topic that was never set, but is read, such as a misspelt name.
  const auto& unset = list("b");
  ASSERT_THAT(unset.rows, SizeIs(1));
  EXPECT_EQ(unset.rows[0].current->version.number, 0u);
  EXPECT_EQ(unset.rows[0].readers, 3u);  // the composite, the pattern, which meets every topic, and the wait
}

TEST_F(CoreListing, AClosedReaderIsNotCounted) {
  robot.set("a", 1);
  const auto subscription = robot.subscribe({"a"});
  const auto wait = robot.wait("a", "value > 1");
  turn();
  EXPECT_EQ(list("a").rows.at(0).readers, 2u);
  robot.unsubscribe(subscription);
  robot.cancel(wait);
  turn();
  EXPECT_EQ(list("a").rows.at(0).readers, 0u);
}

TEST_F(CoreListing, APageIsBoundedInRows) {
  make_topics(600);
  EXPECT_THAT(list("t/*").rows, SizeIs(256));
  const auto all = all_names("t/*");
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 600u);
  EXPECT_THAT(all, SizeIs(600));
  EXPECT_EQ(pages, 3);
}

TEST_F(CoreListing, APageIsBoundedInBytesOrHasOneRow) {
  restart(limited([](Limits& limits) { limits.list_bytes_max = 10'000; }));
  SetUp();
  for (const char* name : {"a", "b", "c", "d"}) robot.set(name, std::string(4'000, 'x'));
  robot.set("large", std::string(100'000, 'x'));
  turn();
  EXPECT_THAT(list("*").rows, SizeIs(2));
  EXPECT_THAT(all_names("*"), UnorderedElementsAre("a", "b", "c", "d", "large"));
  EXPECT_EQ(pages, 3);
}

TEST_F(CoreListing, APageScansABoundedNumberOfTopics) {
  restart(limited([](Limits& limits) { limits.list_steps_max = 128; }));
  SetUp();
  make_topics(1'000);
  const auto& first = list("nothing/*");
  EXPECT_THAT(first.rows, IsEmpty());
  EXPECT_EQ(first.next, 128u);
  EXPECT_THAT(all_names("nothing/*"), IsEmpty());
  EXPECT_EQ(pages, 8);
}

// The budget of a turn bounds all requests together.
TEST_F(CoreListing, AllPagesOfATurnTogetherScanABoundedNumberOfTopics) {
  make_topics(5'000);
  std::vector<proto::RequestId> asked;
  for (int i = 0; i < 100; ++i) asked.push_back(screen.list("nothing/*"));
  turn();
  std::uint64_t visited = 0;
  for (const proto::RequestId id : asked) visited += screen.answered<proto::ListDone>(id).next;
  EXPECT_GE(visited, 65'536u);
  EXPECT_LE(visited, 65'536u + 100 * 64u + 4096u);
}

TEST_F(CoreListing, AnyCursorIsAccepted) {
  make_topics(3);
  EXPECT_THAT(list("t/*", 2).rows, SizeIs(1));
  const auto& beyond = list("t/*", ~std::uint64_t{0});
  EXPECT_THAT(beyond.rows, IsEmpty());
  EXPECT_EQ(beyond.next, 0u);
}

TEST_F(CoreListing, AnInvalidPatternIsRefused) {
  const auto id = screen.list("a//b");
  turn();
  EXPECT_EQ(screen.failed(id), ErrorCode::invalid_topic);
}

TEST_F(CoreListing, CountsAsARequestInFlight) {
  screen.acknowledges = false;
  for (std::size_t i = 0; i < Limits().requests_in_flight_max; ++i) screen.list("a");
  const auto beyond = screen.list("a");
  turn();
  screen.acknowledges = true;
  for (int i = 0; i < 5'000 && !screen.has_answer(beyond); ++i) {
    screen.acknowledge();
    turn();
  }
  EXPECT_EQ(screen.failed(beyond), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace hoiku::broker
