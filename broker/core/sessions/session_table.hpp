// session_table.hpp: all sessions, by id and by secret token, and the timers of their silence.
//
// Promises   a received frame costs no timer: the session's one timer compares last_heard when it is due.
// Thread     the core's. Owner: Core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "broker/core/sessions/session.hpp"
#include "broker/core/timers.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

class SessionTable {
 public:
  // `seed`: makes the hashes of tokens unpredictable, so that peers cannot choose tokens that collide. `limits` and
  // `peers` are kept by reference.
  SessionTable(const Limits& limits, std::uint64_t seed, PeerTable& peers);

  Session* find(SessionId id) noexcept;
  const Session* find(SessionId id) const noexcept { return const_cast<SessionTable*>(this)->find(id); }
  Session* find(const proto::SessionToken& token) noexcept;
  // Opens a session for a token that find() does not find. nullptr: the broker has sessions_max already.
  Session* open(const proto::SessionToken& token);
  void remove(Session& session);  // destroys the session
  std::size_t size() const noexcept { return sessions_.size(); }
  const OutboxTotals& totals() const noexcept { return totals_; }

  // Sets the session's timeout, within the limits (0: the default), which begins at `now`.
  void set_timeout(Session& session, std::chrono::milliseconds wanted, TimePoint now);
  // The next session that has been silent for its timeout, or nullptr. It stays in the table until remove().
  Session* take_silent(TimePoint now);
  std::optional<TimePoint> next_deadline() const noexcept { return silences_.next(); }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [id, session] : sessions_) visit(*session);
  }

 private:
  struct TokenHash {
    std::uint64_t seed;
    std::size_t operator()(const proto::SessionToken& token) const noexcept;
  };

  const Limits* limits_;
  PeerTable* peers_;
  OutboxTotals totals_;
  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
  std::unordered_map<proto::SessionToken, Session*, TokenHash> by_token_;
  Timers silences_;
  std::uint64_t opened_ = 0;
};

}  // namespace hoiku::broker
