#include "broker/core/pattern_index.hpp"

#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

namespace {

constexpr const char* wildcard_bucket = "*";

std::string_view first_segment(std::string_view name) { return name.substr(0, name.find('/')); }

std::string bucket_of(std::string_view pattern) {
  const std::string_view segment = first_segment(pattern);
  return segment.find('*') != std::string_view::npos ? wildcard_bucket : std::string(segment);
}

}  // namespace

void PatternIndex::add(Subscription& subscription) {
  std::unique_ptr<Entry>& entry = entries_[subscription.pattern];
  if (!entry) {
    entry = std::make_unique<Entry>();
    entry->pattern = subscription.pattern;
    Bucket& bucket = buckets_[bucket_of(subscription.pattern)];
    entry->place_in_bucket = bucket.size();
    bucket.push_back(entry.get());
  }
  subscription.place_in_pattern = entry->subscriptions.size();
  entry->subscriptions.push_back(&subscription);
}

void PatternIndex::remove(Subscription& subscription) {
  const auto found = entries_.find(subscription.pattern);
  Entry& entry = *found->second;
  Subscription* last = entry.subscriptions.back();
  entry.subscriptions[subscription.place_in_pattern] = last;
  last->place_in_pattern = subscription.place_in_pattern;
  entry.subscriptions.pop_back();
  if (!entry.subscriptions.empty()) return;

  const auto bucket = buckets_.find(bucket_of(entry.pattern));
  Entry* moved = bucket->second.back();
  bucket->second[entry.place_in_bucket] = moved;
  moved->place_in_bucket = entry.place_in_bucket;
  bucket->second.pop_back();
  if (bucket->second.empty()) buckets_.erase(bucket);
  entries_.erase(found);
}

void PatternIndex::match_bucket(const Bucket& bucket, std::string_view name, std::vector<Subscription*>& found) {
  for (const Entry* entry : bucket) {
    if (!pattern_matches(entry->pattern, name)) continue;
    found.insert(found.end(), entry->subscriptions.begin(), entry->subscriptions.end());
  }
}

void PatternIndex::match(std::string_view name, std::vector<Subscription*>& found) const {
  if (entries_.empty()) return;
  if (const auto bucket = buckets_.find(std::string(first_segment(name))); bucket != buckets_.end()) {
    match_bucket(bucket->second, name, found);
  }
  if (const auto bucket = buckets_.find(wildcard_bucket); bucket != buckets_.end()) {
    match_bucket(bucket->second, name, found);
  }
}

}  // namespace hoiku::broker
