// subscribe.cpp: what each command does, and with which error it is refused.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

void Core::Rooms::execute(Session& session, const proto::Command& command, Instant at) {
  if (const auto* set = std::get_if<proto::Set>(&command)) return write_commands.execute(session, *set, at);
  if (const auto* get = std::get_if<proto::Get>(&command)) return list_commands.execute(session, *get);
  if (const auto* subscribe = std::get_if<proto::Subscribe>(&command)) return execute(session, *subscribe);
  if (const auto* unsubscribe = std::get_if<proto::Unsubscribe>(&command)) return execute(session, *unsubscribe);
  if (const auto* renew = std::get_if<proto::Renew>(&command)) return execute(session, *renew);
  if (const auto* wait = std::get_if<proto::Wait>(&command)) return execute(session, *wait, at);
  if (const auto* wait = std::get_if<proto::WaitTransition>(&command)) return execute(session, *wait, at);
  if (const auto* cancel = std::get_if<proto::CancelWait>(&command)) return execute(session, *cancel);
  if (const auto* list = std::get_if<proto::List>(&command)) return list_commands.execute(session, *list);
  if (const auto* commit = std::get_if<proto::Commit>(&command)) return write_commands.execute(session, *commit, at);
  if (const auto* declare = std::get_if<proto::Declare>(&command)) return own_commands.execute(session, *declare, at);
  if (const auto* own = std::get_if<proto::Own>(&command)) return own_commands.execute(session, *own, at);
  if (const auto* release = std::get_if<proto::Release>(&command)) return own_commands.execute(session, *release);
  if (const auto* schema = std::get_if<proto::RegisterSchema>(&command))
    return schema_commands.execute(session, *schema);
  if (const auto* schema = std::get_if<proto::GetSchema>(&command)) return schema_commands.execute(session, *schema);
  if (const auto* readers = std::get_if<proto::ListReaders>(&command)) return list_commands.execute(session, *readers);
}

// ---- Requests with one answer

// Beyond the limit a request is answered with an error, which is itself in flight; beyond twice the limit nobody can be
// there who reads answers, and the session ends.
bool Core::Rooms::begin_request(Session& session, proto::RequestId id) {
  const std::size_t in_flight = session.outbox.requests_in_flight();
  if (in_flight < limits.requests_in_flight_max) {
    session.outbox.begin_request();
    return true;
  }
  if (in_flight >= 2 * limits.requests_in_flight_max) {
    session.overrun = true;
    return false;
  }
  session.outbox.begin_request();
  fail(session, id,
       {ErrorCode::limit_exceeded,
        "there are " + std::to_string(in_flight) + " requests in flight: await some answers first"},
       Outbox::Of::request);
  return false;
}

void Core::Rooms::fail(Session& session, proto::RequestId id, Failure failure, Outbox::Of of,
                       std::optional<Version> at) {
  session.answer(proto::Failed{id, std::move(failure), at}, of);
}

// ---- Readers

// Of a subscription's filter and interval.
Result<void> Core::Rooms::check_choice(const proto::Subscribe& subscribe) const {
  const bool is_composite = subscribe.topics.size() > 1;
  if (subscribe.filter && is_composite) {
    return Failure{ErrorCode::invalid_argument,
                   "a composite shows all its topics as they were at one moment: it takes no filter"};
  }
  if (subscribe.interval.count() != 0 && (is_composite || subscribe.mode == proto::Mode::every)) {
    return Failure{ErrorCode::invalid_argument,
                   "a maximum rate leaves states out: it is for `latest`, and not for composites"};
  }
  if (auto checked = check_duration(subscribe.interval, "an interval", limits); !checked) return checked;
  if (subscribe.filter) return subscribe.filter->check(limits);
  return {};
}

// Whether a filter is one for what the topic holds, where that is known.
Result<void> Core::Rooms::check_filter(Filter& filter, TopicId id) const {
  const Topic& topic = topics[id];
  return topic.type() == ValueType::null ? Result<void>() : filter.fits(content_type(topic, schemas), topic.name());
}

Result<void> Core::Rooms::check_subscribe(const proto::Subscribe& subscribe) const {
  if (auto checked = check_names(subscribe); !checked) return checked;
  auto checked = check_choice(subscribe);
  return checked ? checked : about(subscribe.topics.front(), checked.failure());
}

Result<void> Core::Rooms::check_names(const proto::Subscribe& subscribe) const {
  const auto& names = subscribe.topics;
  if (names.empty()) return Failure{ErrorCode::invalid_argument, "a subscription names a topic or a pattern"};
  if (names.size() == 1) return check_topic_pattern(names.front(), limits);
  const auto refused = [&](ErrorCode code, std::string why) { return about(names.front(), {code, std::move(why)}); };
  if (subscribe.mode == proto::Mode::every)
    return refused(ErrorCode::invalid_argument, "a composite shows the newest states: it is never `every`");
  if (names.size() > limits.composite_topics_max) {
    return refused(ErrorCode::limit_exceeded,
                   "a composite has at most " + std::to_string(limits.composite_topics_max) + " topics");
  }
  for (const std::string& name : names) {
    if (auto checked = check_topic_name(name, limits); !checked) return checked;
  }
  return {};
}

void Core::Rooms::execute(Session& session, const proto::Subscribe& subscribe) {
  auto allowed = check_subscribe(subscribe);
  if (allowed)
    allowed = requests.check_quota(session, subscribe.id, kept_bytes(subscribe.filter), subscribe.topics.front());
  if (!allowed) {
    // A refusal needs no room among the subscriptions, but it is an answer.
    if (begin_request(session, subscribe.id)) fail(session, subscribe.id, allowed.failure(), Outbox::Of::request);
    return;
  }
  for (const std::string& name : subscribe.topics) broker_topics.requested(name);
  Subscription& subscription =
      session.requests.add(subscribe.id, std::make_unique<Subscription>(), kept_bytes(subscribe.filter));
  subscription.owner = session.id;
  subscription.id = subscribe.id;
  subscription.queue = &session.outbox.queue();
  subscription.opened_at = log.revision();
  subscription.mode = subscribe.mode;
  if (subscribe.filter) subscription.filter = &subscriptions.acquire_filter(*subscribe.filter);
  subscription.interval = subscribe.interval;
  subscription.turn.subscription = &subscription;
  subscription.credit = limits.credit_transitions;
  const bool is_pattern = subscribe.topics.size() == 1 && !is_plain_name(subscribe.topics.front());
  if (subscribe.resume && subscribe.resume->run == options.run && subscribe.resume->revision <= log.revision()) {
    // Named topics are always told, so only a pattern depends on what is remembered of removed ones.
    if (!is_pattern || topics.remembers(subscribe.resume->revision)) {
      subscription.resume_after = subscribe.resume->revision;
    }
  }
  if (is_pattern) {
    subscription.kind = SubscriptionKind::pattern;
    subscription.pattern = subscribe.topics.front();
    start_scan(session, subscription);
  } else {
    subscription.kind = subscribe.topics.size() == 1 ? SubscriptionKind::plain : SubscriptionKind::composite;
    // What passed while its reader was away is looked for in the topic's history: where this turn has looked at enough, in
    // a later one.
    const bool looks_back =
        subscription.filter != nullptr && subscription.mode == proto::Mode::latest && subscription.resume_after;
    if (looks_back && budget.is_spent()) {
      subscription.pattern = subscribe.topics.front();
      start_scan(session, subscription);
    } else {
      subscriptions.open(subscription);
      attach_names(session, subscription, subscribe.topics);
    }
  }
  session.wake();
}

void Core::Rooms::attach_names(Session& session, Subscription& subscription, const std::vector<std::string>& names) {
  std::uint16_t member = 0;
  for (const std::string& name : names) {
    const auto id = requests.find_or_create(name);
    if (!id) return requests.fail(subscription, id.failure());
    // A reader that was away knows the state unless it changed since; that a topic is gone it cannot know.
    const State& visible = topics[*id].visible();
    const bool is_known = subscription.resume_after && visible && visible->revision <= *subscription.resume_after;
    Result<void> attached;
    if (subscription.filter != nullptr) attached = check_filter(*subscription.filter, *id);
    if (attached) attached = catch_up.attach(subscription, *id, member++, !is_known);
    if (!attached) {
      life.remove_if_unused(*id);
      return requests.fail(subscription, attached.failure());
    }
  }
  if (subscription.is_snapshot_complete()) session.outbox.snapshot_ended(subscription);
}

void Core::Rooms::start_scan(Session& session, Subscription& subscription) {
  subscription.scanning = true;
  subscriptions.open(subscription);
  session.scanning.push_back(&subscription);
}

void Core::Rooms::execute(Session& session, const proto::Unsubscribe& unsubscribe) {
  if (session.requests.find<Subscription>(unsubscribe.subscription) != nullptr)
    requests.close(session, unsubscribe.subscription);
}

void Core::Rooms::execute(Session& session, const proto::Renew& renew) {
  Subscription* found = session.requests.find<Subscription>(renew.subscription);
  if (found == nullptr || found->mode != proto::Mode::every || renew.taken <= found->taken) return;
  Subscription& subscription = *found;
  // Nobody can have taken more than was sent.
  const std::uint64_t taken =
      std::min(renew.taken - subscription.taken, limits.credit_transitions - subscription.credit);
  subscription.taken += taken;
  subscription.credit += taken;
  if (queue_turn(subscription)) session.wake();
}

}  // namespace hoiku::broker
