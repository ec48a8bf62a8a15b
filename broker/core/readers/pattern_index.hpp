// pattern_index.hpp: finds the subscriptions whose patterns match a new topic, without trying every pattern.
//
// A tree of segments: a pattern is a path from the root. A name follows all paths at once, segment by segment.
//
// Cost       of match(): for each segment of the name, the paths that match it so far, however many patterns there are;
//            each in the logarithm of the segments that continue it.
// Thread     the core's. Owner: Subscriptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/readers/subscription.hpp"

namespace hoiku::broker {

class PatternIndex {
 public:
  void add(Subscription& subscription);     // of a pattern
  void remove(Subscription& subscription);  // that was added
  // Appends the subscriptions whose pattern matches `name`. Returns the number of paths that it followed.
  std::size_t match(std::string_view name, std::vector<Subscription*>& found);
  std::size_t size() const noexcept { return patterns_; }  // patterns of different meaning

 private:
  // The end of a path. An ordered map, because strangers choose the segments.
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> by_segment;
    std::unique_ptr<Node> after_any;           // after '*'
    std::unique_ptr<Node> after_any_number;    // after '**': takes any number of segments itself
    std::vector<Subscription*> subscriptions;  // whose pattern ends here
    bool is_any_number = false;
    std::uint64_t reached_in_step = 0;

    bool is_empty() const noexcept {
      return subscriptions.empty() && by_segment.empty() && !after_any && !after_any_number;
    }
  };

  static Node& next_of(Node& node, std::string_view segment);
  static void remove(Node& node, std::string_view rest, Subscription& subscription, std::size_t& patterns);
  void reach(Node& node);

  Node root_;
  std::size_t patterns_ = 0;
  // The members below belong to match(), and are kept for their memory.
  std::vector<Node*> reached_;
  std::vector<Node*> before_;
  std::uint64_t step_ = 0;
};

}  // namespace hoiku::broker
