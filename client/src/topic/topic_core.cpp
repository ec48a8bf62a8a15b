#include "hoiku/client/topic_core.hpp"

#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/client/broker_predicate.hpp"
#include "hoiku/client/errors.hpp"
#include "hoiku/client/topic_type.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::detail {

using client::BusCore;

bool is_set(const TransitionPtr& member) noexcept { return member && !member->value.is_null(); }

bool have_required(const Members& members, const std::vector<MemberUse>& uses) noexcept {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (uses[i].required == Required::set && !is_set(members[i])) return false;
    if (uses[i].required == Required::known && !members[i]) return false;
  }
  return true;
}

namespace {

// The coroutines of the verbs below.

Task<Version> set_value(TopicCore topic, Value next, SetOptions options) {
  BusCore& bus = *topic.bus();
  proto::Set command;
  command.topic = topic.name();
  command.value = std::move(next);
  command.if_version = options.if_version;
  command.source_time = options.source_time;
  BusCore::Pending pending(bus, std::move(command));
  co_await pending.wait();
  co_return pending.take<proto::SetDone>().version;
}

Task<TransitionPtr> get_state(TopicCore topic) {
  BusCore& bus = *topic.bus();
  proto::Get command;
  command.topic = topic.name();
  BusCore::Pending pending(bus, std::move(command));
  co_await pending.wait();
  co_return pending.take<proto::GetDone>().current;
}

Task<Version> update_value(TopicCore topic, std::function<Value(const Value&)> next_of) {
  for (;;) {
    const TransitionPtr current = co_await get_state(topic);
    Value next = next_of(current->value);
    try {
      const Version version = co_await set_value(topic, std::move(next), SetOptions::of(if_version(current->version)));
      co_return version;
    } catch (const VersionConflict&) {
      // Another writer was faster: retries with its value. One of the writers always succeeds.
    }
  }
}

Task<TransitionPtr> wait_for_state(TopicCore topic, std::optional<Predicate> predicate, Duration hold) {
  BusCore& bus = *topic.bus();
  const TimePoint until = co_await current_effective_deadline();
  proto::Wait command;
  command.topic = topic.name();
  command.predicate = std::move(predicate);
  command.hold = hold;
  BusCore::Pending pending(bus, std::move(command), until);
  co_await pending.wait_renewing();
  co_return pending.take<proto::WaitDone>().match;
}

}  // namespace

Task<Version> set_topic(TopicCore topic, Value next, SetOptions options) {
  topic.bus()->require_loop();
  return set_value(std::move(topic), std::move(next), std::move(options));
}

Task<Version> update_topic(TopicCore topic, std::function<Value(const Value&)> next_of) {
  topic.bus()->require_loop();
  return update_value(std::move(topic), std::move(next_of));
}

Task<TransitionPtr> get_topic(TopicCore topic) {
  topic.bus()->require_loop();
  return get_state(std::move(topic));
}

Task<TransitionPtr> wait_topic(TopicCore topic, std::optional<Predicate> predicate, Duration hold) {
  topic.bus()->require_loop();
  return wait_for_state(std::move(topic), std::move(predicate), hold);
}

void post_topic(const TopicCore& topic, Value next, const PostOptions& options) {
  topic.bus()->post(topic.name(), std::move(next), options);
}

Predicate resolve_locally(const Predicate& predicate, ValueType type, const MessageSchema* schema) {
  if (predicate.fields() > 0 && schema == nullptr) {
    throw Error(ErrorCode::invalid_predicate,
                text::quote(predicate.key()) +
                    " names fields: the client knows them only for a Topic of a Protobuf message "
                    "that is not lite");
  }
  auto read = predicate.resolved_for(type, schema);
  if (!read) client::throw_failure({0, read.failure(), std::nullopt});
  return *read;
}

Predicate fitting(const Predicate& predicate, ValueType type, const MessageSchema* schema) {
  const bool is_known_here = type != ValueType::null && (predicate.fields() == 0 || schema != nullptr);
  if (!is_known_here) return predicate;
  if (auto read = predicate.resolved_for(type, schema); !read) client::throw_failure({0, read.failure(), std::nullopt});
  return predicate;
}

void throw_out_of_range(const std::string& topic, std::string_view number, std::string_view wanted) {
  throw TypeMismatch("topic " + text::quote(topic) + ": " + std::string(number) + " does not fit into " +
                     std::string(wanted));
}

}  // namespace hoiku::detail

namespace hoiku {

void throw_type_mismatch(const std::string& topic, std::string_view wanted, const Value& has) {
  const auto* message = has.get_if<MessageBytes>();
  throw TypeMismatch("topic " + text::quote(topic) + " holds a " +
                     (message ? text::excerpt(message->type_name) : std::string(to_string(has.type()))) +
                     ", and is used here as a " + text::excerpt(wanted));
}

}  // namespace hoiku
