// topic_scan.hpp: attaches subscriptions to their topics: named topics at once, topics that match a pattern in pieces.
//
// Promises   a subscription is attached to every matching topic once: by the scan, or when the topic is created at a
//            place that the scan has passed. A resuming pattern is also sent the topics that were removed while its
//            reader was away. A scan advances only while its reader can take deliveries, by its share of the turn's
//            budget, and continues in the next turn.
// Thread     the core's. Owner: Core; everything is kept by reference.
#pragma once

#include <string>
#include <vector>

#include "broker/core/readers/catch_up.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"

namespace hoiku::broker {

class TopicScan {
 public:
  TopicScan(TopicTable& topics, const Schemas& schemas, Subscriptions& subscriptions, CatchUp& catch_up,
            TopicLife& life, RequestLife& requests, SessionTable& sessions, TurnBudget& budget, const Instant& now)
      : topics_(topics),
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
  // Opens a subscription whose `pattern` is set, and queues it for the scan, which runs when a frame is built for its
  // session.
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

  TopicTable& topics_;
  const Schemas& schemas_;
  Subscriptions& subscriptions_;
  CatchUp& catch_up_;
  TopicLife& life_;
  RequestLife& requests_;
  SessionTable& sessions_;
  TurnBudget& budget_;
  const Instant& now_;
  std::vector<SessionId> waiting_;  // sessions that continue in the next turn; some may have ended
};

}  // namespace hoiku::broker
