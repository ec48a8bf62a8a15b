#include "broker/core/sessions/request_life.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "broker/core/checks.hpp"
#include "broker/core/readers/catch_up.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

Result<void> RequestLife::check_quota(const Session& session, proto::RequestId id, std::size_t bytes,
                                      std::string_view name) const {
  const auto refused = [&](ErrorCode code, std::string why) { return about(name, {code, std::move(why)}); };
  if (session.requests.contains(id)) {
    return refused(ErrorCode::protocol_violation,
                   "the session already has an open request " + std::to_string(id) + ": choose another id");
  }
  // Unacknowledged answers count too, so that they cannot pile up.
  if (session.requests.size() + session.outbox.reader_answers() >= limits_.subscriptions_per_session_max) {
    return refused(
        ErrorCode::limit_exceeded,
        "a session has at most " + std::to_string(limits_.subscriptions_per_session_max) + " subscriptions and waits");
  }
  if (bytes > limits_.open_request_bytes_max || session.requests.bytes() > limits_.open_request_bytes_max - bytes) {
    return refused(ErrorCode::limit_exceeded,
                   "the predicates and last wills of a session together exceed the limit of " +
                       std::to_string(limits_.open_request_bytes_max) + " bytes");
  }
  return {};
}

Result<TopicId> RequestLife::find_or_create(std::string_view name) {
  Effects effects;
  auto topic = life_.find_or_create(name, effects);
  apply(std::move(effects));
  return topic;
}

// ---- Ends

void RequestLife::close(Session& session, proto::RequestId id) {
  Effects effects;
  std::vector<Lease*> ending;
  session.requests.visit(id, [&](auto& request) { detach(session, request, ending, effects.released); });
  execute_wills(ending, session.name, effects.released);
  session.requests.remove(id);
  apply(std::move(effects));
}

Effects RequestLife::close_all(Session& session) {
  Effects effects;
  std::vector<Lease*> ending;
  session.scanning.clear();
  session.requests.visit_all([&](auto& request) { detach(session, request, ending, effects.released); });
  // Sorts leases by id, so that the same calls give the same commit.
  std::sort(ending.begin(), ending.end(), [](const Lease* a, const Lease* b) { return a->id < b->id; });
  execute_wills(ending, session.name, effects.released);
  while (!session.declared.empty()) {
    effects.released.push_back(*session.declared.begin());
    life_.withdraw(session, effects.released.back());
  }
  return effects;
}

// detach() takes a request out of the tables that know it. A lease only joins `ending`: all wills are executed
// together.

void RequestLife::detach(Session& session, Subscription& subscription, Ending&, Released& released) {
  session.outbox.remove(subscription);
  std::erase(session.scanning, &subscription);
  subscriptions_.close(subscription, released);
}

void RequestLife::detach(Session&, Wait& wait, Ending&, Released& released) {
  released.push_back(wait.topic);
  waits_.cancel(wait);
}

void RequestLife::detach(Session&, const PostponedWait& wait, Ending&, Released& released) {
  pins_.unpin(wait.topic);
  released.push_back(wait.topic);
}

void RequestLife::detach(Session&, Lease& lease, Ending& ending, Released&) { ending.push_back(&lease); }

void RequestLife::fail(Subscription& subscription, Failure failure) {
  Session& session = *sessions_.find(subscription.options().owner);
  const proto::RequestId id = subscription.options().id;
  close(session, id);
  session.answer(proto::Failed{id, std::move(failure), {}}, AnswerBudget::reader);
}

void RequestLife::revoke(Lease& lease, std::string why) {
  Session& session = *sessions_.find(lease.owner);
  const proto::RequestId id = lease.id;
  end(lease);
  session.requests.remove(id);
  session.answer(proto::Failed{id, {ErrorCode::not_owner, std::move(why)}, {}}, AnswerBudget::reader);
}

void RequestLife::expire_leases(TimePoint now) {
  while (Lease* lease = leases_.take_expired(now)) {
    Session& session = *sessions_.find(lease->owner);
    const proto::RequestId id = lease->id;
    std::string why = "the lease on topic " + text::quote(topics_[lease->topic].name()) + " has expired";
    Effects effects;
    execute_wills({lease}, session.name, effects.released);
    session.requests.remove(id);
    session.answer(proto::Failed{id, {ErrorCode::not_owner, std::move(why)}, {}}, AnswerBudget::reader);
    apply(std::move(effects));
  }
}

void RequestLife::expire_waits(TimePoint now) {
  while (const Wait* wait = waits_.take_expired(now)) close(*sessions_.find(wait->owner), wait->id);
}

void RequestLife::end(Lease& lease) noexcept {
  leases_.end(lease);
  topics_[lease.topic].end_last_will();
}

// Sets the topics of these leases to their last wills, as one commit.
void RequestLife::execute_wills(const std::vector<Lease*>& ending, const SharedText& writer,
                                std::vector<TopicId>& released) {
  if (ending.empty()) return;  // nor ends the commit of a caller
  for (Lease* lease : ending) {
    end(*lease);
    released.push_back(lease->topic);
    log_.write_internal(lease->topic, lease->last_will, Quality::orphaned, writer);
  }
  log_.end_commit();
}

// ---- Effects

void RequestLife::apply(Effects effects) {
  if (effects.empty()) return;
  for (const SessionId id : effects.woken) sessions_.find(id)->wake();
  for (const WaitEnd& end : effects.ended) {
    // Another wait may be about the same topic, so the topic stays until all are answered.
    effects.released.push_back(end.wait->topic);
    answer(end, effects.replaced);
  }
  fail_refused(std::move(effects.refused));
  for (const TopicId topic : effects.released) life_.remove_if_unused(topic);
}

void RequestLife::answer(const WaitEnd& end, const State& replaced) {
  Session& session = *sessions_.find(end.wait->owner);
  const proto::RequestId id = end.wait->id;
  const Topic& topic = topics_[end.wait->topic];
  if (end.failure) {
    session.answer(proto::Failed{id, about(topic.name(), *end.failure), {}}, AnswerBudget::reader);
  } else if (end.wait->on_transition) {
    session.answer(proto::TransitionDone{id, topic.committed()->transition(), value_of(replaced)},
                   AnswerBudget::reader);
  } else {
    session.answer(proto::WaitDone{id, topic.committed()->transition()}, AnswerBudget::reader);
  }
  session.requests.remove(id);
}

void RequestLife::fail_refused(std::vector<RefusedSubscription> refused) {
  // Several topics may have been created at once. Serial numbers give an order that does not depend on addresses.
  const auto serial = [](const RefusedSubscription& one) { return Subscriptions::serial_of(*one.subscription); };
  std::stable_sort(refused.begin(), refused.end(), [&](const auto& a, const auto& b) { return serial(a) < serial(b); });
  const Subscription* failed = nullptr;
  for (const RefusedSubscription& one : refused) {
    if (one.subscription == failed) continue;
    failed = one.subscription;
    fail(*one.subscription, about(one.subscription->options().pattern, one.failure));
  }
}

void RequestLife::fail_all(const std::vector<FailedSubscription>& failed) {
  for (const FailedSubscription& one : failed) {
    const Session* session = sessions_.find(one.owner);
    if (session == nullptr) continue;
    Subscription* subscription = session->requests.find<Subscription>(one.id);
    if (subscription == nullptr) continue;
    fail(*subscription, about(name_of(*subscription, topics_), one.failure));
  }
}

}  // namespace hoiku::broker
