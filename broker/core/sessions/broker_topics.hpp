// broker_topics.hpp: the topics that the broker publishes about itself: every client can read them, and none can write.
//
//   $hoiku/sessions/LABEL   "connected", or "away" while the session waits for its client; unset when the session ends
//   $hoiku/broker/COUNT     topics, sessions, commits … as integers; refreshed once a second while somebody reads them
//
// Promises   these topics cost nothing until a client first asks for one. They go through the log as all topics do, so
//            a client that waits for their first transition sees it.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Limits     when there are too many topics, the broker's own are the first that are not created.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/statistics.hpp"
#include "broker/core/topics/commit_log.hpp"

namespace hoiku::broker {

class BrokerTopics {
 public:
  BrokerTopics(const TopicTable& topics, const Subscriptions& subscriptions, const Waits& waits, CommitLog& log,
               const SessionTable& sessions, RequestLife& requests, const Instant& now,
               std::function<Statistics()> statistics)
      : topics_(topics),
        subscriptions_(subscriptions),
        waits_(waits),
        log_(log),
        sessions_(sessions),
        requests_(requests),
        now_(now),
        statistics_(std::move(statistics)) {}

  // A client asks for this name or pattern: if it matches topics of the broker, creates them, or refreshes the counts.
  void requested(std::string_view name);

  void session_connected(const Session& session) { publish(session, "connected"); }
  void session_away(const Session& session) { publish(session, "away"); }
  void session_closed(const Session& session) { publish(session, Value()); }

  void refresh_if_due(TimePoint now);
  std::optional<TimePoint> next_deadline() const noexcept { return refresh_due_; }

 private:
  void publish(const Session& session, Value state);
  void refresh_statistics();
  std::optional<TopicId> set(const std::string& name, const Value& value);

  const TopicTable& topics_;
  const Subscriptions& subscriptions_;
  const Waits& waits_;
  CommitLog& log_;
  const SessionTable& sessions_;
  RequestLife& requests_;
  const Instant& now_;
  std::function<Statistics()> statistics_;
  const SharedText writer_{"hoikud"};
  bool is_enabled_ = false;  // a client has asked
  std::set<TopicId> statistics_topics_;
  std::optional<TimePoint> refreshed_at_;
  std::optional<TimePoint> refresh_due_;
};

}  // namespace hoiku::broker
