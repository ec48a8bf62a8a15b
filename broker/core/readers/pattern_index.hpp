// pattern_index.hpp: finds the subscriptions whose patterns match a new topic, without trying every pattern.
//
// Equal patterns are one entry. Entries are in buckets by the segments before the first one with a wildcard.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/core/readers/subscription.hpp"

namespace hoiku::broker {

class PatternIndex {
 public:
  void add(Subscription& subscription);     // of a pattern
  void remove(Subscription& subscription);  // that was added
  // Appends the subscriptions whose pattern matches `name`.
  void match(std::string_view name, std::vector<Subscription*>& found) const;
  std::size_t size() const noexcept { return entries_.size(); }  // distinct patterns

 private:
  struct Entry {
    std::string pattern;
    std::vector<Subscription*> subscriptions;
    std::size_t place_in_bucket = 0;
  };
  using Bucket = std::vector<Entry*>;

  void match_bucket(const std::string& prefix, std::string_view name, std::vector<Subscription*>& found) const;

  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;  // by pattern
  std::unordered_map<std::string, Bucket> buckets_;                  // by prefix: "a/b" of a/b/*/c
};

}  // namespace hoiku::broker
