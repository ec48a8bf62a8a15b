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

Topic::Applied CommitLog::apply(TopicId id, const Update& update, std::uint64_t revision) {
  Topic& topic = topics_[id];
  const std::size_t removed = value_bytes(topic);
  Topic::Applied applied = topic.apply(update, revision);
  values_bytes_ = values_bytes_ - removed + value_bytes(topic);
  return applied;
}

std::optional<Notice> CommitLog::submit(TopicWrites writes, std::uint64_t pending, Notice notice) {
  if (!writes.empty()) {
    // A commit that changes something comes after the one that an equal write of it waits for.
    push(std::move(writes)).notices.push_back(std::move(notice));
  } else if (pending != 0) {
    queue_.touch(pending, std::move(notice));
  } else {
    return notice;
  }
  return std::nullopt;
}

void CommitLog::write_internal(TopicWrites& writes, TopicId id, const ValueView& value, Quality quality,
                               const SharedText& writer, const std::optional<WallTime>& source_time) {
  static const std::optional<Version> any_version;
  const Update update{value, any_version, source_time, writer, now_.wall, quality};
  if (!topics_[id].check(update)) return;
  const Topic::Applied applied = apply(id, update, next_revision());
  if (applied.changed) writes.push_back(TopicWrite{id, applied.state});
}

void CommitLog::submit_internal(TopicWrites writes) {
  if (!writes.empty()) push(std::move(writes));
}

PendingCommit& CommitLog::push(TopicWrites writes) {
  Record& record = records_.emplace_back();
  record.sequence = next_revision();
  for (const TopicWrite& write : writes) record.transitions.push_back(write.state);
  return queue_.push(std::move(writes));
}

std::vector<Record> CommitLog::take_records() {
  std::vector<Record> next;
  next.reserve(records_.size());  // as many as now, probably
  return std::exchange(records_, std::move(next));
}

Few<State> CommitLog::commit(const PendingCommit& commit, TimePoint at) {
  Few<State> replaced;
  for (const TopicWrite& write : commit.writes) {
    Topic& topic = topics_[write.topic];
    replaced.push_back(topic.committed());
    topic.commit(write.state, at);
    if (replaced.back()) histories_.append(write.topic, replaced.back());
  }
  revision_ = commit.sequence;
  ++commits_;
  return replaced;
}

}  // namespace hoiku::broker
