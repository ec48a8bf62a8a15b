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
  Reply reply(session, command.id, command.is_post);
  if (!reply.is_open()) return;
  write_by_name(session, reply, {command.id, command.topic, command.is_post, update_of(command, session, now)}, now);
}

NumberedTopic WriteCommands::numbered_topic(TopicId id) const {
  const Topic& topic = topics_[id];
  return {topic.name_text(), id, topic.epoch()};
}

// A text that no topic may have as its name keeps its beginning: writes are refused as those of the whole.
void WriteCommands::give_number(Session& session, const proto::Sets::Name& name) {
  NumberedTopic numbered;
  const auto found = access_.find_writable(name.topic);
  if (found && *found) {
    numbered = numbered_topic(**found);
  } else {
    numbered.name = SharedText(name.topic.substr(0, limits_.topic_name_bytes_max + 1));
  }
  session.topic_numbers.give(name.number, std::move(numbered));
}

std::size_t WriteCommands::execute(Session& session, const proto::Sets& command, std::size_t first, Instant now) {
  if (first == 0) {
    for (const proto::Sets::Name& name : command.names) give_number(session, name);
    input_.spend(command.names.size() * steps_of_command);
  }
  std::size_t next = first;
  const bool is_whole = command.for_each(
      [&](proto::RequestId id, std::uint32_t number, const ValueView& value) {
        if (next > first && input_.is_piece_over()) return false;
        const std::uint64_t matched = subscriptions_.match_steps();
        write_by_number(session, id, number, value, command, now);
        input_.spend(steps_of_command + static_cast<std::size_t>(subscriptions_.match_steps() - matched));
        ++next;
        return !session.overrun;
      },
      first);
  return is_whole ? next : command.size();  // the decoder refuses what is no value; nothing can be read behind it
}

// One write of a Sets.
void WriteCommands::write_by_number(Session& session, proto::RequestId id, std::uint32_t number, const ValueView& value,
                                    const proto::Sets& command, Instant now) {
  static const std::optional<Version> any_version;
  static const std::optional<WallTime> no_time;
  Reply reply(session, id, command.is_post);
  if (!reply.is_open()) return;
  NumberedTopic* topic = session.topic_numbers.find(number);
  if (topic == nullptr) {
    return reply.fail(
        {ErrorCode::invalid_argument, "no topic has the number " + std::to_string(number) + " in this session"});
  }
  const bool is_known = topic->epoch != 0 && topics_.contains(topic->id) && topics_[topic->id].epoch() == topic->epoch;
  const SingleWrite write{id, topic->name.text(), command.is_post,
                          Update{value, any_version, no_time, session.name, now.wall, Quality::live}};
  if (is_known) {
    if (check_value_of(write, reply)) this->write(session, reply, write, topic->id, now);
    return;
  }
  const auto written = write_by_name(session, reply, write, now);
  // (The topic is gone again, if the write unset it.)
  if (written && topics_.contains(*written)) *topic = numbered_topic(*written);
}

// The readers and waits of the topic will work for the commit of its write.
void WriteCommands::spend_on(TopicId topic) {
  input_.spend(subscriptions_.standing_work(topic) + waits_.standing_work(topic));
}

// False: the write is refused.
bool WriteCommands::check_value_of(const SingleWrite& write, Reply& reply) const {
  auto checked = check_value(write.topic, write.update.value, limits_);
  if (!checked) reply.fail(checked.failure());
  return static_cast<bool>(checked);
}

std::optional<TopicId> WriteCommands::write_by_name(Session& session, Reply& reply, const SingleWrite& write,
                                                    Instant now) {
  if (!check_value_of(write, reply)) return std::nullopt;
  const auto found = access_.find_writable(write.topic);
  if (found) return this->write(session, reply, write, *found, now);
  reply.fail(found.failure());
  return std::nullopt;
}

// Writes one topic, as a commit of its own; `found`, if it exists. Returns the topic, if it is written.
std::optional<TopicId> WriteCommands::write(Session& session, Reply& reply, const SingleWrite& write,
                                            std::optional<TopicId> found, Instant now) {
  if (auto refused = check_write(session, found, write.topic, write.update)) {
    reply.fail(std::move(refused->failure), refused->current);
    return std::nullopt;
  }
  const std::size_t removed = found ? value_bytes(topics_[*found]) : 0;
  if (auto room = log_.check_room(write.topic, write.update.value.payload_bytes(), removed); !room) {
    reply.fail(room.failure());
    return std::nullopt;
  }
  if (!found) {
    const auto created = requests_.find_or_create(write.topic);
    if (!created) {
      reply.fail(created.failure());
      return std::nullopt;
    }
    found = *created;
  }

  const TopicId id = *found;
  const Topic::Applied applied = log_.apply(id, write.update);
  if (applied.changed) {
    log_.end_commit();
    spend_on(id);
  }
  declarations_.touched(id, now.monotonic);
  if (!topics_[id].is_pending()) {
    reply.done(proto::SetDone{write.id, version_of(applied.state), revision_of(applied.state), false});
  } else if (write.is_post) {
    const std::uint64_t frame = session.received.last();
    session.posts.begin(frame, log_.await_post(session.id, frame));
  } else {
    log_.await({0, session.id, 0, write.id, applied.state, applied.changed, nullptr});
  }
  if (!is_set(applied.state)) life_.remove_if_unused(id);
  return id;
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
    if (topics_[*topic].surely_takes(update)) return std::nullopt;
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
  proto::CommitDone done;
  done.id = command.id;
  bool is_pending = false;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const Topic::Applied applied = log_.apply(topics[i], update_of(command.writes[i], session, now));
    declarations_.touched(topics[i], now.monotonic);
    if (applied.changed) spend_on(topics[i]);
    done.written.push_back({version_of(applied.state), applied.changed});
    done.revision = std::max(done.revision, revision_of(applied.state));
    is_pending = is_pending || topics_[topics[i]].is_pending();
  }
  log_.end_commit();
  if (!is_pending) return reply.done(std::move(done));
  auto shared = std::make_shared<const proto::CommitDone>(std::move(done));
  log_.await({0, session.id, 0, command.id, nullptr, false, std::move(shared)});
}

}  // namespace hoiku::broker
