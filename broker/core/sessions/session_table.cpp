#include "broker/core/sessions/session_table.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace hoiku::broker {
namespace {

// A timer that is due comes with those that are due soon: nearly all of their sessions were heard meanwhile, and one
// wake-up moves them all.
constexpr std::chrono::milliseconds look_ahead(100);

}  // namespace

std::size_t SessionTable::TokenHash::operator()(const proto::SessionToken& token) const noexcept {
  std::uint64_t hash = seed;
  for (const std::uint8_t byte : token) hash = (hash ^ byte) * 0x9E3779B97F4A7C15u, hash ^= hash >> 31;
  return static_cast<std::size_t>(hash);
}

SessionTable::SessionTable(const Limits& limits, std::uint64_t seed, PeerTable& peers)
    : limits_(&limits), peers_(&peers), by_token_(16, TokenHash{seed}) {}

Session* SessionTable::find(SessionId id) noexcept {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

Session* SessionTable::find(const proto::SessionToken& token) noexcept {
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : found->second;
}

bool SessionTable::is_full(std::string_view origin) const noexcept {
  return sessions_.size() >= limits_->sessions_max || has_its_share(origin);
}

bool SessionTable::has_its_share(std::string_view origin) const noexcept {
  const auto found = by_origin_.find(origin);
  return !origin.empty() && found != by_origin_.end() && found->second >= limits_->sessions_per_address_max;
}

Session* SessionTable::find_replaceable(std::string_view origin) const noexcept {
  const bool only_its_own = has_its_share(origin);
  for (const auto& [order, session] : away_) {
    if (session->holds_nothing() && (!only_its_own || session->origin == origin)) return session;
  }
  return nullptr;
}

Session& SessionTable::open(const proto::SessionToken& token, std::string_view origin) {
  const SessionId id{++opened_};
  auto session = std::make_unique<Session>(id, token, *limits_, *peers_, totals_);
  Session& opened = *session;
  opened.origin = origin;
  ++by_origin_[opened.origin];
  sessions_.emplace(id, std::move(session));
  by_token_.emplace(token, &opened);
  return opened;
}

void SessionTable::set_connected(Session& session, PeerId peer) noexcept {
  session.peer = peer;
  away_.erase(std::exchange(session.away, 0));
}

void SessionTable::set_away(Session& session) {
  session.peer.reset();
  if (session.away != 0) return;
  session.away = ++departures_;
  away_.emplace(session.away, &session);
}

void SessionTable::remove(Session& session) {
  silences_.cancel(session);
  acknowledgements_.cancel(session.ack_timer);
  away_.erase(session.away);
  const auto origin = by_origin_.find(session.origin);
  if (--origin->second == 0) by_origin_.erase(origin);
  by_token_.erase(session.token);
  sessions_.erase(session.id);
}

void SessionTable::set_timeout(Session& session, std::chrono::milliseconds wanted, TimePoint now) {
  session.timeout = wanted.count() == 0
                        ? limits_->session_timeout_default
                        : std::clamp(wanted, limits_->session_timeout_min, limits_->session_timeout_max);
  session.last_heard = now;
  silences_.schedule(session, now + session.timeout);
}

void SessionTable::acknowledge_later(Session& session, TimePoint now) {
  if (session.ack_due || session.ack_timer.is_scheduled()) return;
  acknowledgements_.schedule(session.ack_timer, now + proto::acknowledgement_delay);
}

void SessionTable::acknowledged(Session& session) noexcept { acknowledgements_.cancel(session.ack_timer); }

void SessionTable::take_due_acknowledgements(TimePoint now) {
  while (Timer* timer = acknowledgements_.take_due(now)) static_cast<AcknowledgementTimer*>(timer)->session.reply_now();
}

std::optional<TimePoint> SessionTable::next_deadline() const noexcept {
  const auto silence = silences_.next();
  const auto acknowledgement = acknowledgements_.next();
  if (!silence || !acknowledgement) return silence ? silence : acknowledgement;
  return std::min(*silence, *acknowledgement);
}

Session* SessionTable::take_silent(TimePoint now) {
  if (const auto next = silences_.next(); !next || *next > now) return nullptr;
  std::vector<Session*> silent_so_far;
  Session* silent = nullptr;
  while (Timer* timer = silences_.take_due(now + look_ahead)) {
    auto& session = static_cast<Session&>(*timer);
    const TimePoint due = session.last_heard + session.timeout;
    if (due <= now) {
      silent = &session;
      break;
    }
    if (due > now + look_ahead)
      silences_.schedule(session, due);
    else
      silent_so_far.push_back(&session);
  }
  for (Session* session : silent_so_far) silences_.schedule(*session, session->last_heard + session->timeout);
  return silent;
}

}  // namespace hoiku::broker
