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

// What the writer has to know, where it has lost to another one.
std::optional<Version> current_in_conflict(const Failure& failure, const Topic& topic) {
  if (failure.code != ErrorCode::version_conflict) return std::nullopt;
  return version_of(topic.newest());
}

}  // namespace

Result<void> Core::Rooms::check_size(const std::string& topic, const Value& value) const {
  if (const auto* message = value.get_if<MessageBytes>()) {
    if (auto checked = check_message_type(message->type_name, limits); !checked) return about(topic, checked.failure());
  }
  if (value.payload_bytes() <= limits.value_bytes_max) return {};
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
  if (auto allowed = may_write(session, *found); !allowed) return refuse(allowed.failure());
  Topic& topic = topics[*found];
  const std::uint64_t sequence = commits.next_sequence();
  auto applied = topic.apply(update_of(set, session, at), sequence);
  if (!applied) {
    refuse(applied.failure(), current_in_conflict(applied.failure(), topic));
    return drop_if_unused(*found);
  }
  declarations.touched(*found, at.monotonic);
  const State& state = applied->state;
  Changes changes;
  if (applied->changed) changes.push_back(Change{*found, state});
  put_on_its_way(std::move(changes), topic.is_pending() ? revision_of(state) : 0,
                 {session.id, proto::SetDone{set.id, version_of(state), revision_of(state), applied->changed}});
  drop_if_unused(*found);
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
    if (auto allowed = may_write(session, written[i]); !allowed) return refused(allowed.failure());
    const Topic& topic = topics[written[i]];
    const auto checked = topic.check(update_of(commit.writes[i], session, at));
    if (checked) continue;
    return proto::Failed{commit.id, checked.failure(), current_in_conflict(checked.failure(), topic)};
  }
  return std::nullopt;
}

void Core::Rooms::apply_commit(const Session& session, const proto::Commit& commit, const std::vector<TopicId>& written,
                               Instant at) {
  const std::uint64_t sequence = commits.next_sequence();
  proto::CommitDone done;
  done.id = commit.id;
  Changes changes;
  std::uint64_t pending = 0;  // the newest commit on its way that a write equals
  for (std::size_t i = 0; i < written.size(); ++i) {
    Topic& topic = topics[written[i]];
    const Topic::Applied applied = *topic.apply(update_of(commit.writes[i], session, at), sequence);
    declarations.touched(written[i], at.monotonic);
    done.written.push_back({version_of(applied.state), applied.changed});
    done.revision = std::max(done.revision, revision_of(applied.state));
    if (applied.changed) {
      changes.push_back(Change{written[i], applied.state});
    } else if (topic.is_pending()) {
      pending = std::max(pending, revision_of(applied.state));
    }
  }
  put_on_its_way(std::move(changes), pending, {session.id, std::move(done)});
}

// The next commit. Where nothing has changed, what is said waits for the commit `pending` (0: for none), since nobody may
// learn from an answer what is not in the log yet; a commit that changes something comes after that anyway.
void Core::Rooms::put_on_its_way(Changes changes, std::uint64_t pending, Notice notice) {
  if (!changes.empty()) {
    put_on_its_way(std::move(changes), std::move(notice));
  } else if (pending != 0) {
    commits.touch(pending, std::move(notice));
  } else {
    tell(std::move(notice));
  }
}

// What nobody asked for: the topic becomes `next`, and where that is a change it is added to `changes`.
void Core::Rooms::write_own(Changes& changes, TopicId id, const Value& next, Quality quality, const std::string& writer,
                            const std::optional<WallTime>& source_time) {
  static const std::optional<Version> any_version;
  const Update update{next, any_version, source_time, writer, wall, quality};
  const auto applied = topics[id].apply(update, commits.next_sequence());
  if (applied && applied->changed) changes.push_back(Change{id, applied->state});
}

void Core::Rooms::commit_own(Changes changes) {
  if (!changes.empty()) put_on_its_way(std::move(changes));
}

void Core::Rooms::put_on_its_way(Changes changes, std::optional<Notice> notice) {
  Record record{commits.next_sequence(), {}};
  for (const Change& change : changes) record.transitions.push_back(change.state);
  records.push_back(std::move(record));
  commits.push(std::move(changes), std::move(notice));
}

}  // namespace hoiku::broker
