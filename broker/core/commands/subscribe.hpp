// subscribe.hpp: the commands about subscriptions: Subscribe, Unsubscribe, Renew.
//
// Promises   a subscription is validated as a whole before it is opened. One that resumes gets the transitions since
//            its resume point, if the broker is the same instance; otherwise it gets a whole snapshot. If the broker no
//            longer remembers all topics that were removed since, a pattern's snapshot is a whole one, and in mode
//            `every` each topic that exists still continues after the resume point.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Limits     composite_topics_max, credit_transitions.
#pragma once

#include <cstdint>

#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/sessions/broker_topics.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/topic_scan.hpp"
#include "broker/core/topics/commit_log.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class SubscribeCommands {
 public:
  SubscribeCommands(const Limits& limits, std::uint64_t instance_id, const TopicTable& topics,
                    Subscriptions& subscriptions, const CommitLog& log, RequestLife& requests, TopicScan& scan,
                    BrokerTopics& broker_topics, const TurnBudget& budget)
      : limits_(limits),
        instance_id_(instance_id),
        topics_(topics),
        subscriptions_(subscriptions),
        log_(log),
        requests_(requests),
        scan_(scan),
        broker_topics_(broker_topics),
        budget_(budget) {}

  void execute(Session& session, const proto::Subscribe& command);
  void execute(Session& session, const proto::Unsubscribe& command);
  void execute(Session& session, const proto::Renew& command);

 private:
  Result<void> check(const proto::Subscribe& command) const;
  Result<void> check_names(const proto::Subscribe& command) const;
  Result<void> check_filter_and_interval(const proto::Subscribe& command) const;
  SubscriptionOptions options_of(const Session& session, const proto::Subscribe& command);
  bool can_resume(const proto::Subscribe& command) const;

  const Limits& limits_;
  std::uint64_t instance_id_;
  const TopicTable& topics_;
  Subscriptions& subscriptions_;
  const CommitLog& log_;
  RequestLife& requests_;
  TopicScan& scan_;
  BrokerTopics& broker_topics_;
  const TurnBudget& budget_;
};

}  // namespace hoiku::broker
