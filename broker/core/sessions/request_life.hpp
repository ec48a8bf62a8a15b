// request_life.hpp: opens and ends the open requests of sessions: subscriptions, waits and leases.
//
// Promises   an open request ends once: closed by its client or with its session, failed with an error, answered (a
//            wait), or expired. The same call answers the client, executes a last will, and removes unused topics.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Limits     subscriptions_per_session_max and open_request_bytes_max, which check_quota() asks for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/sessions/effects.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/topics/commit_log.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class RequestLife {
 public:
  RequestLife(const Limits& limits, TopicTable& topics, Subscriptions& subscriptions, Waits& waits, Leases& leases,
              TopicPins& pins, CommitLog& log, SessionTable& sessions, TopicLife& life)
      : limits_(limits),
        topics_(topics),
        subscriptions_(subscriptions),
        waits_(waits),
        leases_(leases),
        pins_(pins),
        log_(log),
        sessions_(sessions),
        life_(life) {}

  // Checks that the session may keep this request open, which takes `bytes` for its predicate or last will. `name` is
  // its topic or pattern, for the errors: protocol_violation, if the id is in use; limit_exceeded.
  Result<void> check_quota(const Session& session, proto::RequestId id, std::size_t bytes, std::string_view name) const;
  // Finds or creates a topic for a request. Fails the patterns whose sessions would read too many topics with it.
  Result<TopicId> find_or_create(std::string_view name);

  // Closes an open request of the session without an answer. The last will of a lease is executed.
  void close(Session& session, proto::RequestId id);
  // Closes all of them, and withdraws the session's declarations; the last wills are one commit. The caller removes the
  // session, then applies what is returned.
  [[nodiscard]] Effects close_all(Session& session);
  // Closes a subscription that cannot continue, and answers it with the error.
  void fail(Subscription& subscription, Failure failure);
  void fail_all(const std::vector<FailedSubscription>& failed);  // some may have failed meanwhile
  // Revokes a lease, and sends its owner `why`. The last will is not executed: another owner continues.
  void revoke(Lease& lease, std::string why);
  void expire_leases(TimePoint now);
  // Closes expired waits without an answer: their clients have given them up.
  void expire_waits(TimePoint now);

  void apply(Effects effects);

 private:
  using Ending = std::vector<Lease*>;
  using Released = std::vector<TopicId>;
  void detach(Session& session, Subscription& subscription, Ending& ending, Released& released);
  void detach(Session& session, Wait& wait, Ending& ending, Released& released);
  void detach(Session& session, const PostponedWait& wait, Ending& ending, Released& released);
  void detach(Session& session, Lease& lease, Ending& ending, Released& released);
  void execute_wills(const std::vector<Lease*>& ending, const SharedText& writer, std::vector<TopicId>& released);
  void end(Lease& lease) noexcept;
  void answer(const WaitEnd& end, const State& replaced);
  void fail_refused(std::vector<RefusedSubscription> refused);

  const Limits& limits_;
  TopicTable& topics_;
  Subscriptions& subscriptions_;
  Waits& waits_;
  Leases& leases_;
  TopicPins& pins_;
  CommitLog& log_;
  SessionTable& sessions_;
  TopicLife& life_;
};

}  // namespace hoiku::broker
