#include "broker/core/topics/topic_table.hpp"

#include <string>
#include <utility>

#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

TopicTable::TopicTable(const TopicTableOptions& options)
    : options_(options), epochs_(options.epoch_seed), index_(epochs_()) {}

std::optional<TopicId> TopicTable::find_any(std::string_view name) const {
  const auto number = index_.find(index_.hash(name),
                                  [&](std::uint32_t candidate) { return topics_[TopicId{candidate}].name() == name; });
  if (!number) return std::nullopt;
  return TopicId{*number};
}

std::optional<TopicId> TopicTable::find(std::string_view name) const {
  const auto found = find_any(name);
  return found && !topics_[*found].is_removed() ? found : std::nullopt;
}

std::optional<TopicId> TopicTable::find_removed(std::string_view name) const {
  const auto found = find_any(name);
  return found && topics_[*found].is_removed() ? found : std::nullopt;
}

Result<void> TopicTable::check_room(std::string_view name, std::size_t count) const {
  if (size() + count <= options_.limits.topics_max) return {};
  const std::string others = count > 1 ? " and " + std::to_string(count - 1) + " more" : "";
  return Failure{ErrorCode::limit_exceeded, "topic " + text::quote(name) + others +
                                                " cannot be created: the broker has " + std::to_string(size()) +
                                                " topics, and the limit is " +
                                                std::to_string(options_.limits.topics_max)};
}

Result<TopicId> TopicTable::create(std::string_view name) {
  if (auto checked = check_topic_name(name, options_.limits); !checked) return checked.failure();
  if (auto room = check_room(name, 1); !room) return room.failure();
  TopicId id{topics_.end()};
  if (!free_.empty()) {
    id = free_.back();
    free_.pop_back();
  }
  index_.insert(index_.hash(name), static_cast<std::uint32_t>(id));
  reserved_ += is_reserved_name(name) ? 1 : 0;
  topics_.insert(id, std::make_unique<Topic>(std::string(name), new_epoch()));
  return id;
}

// ---- Removed topics

void TopicTable::remove(TopicId id) {
  Topic& topic = topics_[id];
  reserved_ -= is_reserved_name(topic.name()) ? 1 : 0;
  topic.removal_ = ++removals_;
  removed_.emplace(topic.removal_, id);
  if (!topic.committed()) forget(id);  // it was never set: no reader has a state of it
}

void TopicTable::restore(TopicId id) {
  Topic& topic = topics_[id];
  if (removed_.erase(std::exchange(topic.removal_, 0)) == 0) --held_;
  reserved_ += is_reserved_name(topic.name()) ? 1 : 0;
}

void TopicTable::hold(TopicId id) noexcept { held_ += removed_.erase(topics_[id].removal_); }

void TopicTable::let_go(TopicId id) {
  if (removed_.emplace(topics_[id].removal_, id).second) --held_;
}

std::optional<TopicId> TopicTable::surplus() const noexcept {
  if (removed_.size() <= options_.limits.removed_topics_max) return std::nullopt;
  return removed_.begin()->second;
}

void TopicTable::forget(TopicId id) {
  const std::unique_ptr<Topic> topic = topics_.take(id);
  forgotten_through_ = std::max(forgotten_through_, revision_of(topic->committed()));
  removed_.erase(topic->removal_);
  index_.erase(index_.hash(topic->name()), static_cast<std::uint32_t>(id));
  free_.push_back(id);
}

std::uint64_t TopicTable::new_epoch() {
  for (;;) {
    // 0 is "no epoch".
    if (const std::uint64_t epoch = epochs_(); epoch != 0) return epoch;
  }
}

}  // namespace hoiku::broker
