// evidence.hpp: what the witness has observed and its judges share: the model, the sessions, and the complaints.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/judge/past.hpp"
#include "tests/sim/judge/witness/session.hpp"

namespace hoiku::model {

// A history has fewer names of topics than this.
inline constexpr std::size_t topics_of_a_history = 100;

struct Evidence {
  Evidence(std::function<void(const std::string&)> tell_story, Limits broker_limits)
      : limits(broker_limits),
        past(broker_limits.removed_topics_max < topics_of_a_history, broker_limits.value_bytes_max),
        story(std::move(tell_story)) {}
  Evidence(const Evidence&) = delete;  // judges refer to it
  Evidence& operator=(const Evidence&) = delete;

  void tell(const std::string& line) const;
  // The complaint is about the session, or about the broker if there is none.
  void complain(const Session* session, const std::string& text);
  std::string time_in_words(TimePoint at) const;  // since the beginning of the history
  // Returns the session that this peer speaks for, or nullptr.
  Session* session_of(std::uint64_t peer);
  // When the session expires, if its client stays silent; long ago if nobody knows it.
  TimePoint expires_at(const proto::SessionToken& token) const;
  bool has_expired(const proto::SessionToken& token, TimePoint at) const { return expires_at(token) <= at; }
  // Silence until then is judged: input that waited for a late turn is heard first.
  TimePoint silence_judged_at() const { return late_since.value_or(now()); }

  const Limits limits;
  Past past;
  std::map<proto::SessionToken, Session> sessions;
  std::map<std::uint64_t, proto::SessionToken> peers;
  std::map<std::string, std::string> schemas;  // their files, by message type: the histories have one of each
  std::optional<std::uint64_t> run;
  std::vector<std::uint64_t> earlier_runs;
  std::uint64_t step = 0;
  std::uint64_t checked = 0;  // deliveries and answers that were compared with the model
  std::optional<TimePoint> begin;
  std::optional<TimePoint> late_since;  // in a late turn: the broker has not looked since then
  std::vector<std::string> complaints;
  std::function<void(const std::string&)> story;  // prints; may be empty
};

}  // namespace hoiku::model
