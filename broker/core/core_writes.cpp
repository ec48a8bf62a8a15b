// core_writes.cpp: how a write becomes a commit: may it be, on which topics, and what is said of it.
//
// Of several topics all are checked before the first is changed, so there is nothing to take back.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

template <class Written>  // a Set or a Write
Update update_of(const Written& write, const Session& session, Instant at) {
  return Update{write.value, write.if_version, write.source_time, session.name, at.wall};
}

}  // namespace

Result<void> Core::Rooms::check_size(const std::string& topic, const Value& value) const {
  const auto* message = value.get_if<MessageBytes>();
  const std::size_t bytes = value.payload_bytes() + (message != nullptr ? message->type_name.size() : 0);
  if (bytes <= limits.value_bytes_max) return {};
  return Failure{ErrorCode::too_large, "the value for " + quoted(topic) + " has more than " +
                                           std::to_string(limits.value_bytes_max) + " bytes"};
}

// The topic, made where it is not there yet: then it is to be dropped again where nothing is written.
Result<TopicId> Core::Rooms::find_to_write(const std::string& name) {
  const bool is_reserved = is_reserved_name(name);
  if (const auto found = topics.find(name); found && !is_reserved) return *found;
  if (auto checked = check_topic_name(name, limits); !checked) return checked.failure();
  if (is_reserved) {
    return Failure{ErrorCode::permission_denied, "topic " + quoted(name) + " is the broker's own: it is read-only"};
  }
  return find_or_create(name);
}

void Core::Rooms::execute(Session& session, const proto::Set& set, Instant at) {
  if (!begin_request(session, set.id)) return;
  const auto refuse = [&](Failure failure, std::optional<Version> current = {}) {
    fail(session, set.id, std::move(failure), Outbox::Of::request, current);
  };
  if (auto checked = check_size(set.topic, set.value); !checked) return refuse(checked.failure());
  const auto found = find_to_write(set.topic);
  if (!found) return refuse(found.failure());
  Topic& topic = topics[*found];
  const std::uint64_t sequence = commits.next_sequence();
  auto applied = topic.apply(update_of(set, session, at), sequence);
  if (!applied) {
    const bool is_conflict = applied.failure().code == ErrorCode::version_conflict;
    refuse(applied.failure(), is_conflict ? std::optional(version_of(topic.newest())) : std::nullopt);
    return drop_if_unused(*found);
  }
  const State& state = applied->state;
  const std::uint64_t made_at = state ? state->revision : 0;
  Notice notice{session.id, proto::SetDone{set.id, version_of(state), made_at, applied->changed}};
  if (applied->changed) {
    records.push_back(Record{sequence, {state}});
    commits.push({Change{*found, state}}, std::move(notice));
  } else if (topic.is_pending()) {
    // Nobody may learn from an answer what is not in the log yet.
    commits.touch(made_at, std::move(notice));
  } else {
    tell(std::move(notice));
    drop_if_unused(*found);
  }
}

void Core::Rooms::execute(Session& session, const proto::Commit& commit, Instant at) {
  if (!begin_request(session, commit.id)) return;
  std::vector<TopicId> written;
  auto refused = check_commit(session, commit, written, at);
  if (refused) {
    session.outbox.answer(std::move(*refused), Outbox::Of::request);
    wake(session);
  } else {
    apply_commit(session, commit, written, at);
  }
  for (const TopicId topic : written) drop_if_unused(topic);
}

// Why it can't be, or nothing, and then the topics in the order of the writes.
std::optional<proto::Failed> Core::Rooms::check_commit(const Session& session, const proto::Commit& commit,
                                                       std::vector<TopicId>& written, Instant at) {
  const auto refused = [&](Failure failure) { return proto::Failed{commit.id, std::move(failure), std::nullopt}; };
  if (commit.writes.empty()) return refused({ErrorCode::invalid_argument, "a commit writes at least one topic"});
  if (commit.writes.size() > limits.commit_topics_max) {
    return refused({ErrorCode::limit_exceeded, "a commit writes at most " + std::to_string(limits.commit_topics_max) +
                                                   " topics, and this one " + std::to_string(commit.writes.size())});
  }
  for (const proto::Write& write : commit.writes) {
    if (auto checked = check_size(write.topic, write.value); !checked) return refused(checked.failure());
    const auto topic = find_to_write(write.topic);
    if (!topic) return refused(topic.failure());
    if (std::find(written.begin(), written.end(), *topic) != written.end()) {
      return refused({ErrorCode::invalid_argument, "topic " + quoted(write.topic) + " stands twice in one commit"});
    }
    written.push_back(*topic);
  }
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Topic& topic = topics[written[i]];
    const auto checked = topic.check(update_of(commit.writes[i], session, at));
    if (checked) continue;
    proto::Failed failed = refused(checked.failure());
    if (failed.failure.code == ErrorCode::version_conflict) failed.current = version_of(topic.newest());
    return failed;
  }
  return std::nullopt;
}

void Core::Rooms::apply_commit(const Session& session, const proto::Commit& commit, const std::vector<TopicId>& written,
                               Instant at) {
  const std::uint64_t sequence = commits.next_sequence();
  proto::CommitDone done;
  done.id = commit.id;
  Record record{sequence, {}};
  Changes changes;
  std::uint64_t pending = 0;  // the newest commit on its way that a write equals
  for (std::size_t i = 0; i < written.size(); ++i) {
    Topic& topic = topics[written[i]];
    const Topic::Applied applied = *topic.apply(update_of(commit.writes[i], session, at), sequence);
    const std::uint64_t made_at = applied.state ? applied.state->revision : 0;
    done.written.push_back({version_of(applied.state), applied.changed});
    done.revision = std::max(done.revision, made_at);
    if (applied.changed) {
      record.transitions.push_back(applied.state);
      changes.push_back(Change{written[i], applied.state});
    } else if (topic.is_pending()) {
      pending = std::max(pending, made_at);
    }
  }
  Notice notice{session.id, std::move(done)};
  if (!changes.empty()) {
    // It comes after whatever the unchanged ones wait for.
    records.push_back(std::move(record));
    commits.push(std::move(changes), std::move(notice));
  } else if (pending != 0) {
    commits.touch(pending, std::move(notice));
  } else {
    tell(std::move(notice));
  }
}

}  // namespace hoiku::broker
