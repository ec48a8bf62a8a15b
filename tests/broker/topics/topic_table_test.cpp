#include "broker/core/topics/topic_table.hpp"

#include <gtest/gtest.h>

#include <set>

namespace hoiku::broker {
namespace {

TopicTableOptions small(std::size_t topics_max = 100, std::size_t removed_max = 3) {
  TopicTableOptions options;
  options.limits.topics_max = topics_max;
  options.epoch_seed = 5;
  options.limits.removed_topics_max = removed_max;
  return options;
}

void set(TopicTable& table, TopicId id, const Value& value, std::uint64_t revision) {
  const std::optional<Version> any;
  const std::optional<WallTime> no_time;
  const SharedText writer("w");
  table[id].commit(table[id].apply(Update{value, any, no_time, writer, {}}, revision).state, {});
}

// Sets and unsets a topic, and removes it.
void come_and_go(TopicTable& table, const std::string& name, std::uint64_t unset_at) {
  const TopicId id = *table.create(name);
  set(table, id, 1, unset_at - 1);
  set(table, id, {}, unset_at);
  table.remove(id);
}

void forget_surplus(TopicTable& table) {
  while (const auto surplus = table.surplus()) table.forget(*surplus);
}

TEST(TopicTable, FindsCreatedTopics) {
  TopicTable table(small());
  EXPECT_FALSE(table.find("a"));
  const auto id = table.create("a");
  ASSERT_TRUE(id);
  EXPECT_EQ(table.find("a"), *id);
  EXPECT_EQ(table[*id].name(), "a");
  EXPECT_FALSE(table.find("A"));
}

TEST(TopicTable, RefusesABadName) {
  TopicTable table(small());
  EXPECT_EQ(table.create("a//b").failure().code, ErrorCode::invalid_topic);
  EXPECT_EQ(table.create("a/*").failure().code, ErrorCode::invalid_topic);
  EXPECT_EQ(table.create("").failure().code, ErrorCode::invalid_topic);
  EXPECT_EQ(table.size(), 0u);
}

TEST(TopicTable, RefusesMoreThanItsLimit) {
  TopicTable table(small(2));
  const TopicId a = *table.create("a");
  ASSERT_TRUE(table.create("b"));
  EXPECT_EQ(table.create("c").failure().code, ErrorCode::limit_exceeded);
  table.remove(a);
  EXPECT_TRUE(table.create("c"));
}

TEST(TopicTable, RemovedTopicIsNotFoundAndItsNumberIsUsedAgain) {
  TopicTable table(small());
  const TopicId a = *table.create("a");
  table.remove(a);
  EXPECT_FALSE(table.find("a"));
  EXPECT_FALSE(table.contains(a));
  EXPECT_EQ(*table.create("b"), a);
  EXPECT_EQ(table.size(), 1u);
}

TEST(TopicTable, AForgottenTopicBeginsWithAnotherEpoch) {
  TopicTable table(small(1000, 0));
  std::set<std::uint64_t> epochs;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const TopicId id = *table.create("a");
    set(table, id, 1, 2 * i + 1);
    epochs.insert(table[id].committed()->version().epoch);
    set(table, id, {}, 2 * i + 2);
    table.remove(id);
    forget_surplus(table);
  }
  EXPECT_EQ(epochs.size(), 100u);
  EXPECT_FALSE(epochs.contains(0));
}

TEST(TopicTable, ScansInPiecesOfBoundedSize) {
  TopicTable table(small());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(table.create("t" + std::to_string(i)));
  std::set<std::string> seen;
  std::size_t at = 0;
  int pieces = 0;
  while (at < table.end()) {
    std::size_t visited = 0;
    at = table.scan(at, 3, [&](TopicId, const Topic& topic) {
      seen.insert(topic.name());
      ++visited;
      return true;
    });
    EXPECT_LE(visited, 3u);
    ++pieces;
  }
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(pieces, 4);
}

TEST(TopicTable, AScanStopsWhenTheVisitorReturnsFalse) {
  TopicTable table(small());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(table.create("t" + std::to_string(i)));
  std::vector<std::string> seen;
  std::size_t at = 0;
  while (at < table.end()) {
    at = table.scan(at, 10, [&](TopicId, const Topic& topic) {
      seen.push_back(topic.name());
      return seen.size() % 4 != 0;
    });
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"}));
}

TEST(TopicTable, AScanVisitsRemovedTopicsAndNoneThatIsForgotten) {
  TopicTable table(small());
  come_and_go(table, "a", 10);
  come_and_go(table, "b", 20);
  ASSERT_TRUE(table.create("c"));
  table.forget(*table.find_removed("b"));
  std::vector<std::pair<std::string, bool>> seen;
  for (std::size_t at = 0; at < table.end();) {
    at = table.scan(at, 10, [&](TopicId, const Topic& topic) {
      seen.emplace_back(topic.name(), topic.is_removed());
      return true;
    });
  }
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, bool>>{{"a", true}, {"c", false}}));
}

TEST(TopicTable, RemembersRemovedTopicsUpToItsLimit) {
  TopicTable table(small(100, 3));
  EXPECT_TRUE(table.remembers(0));
  come_and_go(table, "a", 10);
  come_and_go(table, "b", 20);
  come_and_go(table, "c", 30);
  forget_surplus(table);
  EXPECT_TRUE(table.remembers(0));
  come_and_go(table, "d", 40);
  forget_surplus(table);
  EXPECT_EQ(table.removed(), 3u);
  EXPECT_FALSE(table.find_removed("a"));
  EXPECT_TRUE(table.find_removed("b"));
  EXPECT_FALSE(table.remembers(9));
  EXPECT_TRUE(table.remembers(10));
}

TEST(TopicTable, AHeldTopicIsForgottenWhenItIsLetGo) {
  TopicTable table(small(100, 1));
  come_and_go(table, "a", 10);
  const TopicId held = *table.find_removed("a");
  table.hold(held);
  table.hold(held);
  come_and_go(table, "b", 20);
  forget_surplus(table);
  EXPECT_EQ(table.removed(), 2u);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_TRUE(table.is_removed(held));
  EXPECT_TRUE(table.remembers(0));
  table.let_go(held);
  table.let_go(held);
  forget_surplus(table);
  EXPECT_EQ(table.removed(), 1u);
  EXPECT_FALSE(table.find_removed("a")) << "it was removed before b";
  EXPECT_TRUE(table.find_removed("b"));
  EXPECT_FALSE(table.remembers(9));
}

TEST(TopicTable, AHeldTopicCanBeRestored) {
  TopicTable table(small(100, 1));
  come_and_go(table, "a", 10);
  const TopicId id = *table.find_removed("a");
  table.hold(id);
  table.restore(id);
  EXPECT_EQ(table.removed(), 0u);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.find("a"), id);
  table.remove(id);
  EXPECT_EQ(table.removed(), 1u);
  EXPECT_EQ(table.size(), 0u);
}

TEST(TopicTable, ANameThatComesAndGoesTakesOneEntry) {
  TopicTable table(small(100, 3));
  come_and_go(table, "a", 10);
  for (std::uint64_t i = 2; i < 100; ++i) {
    const auto removed = table.find_removed("b");
    if (!removed) {
      come_and_go(table, "b", 10 * i);
    } else {
      table.restore(*removed);
      set(table, *removed, 1, 10 * i - 1);
      set(table, *removed, {}, 10 * i);
      table.remove(*removed);
    }
    forget_surplus(table);
  }
  EXPECT_EQ(table.removed(), 2u);
  EXPECT_TRUE(table.find_removed("a"));
  EXPECT_TRUE(table.remembers(0));
}

TEST(TopicTable, RemovedTopicsTakeNoRoom) {
  TopicTable table(small(1));
  come_and_go(table, "$a", 10);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.reserved(), 0u);
  ASSERT_TRUE(table.create("b"));
  EXPECT_EQ(table.check_room("$a", 1).failure().code, ErrorCode::limit_exceeded);
}

TEST(TopicTable, NeverSetTopicsLeaveNothingBehind) {
  TopicTable table(small());
  table.remove(*table.create("a"));
  EXPECT_EQ(table.removed(), 0u);
  EXPECT_FALSE(table.find_removed("a"));
}

TEST(TopicTable, RestoresARemovedTopicAsItWasLeft) {
  TopicTable table(small());
  come_and_go(table, "$a", 10);
  come_and_go(table, "b", 20);
  const TopicId id = *table.find_removed("$a");
  EXPECT_FALSE(table.find("$a"));
  EXPECT_FALSE(table.contains(id));
  const State left = table[id].committed();
  table.restore(id);
  EXPECT_EQ(table.find("$a"), id);
  EXPECT_TRUE(table.contains(id));
  EXPECT_FALSE(table.find_removed("$a"));
  EXPECT_EQ(table[id].committed(), left);
  EXPECT_TRUE(table[id].is_idle());
  EXPECT_EQ(table.removed(), 1u);
  EXPECT_EQ(table.reserved(), 1u);
  set(table, id, 2, 30);
  EXPECT_EQ(table[id].committed()->version(), (Version{left->version().epoch, left->version().number + 1}));
}

}  // namespace
}  // namespace hoiku::broker
