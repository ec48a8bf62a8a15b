#include "broker/core/topics/commit_log.hpp"

#include <utility>

#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

std::size_t value_bytes(const Topic& topic) noexcept { return topic.pending() ? topic.pending()->payload_bytes() : 0; }

Result<void> CommitLog::check_room(const std::string& topic, std::size_t added, std::size_t removed) const {
  if (added <= removed || values_bytes_ + leases_.will_bytes() - removed + added <= limits_.values_bytes_max) return {};
  return Failure{ErrorCode::limit_exceeded, "with the value for topic " + text::quote(topic) +
                                                " all values and last wills together exceed the limit of " +
                                                std::to_string(limits_.values_bytes_max) + " bytes"};
}

Topic::Applied CommitLog::apply(TopicId id, const Update& update) {
  Topic& topic = topics_[id];
  const std::size_t removed = value_bytes(topic);
  Topic::Applied applied = topic.apply(update, next_revision());
  if (!applied.changed) return applied;
  values_bytes_ = values_bytes_ - removed + applied.state->payload_bytes();
  if (!queue_.is_begun()) records_.emplace_back().sequence = next_revision();
  records_.back().transitions.push_back(applied.state);
  queue_.add(id, applied.state);
  return applied;
}

void CommitLog::write_internal(TopicId id, const ValueView& value, Quality quality, const SharedText& writer,
                               const std::optional<WallTime>& source_time) {
  static const std::optional<Version> any_version;
  const Update update{value, any_version, source_time, writer, now_.wall, quality};
  if (topics_[id].check(update)) apply(id, update);
}

std::vector<Record> CommitLog::take_records() {
  std::vector<Record> next;
  next.reserve(records_.size());  // as many as now, probably
  return std::exchange(records_, std::move(next));
}

State CommitLog::commit(const PendingWrite& write, TimePoint at) {
  Topic& topic = topics_[write.topic];
  State replaced = topic.committed();
  topic.commit(write.state, at);
  if (replaced) histories_.append(write.topic, replaced);
  return replaced;
}

void CommitLog::committed(std::uint64_t revision) noexcept {
  revision_ = revision;
  ++commits_;
}

}  // namespace hoiku::broker
