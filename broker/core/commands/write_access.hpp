// write_access.hpp: checks which topics a session may write and own.
//
// Promises   only its owner writes an owned topic, and only the broker writes a topic whose name begins with '$'.
// Thread     the core's. Owner: Core; everything is kept by reference.
#pragma once

#include <optional>
#include <string>

#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/topics/leases.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class WriteAccess {
 public:
  WriteAccess(const Limits& limits, const TopicTable& topics, const Leases& leases, const SessionTable& sessions,
              RequestLife& requests)
      : limits_(limits), topics_(topics), leases_(leases), sessions_(sessions), requests_(requests) {}

  // The topic, or nothing if it does not exist and can be created. Errors: invalid_topic, permission_denied.
  Result<std::optional<TopicId>> find_writable(const std::string& name) const;
  // If nothing is written to the topic, the caller removes it again. Errors also: limit_exceeded.
  Result<TopicId> find_or_create_writable(const std::string& name);

  // Error: not_owner.
  Result<void> check_write(const Session& session, TopicId topic) const;
  // Whether the session may own the topic. If it takes the topic over, the owner's lease is still to be revoked.
  // Errors: not_owner; invalid_argument, if it owns the topic already.
  Result<void> check_own(const Session& session, TopicId topic, bool take_over) const;

  // The name of the session's client, quoted for a sentence.
  std::string name_of(SessionId session) const;

 private:
  const Limits& limits_;
  const TopicTable& topics_;
  const Leases& leases_;
  const SessionTable& sessions_;
  RequestLife& requests_;
};

}  // namespace hoiku::broker
