// session_table.hpp: all sessions, by number and by their secret token, and when their silence is too long.
//
// Promises   silence costs nothing while a session is heard: its one timer looks at last_heard when it comes up.
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
  // `seed`: so that nobody can choose tokens whose hashes collide. `limits` and `peers` are kept by reference.
  SessionTable(const Limits& limits, std::uint64_t seed, PeerTable& peers);

  Session* find(SessionId id) noexcept;
  const Session* find(SessionId id) const noexcept { return const_cast<SessionTable*>(this)->find(id); }
  Session* find(const proto::SessionToken& token) noexcept;
  // For a token that find() does not find. nullptr: there are sessions_max already.
  Session* open(const proto::SessionToken& token);
  void remove(Session& session);  // it is gone after that
  std::size_t size() const noexcept { return sessions_.size(); }

  // Sets its timeout, within the limits (0: the default); the session has been heard at `now`.
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
  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
  std::unordered_map<proto::SessionToken, Session*, TokenHash> by_token_;
  Timers silences_;
  std::uint64_t opened_ = 0;
};

}  // namespace hoiku::broker
