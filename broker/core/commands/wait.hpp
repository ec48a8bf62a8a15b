// wait.hpp: the commands that wait: Wait for a state, WaitTransition for a transition, CancelWait.
//
// Promises   a wait that matches already is answered at once. A wait for a transition after a known version is first
//            searched in the topic's history: if the turn's budget is spent, a later turn continues the search, one
//            wait of each session after the other. The wait keeps its topic meanwhile.
// Thread     the core's. Owner: Core; everything is kept by reference.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "broker/core/sessions/broker_topics.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_pins.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"
#include "broker/core/waits/past_search.hpp"
#include "broker/core/waits/waits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class WaitCommands {
 public:
  WaitCommands(const Limits& limits, const TopicTable& topics, const Schemas& schemas, Waits& waits, PastSearch& past,
               TopicPins& pins, SessionTable& sessions, TopicLife& life, RequestLife& requests,
               BrokerTopics& broker_topics, TurnBudget& budget)
      : limits_(limits),
        topics_(topics),
        schemas_(schemas),
        waits_(waits),
        past_(past),
        pins_(pins),
        sessions_(sessions),
        life_(life),
        requests_(requests),
        broker_topics_(broker_topics),
        budget_(budget) {}

  void execute(Session& session, const proto::Wait& command, Instant now);
  void execute(Session& session, const proto::WaitTransition& command, Instant now);
  void execute(Session& session, const proto::CancelWait& command);

  // Continues the searches of postponed waits with half of the turn's budget: the other half is for new readers.
  void resume_postponed(Instant now);
  bool has_postponed() const noexcept { return !postponing_.empty(); }

 private:
  Result<void> begin(Session& session, const proto::Wait& command, Instant now);
  void begin_or_refuse(Session& session, const proto::WaitTransition& command, const Version& searched_through,
                       Instant now);
  Result<void> begin(Session& session, const proto::WaitTransition& command, std::unique_ptr<Wait> wait,
                     const Version& searched_through, Instant now);
  Result<TopicId> find_topic(const Session& session, const Wait& wait, const std::string& name);
  Result<bool> search_past(Session& session, const proto::WaitTransition& command, TopicId topic,
                           const Version& searched_through, Instant now);
  void postpone(Session& session, PostponedWait wait);
  Result<bool> arm(Session& session, std::unique_ptr<Wait> wait, Instant now);

  const Limits& limits_;
  const TopicTable& topics_;
  const Schemas& schemas_;
  Waits& waits_;
  PastSearch& past_;
  TopicPins& pins_;
  SessionTable& sessions_;
  TopicLife& life_;
  RequestLife& requests_;
  BrokerTopics& broker_topics_;
  TurnBudget& budget_;
  std::deque<SessionId> postponing_;  // sessions that have postponed waits: they take turns
};

}  // namespace hoiku::broker
