#include "broker/core/readers/pattern_index.hpp"

#include "broker/core/swap_remove.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

namespace {

// The segments before the first one with a wildcard, without the '/' after them.
std::string bucket_of(std::string_view pattern) {
  const std::size_t before = pattern.substr(0, pattern.find('*')).rfind('/');
  return std::string(pattern.substr(0, before == std::string_view::npos ? 0 : before));
}

}  // namespace

void PatternIndex::add(Subscription& subscription) {
  const std::string& pattern = subscription.options().pattern;
  std::unique_ptr<Entry>& entry = entries_[pattern];
  if (!entry) {
    entry = std::make_unique<Entry>();
    entry->pattern = pattern;
    Bucket& bucket = buckets_[bucket_of(pattern)];
    entry->place_in_bucket = bucket.size();
    bucket.push_back(entry.get());
  }
  subscription.place_in_pattern_ = entry->subscriptions.size();
  entry->subscriptions.push_back(&subscription);
}

void PatternIndex::remove(Subscription& subscription) {
  const auto found = entries_.find(subscription.options().pattern);
  Entry& entry = *found->second;
  swap_remove<&Subscription::place_in_pattern_>(entry.subscriptions, subscription.place_in_pattern_);
  if (!entry.subscriptions.empty()) return;

  const auto bucket = buckets_.find(bucket_of(entry.pattern));
  swap_remove<&Entry::place_in_bucket>(bucket->second, entry.place_in_bucket);
  if (bucket->second.empty()) buckets_.erase(bucket);
  entries_.erase(found);
}

void PatternIndex::match_bucket(const std::string& prefix, std::string_view name,
                                std::vector<Subscription*>& found) const {
  const auto bucket = buckets_.find(prefix);
  if (bucket == buckets_.end()) return;
  for (const Entry* entry : bucket->second) {
    if (!pattern_matches(entry->pattern, name)) continue;
    found.insert(found.end(), entry->subscriptions.begin(), entry->subscriptions.end());
  }
}

void PatternIndex::match(std::string_view name, std::vector<Subscription*>& found) const {
  if (entries_.empty()) return;
  match_bucket("", name, found);
  for (std::size_t end = name.find('/'); end != std::string_view::npos; end = name.find('/', end + 1)) {
    match_bucket(std::string(name.substr(0, end)), name, found);
  }
  match_bucket(std::string(name), name, found);  // a/** may match a itself
}

}  // namespace hoiku::broker
