#include "broker/core/sessions/broker_topics.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

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
          {"in_flight", statistics.in_flight},
          {"conflated", statistics.conflated},
          {"filtered", statistics.filtered},
          {"lagged", statistics.lagged},
          {"history_bytes", statistics.history_bytes},
          {"rejected_frames", statistics.rejected_frames}};
}

std::string session_topic(const Session& session) { return "$hoiku/sessions/" + session_label(session); }

}  // namespace

void BrokerTopics::requested(std::string_view name) {
  if (!is_reserved_name(name) || (is_plain_name(name) && !name.starts_with("$hoiku/"))) return;
  if (!std::exchange(is_enabled_, true)) {
    std::vector<const Session*> all;
    sessions_.for_each([&](const Session& session) { all.push_back(&session); });
    std::sort(all.begin(), all.end(), [](const Session* a, const Session* b) { return a->id < b->id; });
    for (const Session* session : all) set(session_topic(*session), session->peer ? "connected" : "away");
    log_.end_commit();
  }
  if (!refreshed_at_ || now_.monotonic - *refreshed_at_ >= refresh_interval) {
    refresh_statistics();
  } else if (!refresh_due_) {
    refresh_due_ = *refreshed_at_ + refresh_interval;
  }
}

void BrokerTopics::publish(const Session& session, Value state) {
  if (!is_enabled_) return;
  set(session_topic(session), std::move(state));
  log_.end_commit();
}

void BrokerTopics::refresh_statistics() {
  refreshed_at_ = now_.monotonic;
  refresh_due_ = now_.monotonic + refresh_interval;
  for (const Count& count : counts_of(statistics_())) {
    if (const auto topic = set(std::string("$hoiku/broker/") + count.name, static_cast<std::int64_t>(count.number)))
      statistics_topics_.insert(*topic);
  }
  log_.end_commit();
}

void BrokerTopics::refresh_if_due(TimePoint now) {
  if (!refresh_due_ || *refresh_due_ > now) return;
  refresh_due_.reset();
  const auto is_read = [this](TopicId topic) { return subscriptions_.readers(topic) + waits_.count(topic) > 0; };
  if (std::any_of(statistics_topics_.begin(), statistics_topics_.end(), is_read)) refresh_statistics();
}

// Returns the topic, or nothing if it does not exist and is not created.
std::optional<TopicId> BrokerTopics::set(const std::string& name, const Value& value) {
  std::optional<TopicId> found = topics_.find(name);
  if (!found) {
    // Does not create a topic only to unset it: no event would remove it again.
    if (value.is_null()) return std::nullopt;
    const auto made = requests_.find_or_create(name);
    if (!made) return std::nullopt;
    found = *made;
  }
  log_.write_internal(*found, value, Quality::live, writer_);
  return *found;
}

}  // namespace hoiku::broker
