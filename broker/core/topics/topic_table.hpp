// topic_table.hpp: all topics, by name and by id.
//
// Promises   an id stays with its topic until remove(); ids are dense, so other modules can keep arrays by them. scan()
//            does a bounded piece of work, and sees every topic that exists from the first piece to the last. The last
//            states of removed topics are remembered for a while: a reader that was away is sent that they are unset.
// Thread     the core's. Owner: Core.
// Limits     topics_max: limit_exceeded. removed_topics_max removed topics are remembered; the oldest are discarded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
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

  std::optional<TopicId> find(std::string_view name) const;
  // Checks that `count` more topics can be created; `name` is for the error: limit_exceeded.
  Result<void> check_room(std::string_view name, std::size_t count) const;
  // Creates a topic that find() does not find. Errors: invalid_topic, limit_exceeded.
  Result<TopicId> create(std::string_view name);
  bool contains(TopicId id) const noexcept { return topics_.contains(id); }
  Topic& operator[](TopicId id) noexcept { return topics_[id]; }
  const Topic& operator[](TopicId id) const noexcept { return topics_[id]; }
  void remove(TopicId id);  // the topic is_idle()
  std::size_t size() const noexcept { return index_.size(); }
  std::size_t reserved() const noexcept { return reserved_; }  // topics whose names begin with '$'

  // Calls visit(id, topic) for the topics among the places [from, from + count), as long as it returns true, and says
  // where to continue; the scan is complete when that is end(). A topic that is created later may have any place, so
  // the caller has to be told of it.
  template <class Visit>
  std::size_t scan(std::size_t from, std::size_t count, Visit&& visit) {
    const std::size_t to = std::min(end(), from + count);
    while (from < to) {
      const TopicId id{static_cast<std::uint32_t>(from++)};
      if (const Topic* topic = topics_.find(id); topic != nullptr && !visit(id, *topic)) break;
    }
    return from;
  }
  std::size_t end() const noexcept { return topics_.end(); }

  // The last states of removed topics, oldest removal first.
  const std::deque<State>& removed() const noexcept { return removed_; }
  // Whether removed() still has every topic that was unset after `revision`.
  bool remembers(std::uint64_t revision) const noexcept { return revision >= discarded_through_; }
  // Restores the topic removed()[position] with its last state. Not limited by topics_max: it was remembered anyway.
  TopicId restore(std::size_t position);

 private:
  TopicId place(std::unique_ptr<Topic> topic);
  std::uint64_t new_epoch();

  TopicTableOptions options_;
  std::mt19937_64 epochs_;
  NameIndex index_;
  TopicMap<Topic> topics_;
  std::vector<TopicId> free_;
  std::size_t reserved_ = 0;
  std::deque<State> removed_;
  std::uint64_t discarded_through_ = 0;
};

}  // namespace hoiku::broker
