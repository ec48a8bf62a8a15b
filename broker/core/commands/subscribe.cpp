#include "broker/core/commands/subscribe.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "broker/core/checks.hpp"
#include "broker/core/sessions/reply.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

bool is_pattern(const proto::Subscribe& command) {
  return command.topics.size() == 1 && !is_plain_name(command.topics.front());
}

}  // namespace

// ---- Validation

Result<void> SubscribeCommands::check(const proto::Subscribe& command) const {
  if (auto checked = check_names(command); !checked) return checked;
  auto checked = check_filter_and_interval(command);
  return checked ? checked : about(command.topics.front(), checked.failure());
}

Result<void> SubscribeCommands::check_names(const proto::Subscribe& command) const {
  const auto& names = command.topics;
  if (names.empty()) return Failure{ErrorCode::invalid_argument, "a subscription needs at least one topic or pattern"};
  if (names.size() == 1) return check_topic_pattern(names.front(), limits_);
  const auto refused = [&](ErrorCode code, std::string why) { return about(names.front(), {code, std::move(why)}); };
  if (command.mode == proto::Mode::every)
    return refused(ErrorCode::invalid_argument, "a composite supports the mode `latest` only");
  if (names.size() > limits_.composite_topics_max) {
    return refused(ErrorCode::limit_exceeded,
                   "a composite has at most " + std::to_string(limits_.composite_topics_max) + " topics");
  }
  for (const std::string& name : names) {
    if (auto checked = check_topic_name(name, limits_); !checked) return checked;
  }
  return {};
}

Result<void> SubscribeCommands::check_filter_and_interval(const proto::Subscribe& command) const {
  const bool is_composite = command.topics.size() > 1;
  if (command.filter && is_composite) {
    return Failure{ErrorCode::invalid_argument,
                   "a composite cannot have a filter: it shows all its topics at one revision"};
  }
  if (command.interval.count() != 0 && (is_composite || command.mode == proto::Mode::every)) {
    return Failure{ErrorCode::invalid_argument,
                   "a maximum rate skips states: only readers in the mode `latest` that are not composites support it"};
  }
  if (auto checked = check_duration(command.interval, "an interval", limits_); !checked) return checked;
  if (command.filter) return command.filter->check(limits_);
  return {};
}

// ---- Commands

void SubscribeCommands::execute(Session& session, const proto::Subscribe& command) {
  auto allowed = check(command);
  if (allowed) allowed = requests_.check_quota(session, command.id, kept_bytes(command.filter), command.topics.front());
  if (!allowed) return Reply(session, command.id).fail(allowed.failure());

  for (const std::string& name : command.topics) broker_topics_.requested(name);
  SubscriptionOptions options = options_of(session, command);
  // A filtered reader that resumes searches the topic's history for states that passed: later, if the budget is spent.
  const bool searches_history =
      options.filter != nullptr && options.mode == proto::Mode::latest && options.resume_after;
  const bool scans = is_pattern(command) || (searches_history && budget_.is_spent());
  if (scans) options.pattern = command.topics.front();
  Subscription& subscription =
      session.requests.add(command.id, std::make_unique<Subscription>(std::move(options), session.outbox.queue()),
                           kept_bytes(command.filter));
  if (scans) {
    scan_.begin(session, subscription);
  } else {
    subscriptions_.open(subscription);
    scan_.attach(session, subscription, command.topics);
  }
  session.wake();
}

SubscriptionOptions SubscribeCommands::options_of(const Session& session, const proto::Subscribe& command) {
  SubscriptionOptions options;
  options.owner = session.id;
  options.id = command.id;
  options.kind = is_pattern(command)          ? SubscriptionKind::pattern
                 : command.topics.size() == 1 ? SubscriptionKind::plain
                                              : SubscriptionKind::composite;
  options.mode = command.mode;
  if (can_resume(command)) {
    // Named topics are always sent, so only a pattern depends on the removed topics that the table remembers.
    options.is_whole = is_pattern(command) && !topics_.remembers(command.resume->revision);
    // A whole snapshot has the present states. A reader of earlier ones as well goes on where it was.
    if (!options.is_whole || command.mode == Mode::every || command.filter)
      options.resume_after = command.resume->revision;
  }
  options.opened_at = log_.revision();
  if (command.filter) options.filter = &subscriptions_.acquire_filter(*command.filter);
  options.interval = command.interval;
  options.credit = limits_.credit_transitions;
  options.unread = command.unread;
  return options;
}

bool SubscribeCommands::can_resume(const proto::Subscribe& command) const {
  return command.resume && command.resume->instance_id == instance_id_ && command.resume->revision <= log_.revision();
}

void SubscribeCommands::execute(Session& session, const proto::Unsubscribe& command) {
  if (session.requests.find<Subscription>(command.subscription) != nullptr)
    requests_.close(session, command.subscription);
}

void SubscribeCommands::execute(Session& session, const proto::Renew& command) {
  Subscription* subscription = session.requests.find<Subscription>(command.subscription);
  if (subscription == nullptr || subscription->options().mode != proto::Mode::every) return;
  if (subscription->backlog().renew(command.taken)) session.wake();
}

}  // namespace hoiku::broker
