// own.cpp: what topics are declared to be, and whose they are: how a lease begins, and what becomes of its topic
// when it ends.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

// ---- Declarations

Result<void> Core::Rooms::check_declare(const proto::Declare& declare) const {
  if (declare.deadline) {
    if (auto checked = check_duration(*declare.deadline, "a deadline", limits); !checked)
      return about(declare.topic, checked.failure());
  }
  if (declare.history.value_or(1) < 1 || declare.history.value_or(1) > limits.declared_history_max) {
    return Failure{ErrorCode::invalid_argument, "topic " + text::quote(declare.topic) + " can keep from 1 to " +
                                                    std::to_string(limits.declared_history_max) + " transitions, not " +
                                                    std::to_string(*declare.history)};
  }
  if (declare.type == ValueType::message && declare.message_type.empty()) {
    return Failure{ErrorCode::invalid_argument,
                   "topic " + text::quote(declare.topic) + " is declared to hold messages: say of which type"};
  }
  if (auto checked = check_message_type(declare.message_type, limits); !checked)
    return about(declare.topic, checked.failure());
  return {};
}

void Core::Rooms::execute(Session& session, const proto::Declare& declare, Instant at) {
  if (!begin_request(session, declare.id)) return;
  const auto refuse = [&](Failure failure) { fail(session, declare.id, std::move(failure), Outbox::Of::request); };
  if (auto checked = check_declare(declare); !checked) return refuse(checked.failure());
  const auto found = find_to_write(declare.topic);
  if (!found) return refuse(found.failure());
  Topic& topic = topics[*found];
  const bool was_typed = topic.type() != ValueType::null;
  if (declare.type != ValueType::null) {
    if (auto declared = topic.declare_type(declare.type, declare.message_type); !declared) {
      refuse(declared.failure());
      return life.remove_if_unused(*found);
    }
  }
  declarations.declare(*found, declare.deadline, at.monotonic);
  if (declare.history) histories.keep(*found, static_cast<std::size_t>(*declare.history));
  if (!was_typed && topic.type() != ValueType::null) type_is_known(*found);
  session.answer(proto::Done{declare.id}, Outbox::Of::request);
}

// Predicates that waited for it can be read now.
void Core::Rooms::type_is_known(TopicId id) {
  const Topic& topic = topics[id];
  Effects effects;
  waits.type_is_known(id, WaitedTopic{content_type(topic, schemas), topic.visible(), topic.changed_at()},
                      effects.ended);
  requests.apply(std::move(effects));
}

// ---- Leases

Result<void> Core::Rooms::may_write(const Session& session, TopicId topic) const {
  const Lease* lease = leases.find(topic);
  if (lease == nullptr || lease->owner == session.id) return {};
  return Failure{ErrorCode::not_owner, "topic " + text::quote(topics[topic].name()) + " belongs to client " +
                                           text::quote(name_of(lease->owner)) + ": nobody else may write it"};
}

std::string Core::Rooms::name_of(SessionId id) const {
  const Session* session = sessions.find(id);
  return session != nullptr ? session->name : std::string();
}

// Whether the session may own the topic, as far as its present owner goes: one who may take over has to be thrown out yet.
Result<void> Core::Rooms::may_own(const Session& session, TopicId topic, bool take_over) const {
  const Lease* standing = leases.find(topic);
  if (standing == nullptr) return {};
  if (standing->owner == session.id) {
    return Failure{ErrorCode::invalid_argument,
                   "this client owns topic " + text::quote(topics[topic].name()) + " already"};
  }
  if (take_over) return {};
  return Failure{ErrorCode::not_owner, "topic " + text::quote(topics[topic].name()) + " belongs to client " +
                                           text::quote(name_of(standing->owner)) +
                                           ": wait until it lets go, or take it over"};
}

void Core::Rooms::execute(Session& session, const proto::Own& own, Instant at) {
  const auto refuse = [&](Failure failure) {
    if (begin_request(session, own.id)) fail(session, own.id, std::move(failure), Outbox::Of::request);
  };
  auto allowed = check_duration(own.lasting, "a lease", limits);
  if (!allowed) return refuse(about(own.topic, allowed.failure()));
  allowed = check_size(own.topic, own.last_will, limits);
  if (allowed) allowed = requests.check_quota(session, own.id, own.last_will.payload_bytes(), own.topic);
  if (!allowed) return refuse(allowed.failure());
  const auto found = find_to_write(own.topic);
  if (!found) return refuse(found.failure());
  Topic& topic = topics[*found];
  allowed = may_own(session, *found, own.take_over);
  if (allowed) allowed = topic.check_type(own.last_will);
  Lease* standing = leases.find(*found);
  // A will is a value in waiting: when it is executed nobody is asked any more.
  const std::size_t gone = standing != nullptr ? standing->last_will.payload_bytes() : 0;
  if (allowed) allowed = log.check_room(own.topic, own.last_will.payload_bytes(), gone);
  if (!allowed) {
    refuse(allowed.failure());
    return life.remove_if_unused(*found);
  }
  if (standing != nullptr) {
    requests.revoke(*standing,
                    "topic " + text::quote(own.topic) + " was taken over by client " + text::quote(session.name));
  }
  Lease& lease = session.requests.add(own.id, std::make_unique<Lease>(), own.last_will.payload_bytes());
  lease.owner = session.id;
  lease.id = own.id;
  lease.topic = *found;
  lease.last_will = own.last_will;
  leases.begin(lease, own.lasting.count() > 0 ? std::optional(at.monotonic + own.lasting) : std::nullopt);
  // The will has to fit when it is executed, so it decides the type of a topic that has none.
  if (topic.type() == ValueType::null && !own.last_will.is_null()) {
    topic.learn_type(own.last_will);
    type_is_known(*found);
  }
  session.answer(proto::Owned{own.id, version_of(topic.visible())}, Outbox::Of::reader);
}

void Core::Rooms::execute(Session& session, const proto::Release& release) {
  if (session.requests.find<Lease>(release.lease) != nullptr) requests.close(session, release.lease);
}

// ---- Deadlines

void Core::Rooms::mark_overdue_topics(TimePoint at) {
  while (const auto id = declarations.take_overdue(at)) {
    const State newest = topics[*id].newest();  // it is still needed when there is a newer one
    if (!newest || newest->value.is_null() || newest->quality != Quality::live) continue;
    TopicWrites writes;
    log.write_internal(writes, *id, newest->value, Quality::stale, newest->writer, newest->source_time);
    log.submit_internal(std::move(writes));
  }
}

}  // namespace hoiku::broker
