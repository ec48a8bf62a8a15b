#include "broker/core/commands/write.hpp"

#include <algorithm>
#include <utility>

#include "broker/core/checks.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

template <class Written>  // a Set or a Write
Update update_of(const Written& write, const Session& session, Instant now) {
  return Update{write.value, write.if_version, write.source_time, session.name, now.wall};
}

}  // namespace

void WriteCommands::execute(Session& session, const proto::Set& command, Instant now) {
  Reply reply(session, command);
  if (!reply.is_open()) return;
  if (auto checked = check_value(command.topic, command.value, limits_); !checked) return reply.fail(checked.failure());
  const auto found = access_.find_writable(command.topic);
  if (!found) return reply.fail(found.failure());
  const Update update = update_of(command, session, now);
  if (auto refused = check_write(session, *found, command.topic, update))
    return reply.fail(std::move(refused->failure), refused->current);
  const std::size_t removed = *found ? value_bytes(topics_[**found]) : 0;
  if (auto room = log_.check_room(command.topic, command.value.payload_bytes(), removed); !room)
    return reply.fail(room.failure());
  const auto id = *found ? Result<TopicId>(**found) : requests_.find_or_create(command.topic);
  if (!id) return reply.fail(id.failure());

  const Topic::Applied applied = *log_.apply(*id, update, log_.next_revision());
  declarations_.touched(*id, now.monotonic);
  const State& state = applied.state;
  TopicWrites writes;
  if (applied.changed) writes.push_back(TopicWrite{*id, state});
  proto::SetDone done{command.id, version_of(state), revision_of(state), applied.changed};
  const std::uint64_t pending = topics_[*id].is_pending() ? revision_of(state) : 0;
  const std::uint64_t post_in = command.is_post ? session.received.last() : 0;
  if (auto at_once = log_.submit(std::move(writes), pending, {session.id, std::move(done), post_in})) {
    reply.done(std::move(at_once->answer));
  } else if (command.is_post) {
    session.posts.begin(post_in);
  }
  life_.remove_if_unused(*id);
}

void WriteCommands::execute(Session& session, const proto::Commit& command, Instant now) {
  Reply reply(session, command.id);
  if (!reply.is_open()) return;
  const auto found = find_topics(command);
  if (!found) return reply.fail(found.failure());
  for (std::size_t i = 0; i < command.writes.size(); ++i) {
    const proto::TopicWrite& write = command.writes[i];
    if (auto refused = check_write(session, (*found)[i], write.topic, update_of(write, session, now)))
      return reply.fail(std::move(refused->failure), refused->current);
  }
  if (auto room = check_room(command, *found); !room) return reply.fail(room.failure());

  // A pattern that now reads too many topics fails after the writes: closing it earlier would remove the new topics.
  Effects effects;
  effects.released = create_missing_topics(command, *found, effects);
  apply(session, command, effects.released, now, reply);
  requests_.apply(std::move(effects));
}

// Why the session may not write the topic, or not this value. The caller checks the limits afterwards, so a mistake of
// the writer is reported first.
std::optional<WriteCommands::Refusal> WriteCommands::check_write(const Session& session, std::optional<TopicId> topic,
                                                                 const std::string& name, const Update& update) const {
  if (topic) {
    if (auto allowed = access_.check_write(session, *topic); !allowed) return Refusal{allowed.failure(), std::nullopt};
  }
  const auto refused_by = [&](const Topic& written) -> std::optional<Refusal> {
    const auto checked = written.check(update);
    if (checked) return std::nullopt;
    Refusal refused{checked.failure(), std::nullopt};
    // The writer learns the version that it lost against.
    if (refused.failure.code == ErrorCode::version_conflict) refused.current = version_of(written.pending());
    return refused;
  };
  if (!topic) topic = topics_.find_removed(name);
  return topic ? refused_by(topics_[*topic]) : refused_by(Topic(name, 0));  // a topic that was never set
}

Result<WriteCommands::Found> WriteCommands::find_topics(const proto::Commit& command) const {
  const auto& writes = command.writes;
  if (writes.empty()) return Failure{ErrorCode::invalid_argument, "a commit writes at least one topic"};
  if (writes.size() > limits_.commit_topics_max) {
    return Failure{ErrorCode::limit_exceeded, "a commit writes at most " + std::to_string(limits_.commit_topics_max) +
                                                  " topics; this one writes " + std::to_string(writes.size())};
  }
  Found found;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const std::string& name = writes[i].topic;
    if (auto checked = check_value(name, writes[i].value, limits_); !checked) return checked.failure();
    const auto topic = access_.find_writable(name);
    if (!topic) return topic.failure();
    const auto is_same = [&](const proto::TopicWrite& other) { return other.topic == name; };
    if (std::any_of(writes.begin(), writes.begin() + static_cast<std::ptrdiff_t>(i), is_same)) {
      return Failure{ErrorCode::invalid_argument, "topic " + text::quote(name) + " appears twice in one commit"};
    }
    found.push_back(*topic);
  }
  return found;
}

// Checks the limits of topics and of values. An error names the first missing topic, or the topic of the largest value.
Result<void> WriteCommands::check_room(const proto::Commit& command, const Found& found) const {
  std::size_t added = 0;
  std::size_t removed = 0;
  const proto::TopicWrite* largest = nullptr;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const proto::TopicWrite& write = command.writes[i];
    added += write.value.payload_bytes();
    removed += found[i] ? value_bytes(topics_[*found[i]]) : 0;
    if (largest == nullptr || write.value.payload_bytes() > largest->value.payload_bytes()) largest = &write;
  }
  const auto missing = std::count(found.begin(), found.end(), std::nullopt);
  if (missing > 0) {
    const auto first = static_cast<std::size_t>(std::find(found.begin(), found.end(), std::nullopt) - found.begin());
    auto room = topics_.check_room(command.writes[first].topic, static_cast<std::size_t>(missing));
    if (!room) return room;
  }
  return log_.check_room(largest->topic, added, removed);
}

// Returns all topics of the commit, in the order of its writes.
std::vector<TopicId> WriteCommands::create_missing_topics(const proto::Commit& command, const Found& found,
                                                          Effects& effects) {
  std::vector<TopicId> topics;
  for (std::size_t i = 0; i < found.size(); ++i) {
    topics.push_back(found[i] ? *found[i] : *life_.find_or_create(command.writes[i].topic, effects));
  }
  return topics;
}

void WriteCommands::apply(const Session& session, const proto::Commit& command, const std::vector<TopicId>& topics,
                          Instant now, Reply& reply) {
  const std::uint64_t revision = log_.next_revision();
  proto::CommitDone done;
  done.id = command.id;
  TopicWrites writes;
  std::uint64_t pending = 0;  // the last pending commit whose state a write equals
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const Topic::Applied applied = *log_.apply(topics[i], update_of(command.writes[i], session, now), revision);
    declarations_.touched(topics[i], now.monotonic);
    done.written.push_back({version_of(applied.state), applied.changed});
    done.revision = std::max(done.revision, revision_of(applied.state));
    if (applied.changed) {
      writes.push_back(TopicWrite{topics[i], applied.state});
    } else if (topics_[topics[i]].is_pending()) {
      pending = std::max(pending, revision_of(applied.state));
    }
  }
  if (auto at_once = log_.submit(std::move(writes), pending, {session.id, std::move(done)}))
    reply.done(std::move(at_once->answer));
}

}  // namespace hoiku::broker
