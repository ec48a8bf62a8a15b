// topic_scan.hpp: attaches subscriptions to their topics: named ones at once, those that a pattern matches piece by
// piece.
//
// Promises   a subscription meets every topic that matches once: those before the scan's position here, later ones when
//            they are created. A resuming pattern is also told of topics that were removed while its reader was away. A
//            scan advances only while its reader can take deliveries, by its share of the turn's budget, and goes on in
//            the next turn.
// Thread     the core's. Owner: Core; everything is kept by reference.
#pragma once

#include <string>
#include <vector>

#include "broker/core/readers/catch_up.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_states.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"

namespace hoiku::broker {

class TopicScan {
 public:
  TopicScan(TopicTable& topics, const TopicStates& states, const Schemas& schemas, Subscriptions& subscriptions,
            CatchUp& catch_up, TopicLife& life, RequestLife& requests, SessionTable& sessions, TurnBudget& budget,
            const Instant& now)
      : topics_(topics),
        states_(states),
        schemas_(schemas),
        subscriptions_(subscriptions),
        catch_up_(catch_up),
        life_(life),
        requests_(requests),
        sessions_(sessions),
        budget_(budget),
        now_(now) {}

  // Attaches an open subscription to these topics now. If that is not possible, the subscription fails.
  void attach(Session& session, Subscription& subscription, const std::vector<std::string>& names);
  // Queues an open subscription, whose `pattern` is set. It is scanned when its session is sent something.
  void begin(Session& session, Subscription& subscription);

  // Scans for the session's subscriptions, as far as its window and its share allow.
  void advance(Session& session);
  // Reschedules the session's work: later in this turn if budget is left, otherwise in the next turn.
  void reschedule(Session& session);
  // The next turn has begun: wakes the sessions that wait for it.
  void resume();
  bool is_waiting() const noexcept { return !waiting_.empty(); }

 private:
  void scan(Session& session, Subscription& subscription);
  Result<void> check_filter(const Subscription& subscription, TopicId id) const;
  Result<void> attach_found(Subscription& subscription, TopicId id, const Topic& topic);
  void finish(Session& session, Subscription& subscription);
  bool restore_removed(Subscription& subscription);
  bool restore(Subscription& subscription, std::size_t position);

  TopicTable& topics_;
  const TopicStates& states_;
  const Schemas& schemas_;
  Subscriptions& subscriptions_;
  CatchUp& catch_up_;
  TopicLife& life_;
  RequestLife& requests_;
  SessionTable& sessions_;
  TurnBudget& budget_;
  const Instant& now_;
  std::vector<SessionId> waiting_;  // for the next turn; some may have ended
};

}  // namespace hoiku::broker
