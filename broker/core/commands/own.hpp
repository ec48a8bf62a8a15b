// own.hpp: the commands that declare topics and own them: Declare, Undeclare, Own, Release.
//
// Promises   a topic has one owner at most; its last will fits the topic's type when the lease begins, so it can be
//            executed without a check. A topic that is not written for its declared deadline becomes stale, once.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Limits     hold_max for deadlines and leases, declared_history_max, value_bytes_max and values_bytes_max for last
//            wills.
#pragma once

#include "broker/core/commands/write_access.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/topics/commit_log.hpp"
#include "broker/core/topics/declarations.hpp"
#include "broker/core/topics/history.hpp"
#include "broker/core/topics/leases.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/waits/waits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class OwnCommands {
 public:
  OwnCommands(const Limits& limits, TopicTable& topics, Histories& histories, Declarations& declarations,
              Leases& leases, const Schemas& schemas, Waits& waits, CommitLog& log, TopicLife& life,
              RequestLife& requests, WriteAccess& access)
      : limits_(limits),
        topics_(topics),
        histories_(histories),
        declarations_(declarations),
        leases_(leases),
        schemas_(schemas),
        waits_(waits),
        log_(log),
        life_(life),
        requests_(requests),
        access_(access) {}

  void execute(Session& session, const proto::Declare& command, Instant now);
  void execute(Session& session, const proto::Undeclare& command);
  void execute(Session& session, const proto::Own& command, Instant now);
  void execute(Session& session, const proto::Release& command);

  void mark_stale_topics(TimePoint now);

 private:
  Result<void> check(const proto::Declare& command) const;
  Result<void> declare(Session& session, const proto::Declare& command, TopicId id, Instant now);
  Result<void> undeclare(Session& session, TopicId id);
  Result<void> check(const Session& session, const proto::Own& command) const;
  Result<void> check_lease(const Session& session, const proto::Own& command, TopicId id) const;
  void begin_lease(Session& session, const proto::Own& command, TopicId id, Instant now);
  void on_type_known(TopicId id);

  const Limits& limits_;
  TopicTable& topics_;
  Histories& histories_;
  Declarations& declarations_;
  Leases& leases_;
  const Schemas& schemas_;
  Waits& waits_;
  CommitLog& log_;
  TopicLife& life_;
  RequestLife& requests_;
  WriteAccess& access_;
};

}  // namespace hoiku::broker
