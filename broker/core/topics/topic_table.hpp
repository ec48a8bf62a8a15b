// topic_table.hpp: all topics, by name and by id.
//
// Promises   an id stays with its topic until forget(); ids are dense, so other modules can keep arrays by them. scan()
//            does a bounded piece of work, and sees every topic that exists from the first piece to the last.
//            A removed topic is remembered for a while, with its id and its last state: if it is restored, its versions
//            continue, and a reader that was away is sent that it is unset. A name has one entry, existing or removed.
//            A held topic is a removed one that is not forgotten until it is let go.
// Thread     the core's. Owner: Core.
// Limits     topics_max: limit_exceeded. removed_topics_max removed topics are remembered: the caller forgets the rest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "broker/core/topic_map.hpp"
#include "broker/core/topics/name_index.hpp"
#include "broker/core/topics/topic.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

struct TopicTableOptions {
  Limits limits;
  std::uint64_t epoch_seed = 0;
};

class TopicTable {
 public:
  explicit TopicTable(const TopicTableOptions& options);

  // The topic of that name, unless it is removed.
  std::optional<TopicId> find(std::string_view name) const;
  // Checks that `count` more topics can be created or restored; `name` is for the error: limit_exceeded.
  Result<void> check_room(std::string_view name, std::size_t count) const;
  // Creates a topic that neither find() nor find_removed() finds. Errors: invalid_topic, limit_exceeded.
  Result<TopicId> create(std::string_view name);
  // Whether the topic exists: it is not removed.
  bool contains(TopicId id) const noexcept { return topics_.contains(id) && !topics_[id].is_removed(); }
  Topic& operator[](TopicId id) noexcept { return topics_[id]; }
  const Topic& operator[](TopicId id) const noexcept { return topics_[id]; }
  std::size_t size() const noexcept { return index_.size() - removed(); }
  std::size_t reserved() const noexcept { return reserved_; }  // topics whose names begin with '$'

  // Calls visit(id, topic) for the topics, removed ones too, among the places [from, from + count), as long as it
  // returns true, and says where to continue; the scan is complete when that is end(). A topic that is created or
  // restored later may have any place, so the caller has to be told of it.
  template <class Visit>
  std::size_t scan(std::size_t from, std::size_t count, Visit&& visit) {
    const std::size_t to = std::min(end(), from + count);
    while (from < to) {
      const TopicId id{static_cast<std::uint32_t>(from++)};
      if (topics_.contains(id) && !visit(id, topics_[id])) break;
    }
    return from;
  }
  std::size_t end() const noexcept { return topics_.end(); }

  // ---- Removed topics

  // The topic exists, and is_idle(). One that was never set is forgotten at once.
  void remove(TopicId id);
  void restore(TopicId id);  // the topic is removed
  // The remembered topic of that name.
  std::optional<TopicId> find_removed(std::string_view name) const;
  bool is_removed(TopicId id) const noexcept { return topics_.contains(id) && topics_[id].is_removed(); }
  void hold(TopicId id) noexcept;  // the topic is removed
  void let_go(TopicId id);         // the topic is removed; it may be surplus() now
  std::size_t removed() const noexcept { return removed_.size() + held_; }
  // The topic that is to be forgotten next, if more are removed, and not held, than the limit allows: the one removed
  // first.
  std::optional<TopicId> surplus() const noexcept;
  void forget(TopicId id);  // the topic is removed, and not held
  // Whether every topic that was unset after `revision` exists or is remembered.
  bool remembers(std::uint64_t revision) const noexcept { return revision >= forgotten_through_; }

 private:
  std::optional<TopicId> find_any(std::string_view name) const;
  std::uint64_t new_epoch();

  TopicTableOptions options_;
  std::mt19937_64 epochs_;
  NameIndex index_;  // existing and removed topics
  TopicMap<Topic> topics_;
  std::vector<TopicId> free_;
  std::size_t reserved_ = 0;
  std::map<std::uint64_t, TopicId> removed_;  // by the order of their removals, without those that are held
  std::size_t held_ = 0;
  std::uint64_t removals_ = 0;
  std::uint64_t forgotten_through_ = 0;
};

}  // namespace hoiku::broker
