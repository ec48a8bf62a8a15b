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

}  // namespace

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
  return known ? Result<TopicId>(*known) : requests.find_or_create(name);
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
  if (auto room = log.check_room(set.topic, set.value.payload_bytes(), gone); !room) return refuse(room.failure());
  const auto id = made_to_write(*known, set.topic);
  if (!id) return refuse(id.failure());
  const Topic::Applied applied = *log.apply(*id, update, log.next_revision());
  declarations.touched(*id, at.monotonic);
  const State& state = applied.state;
  TopicWrites writes;
  if (applied.changed) writes.push_back(TopicWrite{*id, state});
  submit(std::move(writes), topics[*id].is_pending() ? revision_of(state) : 0,
         {session.id, proto::SetDone{set.id, version_of(state), revision_of(state), applied.changed}});
  life.remove_if_unused(*id);
}

void Core::Rooms::execute(Session& session, const proto::Commit& commit, Instant at) {
  if (!begin_request(session, commit.id)) return;
  std::vector<std::optional<TopicId>> known;
  if (auto refused = check_commit(session, commit, known, at)) {
    return session.answer(std::move(*refused), Outbox::Of::request);
  }
  Effects effects;
  const std::vector<TopicId> written = make_the_unknown(commit, known, effects.overfull);
  apply_commit(session, commit, written, at);
  effects.released = written;
  requests.apply(std::move(effects));
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
  if (auto room = log.check_room(writes[largest].topic, added, gone); !room) return refused(room.failure());
  return std::nullopt;
}

// All its topics, in the order of the writes. Who reads too many by that is not thrown out before they are written: that would
// take them away again.
std::vector<TopicId> Core::Rooms::make_the_unknown(const proto::Commit& commit,
                                                   const std::vector<std::optional<TopicId>>& known,
                                                   std::vector<Subscription*>& overfull) {
  std::vector<TopicId> written;
  for (std::size_t i = 0; i < known.size(); ++i) {
    written.push_back(known[i] ? *known[i] : *life.find_or_create(commit.writes[i].topic, overfull));
  }
  return written;
}

void Core::Rooms::apply_commit(const Session& session, const proto::Commit& commit, const std::vector<TopicId>& written,
                               Instant at) {
  const std::uint64_t revision = log.next_revision();
  proto::CommitDone done;
  done.id = commit.id;
  TopicWrites writes;
  std::uint64_t pending = 0;  // the newest commit on its way that a write equals
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Topic::Applied applied = *log.apply(written[i], update_of(commit.writes[i], session, at), revision);
    declarations.touched(written[i], at.monotonic);
    done.written.push_back({version_of(applied.state), applied.changed});
    done.revision = std::max(done.revision, revision_of(applied.state));
    if (applied.changed) {
      writes.push_back(TopicWrite{written[i], applied.state});
    } else if (topics[written[i]].is_pending()) {
      pending = std::max(pending, revision_of(applied.state));
    }
  }
  submit(std::move(writes), pending, {session.id, std::move(done)});
}

void Core::Rooms::submit(TopicWrites writes, std::uint64_t pending, Notice notice) {
  if (auto answer_now = log.submit(std::move(writes), pending, std::move(notice))) tell(std::move(*answer_now));
}

}  // namespace hoiku::broker
