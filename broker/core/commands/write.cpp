// write.cpp: how a write becomes a commit: may it be, on which topics, and what is said of it.
//
// Of several topics all are checked before the first is changed, so there is nothing to take back.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

template <class Written>  // a Set or a Write
Update update_of(const Written& write, const Session& session, Instant at) {
  return Update{write.value, write.if_version, write.source_time, session.name, at.wall};
}

std::size_t value_bytes(const Topic& topic) { return topic.newest() ? topic.newest()->value.payload_bytes() : 0; }

}  // namespace

// Of all topics together, and of what they become when leases end, once values of `added` bytes have come for others of `gone`.
// What gets no larger is always taken.
Result<void> Core::Rooms::check_room(const std::string& topic, std::size_t added, std::size_t gone) const {
  if (added <= gone || values_bytes + leases.will_bytes() - gone + added <= limits.values_bytes_max) return {};
  return Failure{ErrorCode::limit_exceeded, "there is no room for the value of " + text::quote(topic) +
                                                ": those of all topics take at most " +
                                                std::to_string(limits.values_bytes_max) + " bytes together"};
}

Result<Topic::Applied> Core::Rooms::apply(TopicId id, const Update& update, std::uint64_t sequence) {
  Topic& topic = topics[id];
  const std::size_t gone = value_bytes(topic);
  auto applied = topic.apply(update, sequence);
  values_bytes = values_bytes - gone + value_bytes(topic);
  return applied;
}

// The topic; nothing where there is none and one can be made.
Result<std::optional<TopicId>> Core::Rooms::find_writable(const std::string& name) const {
  const bool is_reserved = is_reserved_name(name);
  if (const auto found = topics.find(name); found && !is_reserved) return found;
  if (auto checked = check_topic_name(name, limits); !checked) return checked.failure();
  if (is_reserved) {
    return Failure{ErrorCode::permission_denied,
                   "topic " + text::quote(name) + " is the broker's own: it is read-only"};
  }
  return std::optional<TopicId>();
}

// The topic, made where it is not there yet: then it is to be dropped again where nothing is written.
Result<TopicId> Core::Rooms::find_to_write(const std::string& name) {
  const auto found = find_writable(name);
  return found ? made_to_write(*found, name) : Result<TopicId>(found.failure());
}

// What find_writable() has said of it, made where it is not there yet.
Result<TopicId> Core::Rooms::made_to_write(std::optional<TopicId> known, const std::string& name) {
  return known ? Result<TopicId>(*known) : find_or_create(name);
}

// Why the session may not write that; `known`: nothing where the topic is not there yet. What it has done wrong itself is said
// before that there is no room.
std::optional<Core::Rooms::RefusedWrite> Core::Rooms::check_write(const Session& session, std::optional<TopicId> known,
                                                                  const std::string& name, const Update& update) const {
  if (known) {
    if (auto allowed = may_write(session, *known); !allowed) return RefusedWrite{allowed.failure(), std::nullopt};
  }
  const auto refused_by = [&](const Topic& topic) -> std::optional<RefusedWrite> {
    const auto checked = topic.check(update);
    if (checked) return std::nullopt;
    RefusedWrite refused{checked.failure(), std::nullopt};
    // Who has lost to another writer has to know to which state.
    if (refused.failure.code == ErrorCode::version_conflict) refused.current = version_of(topic.newest());
    return refused;
  };
  return known ? refused_by(topics[*known]) : refused_by(Topic(name, 0));  // as one that was never set
}

void Core::Rooms::execute(Session& session, const proto::Set& set, Instant at) {
  if (!begin_request(session, set.id)) return;
  const auto refuse = [&](Failure failure, std::optional<Version> current = {}) {
    fail(session, set.id, std::move(failure), Outbox::Of::request, current);
  };
  if (auto checked = check_size(set.topic, set.value, limits); !checked) return refuse(checked.failure());
  const auto known = find_writable(set.topic);
  if (!known) return refuse(known.failure());
  const Update update = update_of(set, session, at);
  if (auto refused = check_write(session, *known, set.topic, update))
    return refuse(std::move(refused->failure), refused->current);
  const std::size_t gone = *known ? value_bytes(topics[**known]) : 0;
  if (auto room = check_room(set.topic, set.value.payload_bytes(), gone); !room) return refuse(room.failure());
  const auto id = made_to_write(*known, set.topic);
  if (!id) return refuse(id.failure());
  const Topic::Applied applied = *apply(*id, update, commits.next_sequence());
  declarations.touched(*id, at.monotonic);
  const State& state = applied.state;
  Changes changes;
  if (applied.changed) changes.push_back(Change{*id, state});
  put_on_its_way(std::move(changes), topics[*id].is_pending() ? revision_of(state) : 0,
                 {session.id, proto::SetDone{set.id, version_of(state), revision_of(state), applied.changed}});
  drop_if_unused(*id);
}

void Core::Rooms::execute(Session& session, const proto::Commit& commit, Instant at) {
  if (!begin_request(session, commit.id)) return;
  std::vector<std::optional<TopicId>> known;
  if (auto refused = check_commit(session, commit, known, at)) {
    return session.answer(std::move(*refused), Outbox::Of::request);
  }
  std::vector<Subscription*> overfull;
  const std::vector<TopicId> written = make_the_unknown(commit, known, overfull);
  apply_commit(session, commit, written, at);
  fail_overfull(std::move(overfull));
  for (const TopicId topic : written) drop_if_unused(topic);
}

// Why it can't be; or nothing, and then what there is of its topics, in the order of the writes.
std::optional<proto::Failed> Core::Rooms::check_commit(const Session& session, const proto::Commit& commit,
                                                       std::vector<std::optional<TopicId>>& known, Instant at) const {
  const auto refused = [&](Failure failure) { return proto::Failed{commit.id, std::move(failure), std::nullopt}; };
  const auto& writes = commit.writes;
  if (writes.empty()) return refused({ErrorCode::invalid_argument, "a commit writes at least one topic"});
  if (writes.size() > limits.commit_topics_max) {
    return refused({ErrorCode::limit_exceeded, "a commit writes at most " + std::to_string(limits.commit_topics_max) +
                                                   " topics, and this one " + std::to_string(writes.size())});
  }
  std::size_t added = 0;
  std::size_t gone = 0;
  std::size_t unknown = 0;
  std::size_t largest = 0;  // the value that has most bytes, which an error names
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const std::string& name = writes[i].topic;
    if (auto checked = check_size(name, writes[i].value, limits); !checked) return refused(checked.failure());
    const auto found = find_writable(name);
    if (!found) return refused(found.failure());
    const auto is_it = [&](const proto::Write& other) { return other.topic == name; };
    if (std::any_of(writes.begin(), writes.begin() + static_cast<std::ptrdiff_t>(i), is_it)) {
      return refused({ErrorCode::invalid_argument, "topic " + text::quote(name) + " stands twice in one commit"});
    }
    known.push_back(*found);
    unknown += *found ? 0 : 1;
    added += writes[i].value.payload_bytes();
    gone += *found ? value_bytes(topics[**found]) : 0;
    if (writes[i].value.payload_bytes() > writes[largest].value.payload_bytes()) largest = i;
  }
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (auto wrong = check_write(session, known[i], writes[i].topic, update_of(writes[i], session, at)))
      return proto::Failed{commit.id, std::move(wrong->failure), wrong->current};
  }
  if (unknown > 0) {
    const auto first = static_cast<std::size_t>(std::find(known.begin(), known.end(), std::nullopt) - known.begin());
    if (auto room = topics.check_room(writes[first].topic, unknown); !room) return refused(room.failure());
  }
  if (auto room = check_room(writes[largest].topic, added, gone); !room) return refused(room.failure());
  return std::nullopt;
}

// All its topics, in the order of the writes. Who reads too many by that is not thrown out before they are written: that would
// take them away again.
std::vector<TopicId> Core::Rooms::make_the_unknown(const proto::Commit& commit,
                                                   const std::vector<std::optional<TopicId>>& known,
                                                   std::vector<Subscription*>& overfull) {
  std::vector<TopicId> written;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i]) {
      written.push_back(*known[i]);
      continue;
    }
    written.push_back(*topics.create(commit.writes[i].topic));
    subscriptions.topic_created(written.back(), commit.writes[i].topic, 0, overfull);
  }
  return written;
}

void Core::Rooms::apply_commit(const Session& session, const proto::Commit& commit, const std::vector<TopicId>& written,
                               Instant at) {
  const std::uint64_t sequence = commits.next_sequence();
  proto::CommitDone done;
  done.id = commit.id;
  Changes changes;
  std::uint64_t pending = 0;  // the newest commit on its way that a write equals
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Topic::Applied applied = *apply(written[i], update_of(commit.writes[i], session, at), sequence);
    declarations.touched(written[i], at.monotonic);
    done.written.push_back({version_of(applied.state), applied.changed});
    done.revision = std::max(done.revision, revision_of(applied.state));
    if (applied.changed) {
      changes.push_back(Change{written[i], applied.state});
    } else if (topics[written[i]].is_pending()) {
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
  const auto applied = apply(id, update, commits.next_sequence());
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
