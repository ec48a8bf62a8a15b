// broker_topics.cpp: what the broker tells of itself, as topics that anybody can read and nobody can write.
//
//   $hoiku/sessions/NAME-ID   "connected", or "away" while its session waits for it; unset when the session is gone
//   $hoiku/broker/COUNT       topics, sessions, commits … as integers; refreshed once a second while somebody reads them
//
// They begin when somebody first asks for a topic of the broker's: until then they cost nothing. They go through the log as
// all do, so whoever is the first to ask, and waits for a change, sees them begin.
#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "broker/core/sessions/session_label.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

constexpr std::chrono::seconds refresh_interval{1};

struct Count {
  const char* name;
  std::uint64_t number;
};

std::vector<Count> counts_of(const Statistics& statistics) {
  return {{"topics", statistics.topics},
          {"sessions", statistics.sessions},
          {"subscriptions", statistics.subscriptions},
          {"waits", statistics.waits},
          {"predicates", statistics.predicates},
          {"leases", statistics.leases},
          {"commits", statistics.commits},
          {"deliveries", statistics.deliveries},
          {"conflated", statistics.conflated},
          {"filtered", statistics.filtered},
          {"lagged", statistics.lagged},
          {"history_bytes", statistics.history_bytes},
          {"refused_frames", statistics.refused_frames}};
}

}  // namespace

// Somebody wants to know what is said of this name, or by this pattern.
void Core::Rooms::asked_about(std::string_view name) {
  if (!is_reserved_name(name) || (is_plain_name(name) && !name.starts_with("$hoiku/"))) return;
  if (!std::exchange(tells_of_itself, true)) {
    std::vector<const Session*> all;
    sessions.for_each([&](const Session& session) { all.push_back(&session); });
    std::sort(all.begin(), all.end(), [](const Session* a, const Session* b) { return a->id < b->id; });
    TopicWrites writes;
    for (const Session* session : all) say(writes, presence_topic(*session), session->peer ? "connected" : "away");
    log.submit_internal(std::move(writes));
  }
  if (!refreshed_at || now.monotonic - *refreshed_at >= refresh_interval) {
    refresh_statistics();
  } else if (!refresh_due) {
    refresh_due = *refreshed_at + refresh_interval;
  }
}

std::string Core::Rooms::presence_topic(const Session& session) { return "$hoiku/sessions/" + presence_label(session); }

// What is to be known of a session: "connected", "away", or, null, that it is gone.
void Core::Rooms::tell_presence(const Session& session, Value presence) {
  if (!tells_of_itself) return;
  TopicWrites writes;
  say(writes, presence_topic(session), std::move(presence));
  log.submit_internal(std::move(writes));
}

void Core::Rooms::refresh_statistics() {
  refreshed_at = now.monotonic;
  refresh_due = now.monotonic + refresh_interval;
  TopicWrites writes;
  for (const Count& count : counts_of(statistics())) {
    if (const auto topic =
            say(writes, std::string("$hoiku/broker/") + count.name, static_cast<std::int64_t>(count.number)))
      statistics_topics.insert(*topic);
  }
  log.submit_internal(std::move(writes));
}

void Core::Rooms::refresh_if_due(TimePoint at) {
  if (!refresh_due || *refresh_due > at) return;
  refresh_due.reset();
  const auto is_read = [this](TopicId topic) { return subscriptions.readers(topic) + waits.count(topic) > 0; };
  if (std::any_of(statistics_topics.begin(), statistics_topics.end(), is_read)) refresh_statistics();
}

// Nothing where there are too many topics already: the broker is the first that goes without.
std::optional<TopicId> Core::Rooms::say(TopicWrites& writes, const std::string& name, const Value& what) {
  static const std::string writer = "hoikud";
  std::optional<TopicId> found = topics.find(name);
  if (!found) {
    // What was never told need not be taken back, and nobody would remove the topic again.
    if (what.is_null()) return std::nullopt;
    const auto made = requests.find_or_create(name);
    if (!made) return std::nullopt;
    found = *made;
  }
  log.write_internal(writes, *found, what, Quality::live, writer);
  return *found;
}

}  // namespace hoiku::broker
