// session_log.hpp: writes what happens to sessions into the log: those that stay, and those that only visit.
//
// A health check or a command of the inspector opens a session, asks, and says goodbye. Such a visit is one line of the
// level debug. So `session_opened` is written when the session has lasted for `visit_max`, or when anything else than
// its goodbye happens to it.
//
// Promises   each line names the session's label. A session whose opening was written gets a line for its end.
// Thread     the broker's. Owner: Server.
// Limits     keeps a label and an address for each session of the last `visit_max`.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "broker/core/sessions/event_log.hpp"
#include "broker/server/log.hpp"

namespace hoiku::broker {

class SessionLog {
 public:
  static constexpr Duration visit_max = std::chrono::seconds(1);

  explicit SessionLog(Log& log) : log_(log) {}

  // `address` says where the event's peer is; it may be empty.
  void write(const Event& event, const std::string& address, TimePoint now);
  // Writes the openings of those that have stayed until `now`.
  void advance(TimePoint now);
  // Returns when advance() has something to do.
  std::optional<TimePoint> next_due() const;

 private:
  struct Opening {
    TimePoint at;
    std::string address;
  };
  void write_opening(const std::string& session, const Opening& opening, TimePoint now);
  bool write_visit(const Event& event, TimePoint now);  // false: it was no visit

  Log& log_;
  std::map<std::string, Opening> openings_;                // by label; not written yet
  std::deque<std::pair<TimePoint, std::string>> by_time_;  // the same, and labels whose opening is settled
};

}  // namespace hoiku::broker
