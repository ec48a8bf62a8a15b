// session_table.hpp: all sessions, by id and by secret token, and the timers of their silence and acknowledgements.
//
// Promises   for the silence a received frame costs no timer: the session's timer compares last_heard when it is due.
// Thread     the core's. Owner: Core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  // Whether no session of that origin can be opened: the limits are reached.
  bool is_full(std::string_view origin) const noexcept;
  // The session whose place a new one of that origin may take: away longest of those that hold nothing. If the origin
  // has reached its own limit: one of its own. nullptr: there is none.
  Session* find_replaceable(std::string_view origin) const noexcept;
  // Opens a session for a token that find() does not find. There is room for it.
  Session& open(const proto::SessionToken& token, std::string_view origin);
  void set_connected(Session& session, PeerId peer) noexcept;
  void set_away(Session& session);
  void remove(Session& session);  // destroys the session
  std::size_t size() const noexcept { return sessions_.size(); }
  const OutboxTotals& totals() const noexcept { return totals_; }

  // Sets the session's timeout, within the limits (0: the default), which begins at `now`.
  void set_timeout(Session& session, std::chrono::milliseconds wanted, TimePoint now);
  // The next session that has been silent for its timeout, or nullptr. It stays in the table until remove().
  Session* take_silent(TimePoint now);
  // An acknowledgement leaves with the session's next frame, or alone after acknowledgement_delay.
  void acknowledge_later(Session& session, TimePoint now);
  // The session has been sent everything that there is to acknowledge.
  void acknowledged(Session& session) noexcept;
  void take_due_acknowledgements(TimePoint now);
  std::optional<TimePoint> next_deadline() const noexcept;

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [id, session] : sessions_) visit(*session);
  }

 private:
  bool has_its_share(std::string_view origin) const noexcept;

  struct TokenHash {
    std::uint64_t seed;
    std::size_t operator()(const proto::SessionToken& token) const noexcept;
  };

  const Limits* limits_;
  PeerTable* peers_;
  OutboxTotals totals_;
  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
  std::unordered_map<proto::SessionToken, Session*, TokenHash> by_token_;
  std::map<std::string, std::size_t, std::less<>> by_origin_;  // numbers of sessions
  std::map<std::uint64_t, Session*> away_;                     // longest away first
  Timers silences_;
  Timers acknowledgements_;
  std::uint64_t opened_ = 0;
  std::uint64_t departures_ = 0;
};

}  // namespace hoiku::broker
