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
  const SingleWrite write{command.id, command.topic, command.is_post, update_of(command, session, now)};
  this->write(session, reply, write, access_.find_writable(command.topic), now);
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

void WriteCommands::execute(Session& session, const proto::Sets& command, Instant now) {
  static const std::optional<Version> any_version;
  static const std::optional<WallTime> no_time;
  for (const proto::Sets::Name& name : command.names) give_number(session, name);
  command.for_each([&](proto::RequestId id, std::uint32_t number, const ValueView& value) {
    Reply reply(session, id, command.is_post);
    if (!reply.is_open()) return !session.overrun;
    NumberedTopic* topic = session.topic_numbers.find(number);
    if (topic == nullptr) {
      reply.fail(
          {ErrorCode::invalid_argument, "no topic has the number " + std::to_string(number) + " in this session"});
      return true;
    }
    const bool is_known =
        topic->epoch != 0 && topics_.contains(topic->id) && topics_[topic->id].epoch() == topic->epoch;
    const std::string& name = topic->name.text();
    const auto found = is_known ? Result<std::optional<TopicId>>(topic->id) : access_.find_writable(name);
    const SingleWrite write{id, name, command.is_post,
                            Update{value, any_version, no_time, session.name, now.wall, Quality::live}};
    const auto written = this->write(session, reply, write, found, now);
    // (The topic is gone again, if the write unset it.)
    if (!is_known && written && topics_.contains(*written)) *topic = numbered_topic(*written);
    return true;
  });
}

// Writes one topic, as a commit of its own. `found`: the topic, if it exists. Returns the topic, if it is written.
std::optional<TopicId> WriteCommands::write(Session& session, Reply& reply, const SingleWrite& write,
                                            const Result<std::optional<TopicId>>& found, Instant now) {
  const auto refuse = [&](Failure failure, std::optional<Version> current = {}) {
    reply.fail(std::move(failure), current);
    return std::nullopt;
  };
  const ValueView& value = write.update.value;
  if (auto checked = check_value(write.topic, value, limits_); !checked) return refuse(checked.failure());
  if (!found) return refuse(found.failure());
  if (auto refused = check_write(session, *found, write.topic, write.update))
    return refuse(std::move(refused->failure), refused->current);
  const std::size_t removed = *found ? value_bytes(topics_[**found]) : 0;
  if (auto room = log_.check_room(write.topic, value.payload_bytes(), removed); !room) return refuse(room.failure());
  const auto id = *found ? Result<TopicId>(**found) : requests_.find_or_create(write.topic);
  if (!id) return refuse(id.failure());

  const Topic::Applied applied = log_.apply(*id, write.update, log_.next_revision());
  declarations_.touched(*id, now.monotonic);
  const State& state = applied.state;
  TopicWrites writes;
  if (applied.changed) writes.push_back(TopicWrite{*id, state});
  const std::uint64_t pending = topics_[*id].is_pending() ? revision_of(state) : 0;
  const std::uint64_t post_in = write.is_post ? session.received.last() : 0;
  if (const auto at_once =
          log_.submit(std::move(writes), pending, {session.id, write.id, post_in, state, applied.changed, nullptr})) {
    reply.done(at_once->answer());
  } else if (write.is_post) {
    session.posts.begin(post_in);
  }
  life_.remove_if_unused(*id);
  return *id;
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
    const Topic::Applied applied = log_.apply(topics[i], update_of(command.writes[i], session, now), revision);
    declarations_.touched(topics[i], now.monotonic);
    done.written.push_back({version_of(applied.state), applied.changed});
    done.revision = std::max(done.revision, revision_of(applied.state));
    if (applied.changed) {
      writes.push_back(TopicWrite{topics[i], applied.state});
    } else if (topics_[topics[i]].is_pending()) {
      pending = std::max(pending, revision_of(applied.state));
    }
  }
  Notice notice{session.id, command.id, 0, nullptr, false, std::make_shared<const proto::CommitDone>(std::move(done))};
  if (const auto at_once = log_.submit(std::move(writes), pending, std::move(notice))) reply.done(at_once->answer());
}

}  // namespace hoiku::broker
