#include "broker/server/session_log.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace hoiku::broker {
namespace {

std::string_view event_name(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::session_opened:
      return "session_opened";
    case Event::Kind::session_resumed:
      return "session_resumed";
    case Event::Kind::session_closed:
    case Event::Kind::goodbye:
      return "session_closed";
    case Event::Kind::session_expired:
      return "session_expired";
    case Event::Kind::peer_rejected:
      return "peer_rejected";
  }
  return "event";
}

}  // namespace

void SessionLog::write(const Event& event, const std::string& address, TimePoint now) {
  if (log_.is_quiet()) return;
  if (event.kind == Event::Kind::session_opened) {
    openings_.insert_or_assign(event.session, Opening{now, address});
    by_time_.emplace_back(now, event.session);
    return;
  }
  if (event.kind == Event::Kind::goodbye && write_visit(event, now)) return;
  if (const auto opening = openings_.extract(event.session)) write_opening(opening.key(), opening.mapped(), now);
  LogLine line(event_name(event.kind));
  if (!event.session.empty()) line.add("session", event.session);
  if (!address.empty()) line.add("address", address);
  if (!event.detail.empty()) line.add("detail", event.detail);
  log_.write(event.kind == Event::Kind::peer_rejected ? LogLevel::warn : LogLevel::info, line, now);
}

bool SessionLog::write_visit(const Event& event, TimePoint now) {
  const auto opening = openings_.extract(event.session);
  if (!opening) return false;
  LogLine line("visit");
  line.add("session", event.session);
  if (!opening.mapped().address.empty()) line.add("address", opening.mapped().address);
  line.add("lasted_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now - opening.mapped().at).count());
  line.add("detail", event.detail);
  log_.write(LogLevel::debug, line, now);
  return true;
}

void SessionLog::write_opening(const std::string& session, const Opening& opening, TimePoint now) {
  LogLine line("session_opened");
  line.add("session", session);
  if (!opening.address.empty()) line.add("address", opening.address);
  log_.write(LogLevel::info, line, now);
}

void SessionLog::advance(TimePoint now) {
  while (!by_time_.empty() &&
         (now - by_time_.front().first >= visit_max || !openings_.contains(by_time_.front().second))) {
    const std::string session = std::move(by_time_.front().second);
    by_time_.pop_front();
    if (const auto opening = openings_.extract(session)) write_opening(session, opening.mapped(), now);
  }
}

std::optional<TimePoint> SessionLog::next_due() const {
  if (by_time_.empty()) return std::nullopt;
  return saturating_add(by_time_.front().first, visit_max);
}

}  // namespace hoiku::broker
