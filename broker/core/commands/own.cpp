#include "broker/core/commands/own.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "broker/core/checks.hpp"
#include "broker/core/sessions/reply.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

// ---- Declarations

Result<void> OwnCommands::check(const proto::Declare& command) const {
  if (command.deadline) {
    if (auto checked = check_duration(*command.deadline, "a deadline", limits_); !checked)
      return about(command.topic, checked.failure());
  }
  if (command.history.value_or(1) < 1 || command.history.value_or(1) > limits_.declared_history_max) {
    return Failure{ErrorCode::invalid_argument, "topic " + text::quote(command.topic) + " can keep from 1 to " +
                                                    std::to_string(limits_.declared_history_max) +
                                                    " transitions, not " + std::to_string(*command.history)};
  }
  if (command.type == ValueType::message && command.message_type.empty()) {
    return Failure{ErrorCode::invalid_argument,
                   "topic " + text::quote(command.topic) + " is declared to hold messages: name their type"};
  }
  if (auto checked = check_message_type(command.message_type, limits_); !checked)
    return about(command.topic, checked.failure());
  return {};
}

void OwnCommands::execute(Session& session, const proto::Declare& command, Instant now) {
  Reply reply(session, command.id);
  if (!reply.is_open()) return;
  if (auto checked = check(command); !checked) return reply.fail(checked.failure());
  const auto found = access_.find_or_create_writable(command.topic);
  if (!found) return reply.fail(found.failure());
  if (auto declared = declare(session, command, *found, now); !declared) {
    reply.fail(declared.failure());
    return life_.remove_if_unused(*found);
  }
  reply.done(proto::Done{command.id});
}

void OwnCommands::execute(Session& session, const proto::Undeclare& command) {
  Reply reply(session, command.id);
  if (!reply.is_open()) return;
  const auto found = access_.find_writable(command.topic);
  if (!found) return reply.fail(found.failure());
  if (*found) {
    if (auto undeclared = undeclare(session, **found); !undeclared) return reply.fail(undeclared.failure());
  }
  reply.done(proto::Done{command.id});
}

Result<void> OwnCommands::undeclare(Session& session, TopicId id) {
  const bool has_declared = session.declared.contains(id);
  life_.withdraw(session, id);
  const auto& declarers = declarations_.declarers(id);
  if (declarers.empty()) {
    if (declarations_.contains(id)) life_.undeclare(id);
    life_.remove_if_unused(id);
  } else if (!has_declared) {
    return Failure{ErrorCode::not_owner, "topic " + text::quote(topics_[id].name()) + " is declared by client " +
                                             access_.name_of(declarers.front()) +
                                             ", whose session is open: only that client takes it back"};
  }
  return {};
}

Result<void> OwnCommands::declare(Session& session, const proto::Declare& command, TopicId id, Instant now) {
  if (!session.declared.contains(id) && session.declared.size() >= limits_.declarations_per_session_max) {
    return Failure{ErrorCode::limit_exceeded, "topic " + text::quote(command.topic) +
                                                  " cannot be declared: a session declares at most " +
                                                  std::to_string(limits_.declarations_per_session_max) + " topics"};
  }
  Topic& topic = topics_[id];
  const bool was_typed = topic.type().type != ValueType::null;
  if (command.type != ValueType::null) {
    if (auto declared = topic.declare_type(command.type, command.message_type); !declared) return declared;
  }
  declarations_.declare(id, session.id, command.deadline, now.monotonic);
  session.declared.insert(id);
  if (command.history) histories_.keep(id, static_cast<std::size_t>(*command.history));
  if (!was_typed && topic.type().type != ValueType::null) on_type_known(id);
  return {};
}

// Resolves the predicates that waited for the topic's type.
void OwnCommands::on_type_known(TopicId id) {
  const Topic& topic = topics_[id];
  Effects effects;
  waits_.on_type_known(id, WaitedTopic{content_type(topic, schemas_), topic.committed(), topic.changed_at()},
                       effects.ended);
  requests_.apply(std::move(effects));
}

void OwnCommands::mark_stale_topics(TimePoint now) {
  while (const auto id = declarations_.take_overdue(now)) {
    const State pending = topics_[*id].pending();  // keeps its value and writer alive while it is replaced
    if (!pending || pending->is_unset() || pending->quality() != Quality::live) continue;
    log_.write_internal(*id, pending->view(), Quality::stale, pending->writer_text(), pending->source_time());
    log_.end_commit();
  }
}

// ---- Leases

Result<void> OwnCommands::check(const Session& session, const proto::Own& command) const {
  if (auto checked = check_duration(command.lasting, "a lease", limits_); !checked)
    return about(command.topic, checked.failure());
  if (auto checked = check_value(command.topic, command.last_will, limits_); !checked) return checked;
  return requests_.check_quota(session, command.id, command.last_will.payload_bytes(), command.topic);
}

void OwnCommands::execute(Session& session, const proto::Own& command, Instant now) {
  const auto refuse = [&](Failure failure) { Reply(session, command.id).fail(std::move(failure)); };
  if (auto checked = check(session, command); !checked) return refuse(checked.failure());
  const auto found = access_.find_or_create_writable(command.topic);
  if (!found) return refuse(found.failure());
  if (auto checked = check_lease(session, command, *found); !checked) {
    refuse(checked.failure());
    return life_.remove_if_unused(*found);
  }
  begin_lease(session, command, *found, now);
}

// Checks that the session may own the topic, and that its last will fits: the will is executed later without a check.
Result<void> OwnCommands::check_lease(const Session& session, const proto::Own& command, TopicId id) const {
  auto allowed = access_.check_own(session, id, command.take_over);
  if (allowed) allowed = topics_[id].check_last_will(command.last_will);
  if (!allowed) return allowed;
  const Lease* revoked = leases_.find(id);
  const std::size_t removed = revoked != nullptr ? revoked->last_will.payload_bytes() : 0;
  return log_.check_room(command.topic, command.last_will.payload_bytes(), removed);
}

void OwnCommands::begin_lease(Session& session, const proto::Own& command, TopicId id, Instant now) {
  if (Lease* existing = leases_.find(id)) {
    const std::string taker = text::quote(session.name.text());
    requests_.revoke(*existing, "topic " + text::quote(command.topic) + " was taken over by client " + taker);
  }
  const std::size_t will_bytes = command.last_will.payload_bytes();
  Lease& lease = session.requests.add(command.id, std::make_unique<Lease>(), will_bytes);
  lease.owner = session.id;
  lease.id = command.id;
  lease.topic = id;
  lease.last_will = command.last_will;
  leases_.begin(lease, command.lasting.count() > 0 ? std::optional(now.monotonic + command.lasting) : std::nullopt);
  Topic& topic = topics_[id];
  const bool was_typed = topic.type().type != ValueType::null;
  topic.begin_last_will(command.last_will);
  if (!was_typed && topic.type().type != ValueType::null) on_type_known(id);
  session.answer(proto::Owned{command.id, version_of(topic.committed())}, AnswerBudget::reader);
}

void OwnCommands::execute(Session& session, const proto::Release& command) {
  if (session.requests.find<Lease>(command.lease) != nullptr) requests_.close(session, command.lease);
}

}  // namespace hoiku::broker
