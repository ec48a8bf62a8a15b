#include "broker/core/topics/topic_table.hpp"

#include <string>
#include <utility>

#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

TopicTable::TopicTable(const TopicTableOptions& options)
    : options_(options), epochs_(options.epoch_seed), index_(epochs_()) {}

std::optional<TopicId> TopicTable::find(std::string_view name) const {
  const auto number = index_.find(index_.hash(name),
                                  [&](std::uint32_t candidate) { return topics_[TopicId{candidate}].name() == name; });
  if (!number) return std::nullopt;
  return TopicId{*number};
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
  return place(std::make_unique<Topic>(std::string(name), new_epoch()));
}

TopicId TopicTable::place(std::unique_ptr<Topic> topic) {
  TopicId id{topics_.end()};
  if (!free_.empty()) {
    id = free_.back();
    free_.pop_back();
  }
  index_.insert(index_.hash(topic->name()), static_cast<std::uint32_t>(id));
  reserved_ += is_reserved_name(topic->name()) ? 1 : 0;
  topics_.insert(id, std::move(topic));
  return id;
}

void TopicTable::remove(TopicId id) {
  const std::unique_ptr<Topic> topic = topics_.take(id);
  index_.erase(index_.hash(topic->name()), static_cast<std::uint32_t>(id));
  free_.push_back(id);
  reserved_ -= is_reserved_name(topic->name()) ? 1 : 0;
  if (!topic->committed()) return;  // never set: no reader has a state of it
  removed_.push_back(topic->committed());
  if (removed_.size() > options_.limits.removed_topics_max) {
    discarded_through_ = std::max(discarded_through_, removed_.front()->revision);
    removed_.pop_front();
  }
}

TopicId TopicTable::restore(std::size_t position) {
  State state = std::move(removed_[position]);
  removed_.erase(removed_.begin() + static_cast<std::ptrdiff_t>(position));
  return place(std::make_unique<Topic>(std::move(state)));
}

std::uint64_t TopicTable::new_epoch() {
  for (;;) {
    // 0 is "no epoch".
    if (const std::uint64_t epoch = epochs_(); epoch != 0) return epoch;
  }
}

}  // namespace hoiku::broker
