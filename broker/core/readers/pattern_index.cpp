#include "broker/core/readers/pattern_index.hpp"

#include <utility>

#include "broker/core/swap_remove.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

// Takes the first segment off. What is left after the last one is null, unlike the empty text.
std::string_view take_segment(std::string_view& rest) noexcept {
  const std::size_t end = rest.find('/');
  const std::string_view segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return segment;
}

}  // namespace

// The node after `segment`, made if it is missing. A second '**' adds nothing to the first one.
PatternIndex::Node& PatternIndex::next_of(Node& node, std::string_view segment) {
  if (segment == "**" && node.is_any_number) return node;
  std::unique_ptr<Node>* next = nullptr;
  if (segment == "**") {
    next = &node.after_any_number;
  } else if (segment == "*") {
    next = &node.after_any;
  } else if (const auto found = node.by_segment.find(segment); found != node.by_segment.end()) {
    return *found->second;
  } else {
    next = &node.by_segment[std::string(segment)];
  }
  if (!*next) {
    *next = std::make_unique<Node>();
    (*next)->is_any_number = segment == "**";
  }
  return **next;
}

void PatternIndex::add(Subscription& subscription) {
  Node* node = &root_;
  for (std::string_view rest = subscription.options().pattern; rest.data() != nullptr;)
    node = &next_of(*node, take_segment(rest));
  patterns_ += node->subscriptions.empty() ? 1 : 0;
  subscription.place_in_pattern_ = node->subscriptions.size();
  node->subscriptions.push_back(&subscription);
}

void PatternIndex::remove(Subscription& subscription) {
  remove(root_, subscription.options().pattern, subscription, patterns_);
}

// Removes the subscription from the end of its path, and on the way back each node that is empty then.
void PatternIndex::remove(Node& node, std::string_view rest, Subscription& subscription, std::size_t& patterns) {
  if (rest.data() == nullptr) {
    swap_remove<&Subscription::place_in_pattern_>(node.subscriptions, subscription.place_in_pattern_);
    patterns -= node.subscriptions.empty() ? 1 : 0;
    return;
  }
  const std::string_view segment = take_segment(rest);
  Node& next = next_of(node, segment);
  remove(next, rest, subscription, patterns);
  if (&next == &node || !next.is_empty()) return;
  if (&next == node.after_any.get()) {
    node.after_any.reset();
  } else if (&next == node.after_any_number.get()) {
    node.after_any_number.reset();
  } else {
    node.by_segment.erase(node.by_segment.find(segment));
  }
}

// A path that has taken all segments so far ends at `node`. Only a node after '**' can be reached twice in a step: by
// its path, and by taking the segment itself.
void PatternIndex::reach(Node& node) {
  if (node.is_any_number && std::exchange(node.reached_in_step, step_) == step_) return;
  reached_.push_back(&node);
  if (node.after_any_number) reach(*node.after_any_number);
}

std::size_t PatternIndex::match(std::string_view name, std::vector<Subscription*>& found) {
  std::size_t followed = 0;
  reached_.clear();
  ++step_;
  // A pattern matches a reserved name only if it begins with '$' itself, and not with a wildcard.
  bool only_by_segment = is_reserved_name(name);
  only_by_segment ? reached_.push_back(&root_) : reach(root_);
  for (std::string_view rest = name; rest.data() != nullptr && !reached_.empty();) {
    const std::string_view segment = take_segment(rest);
    ++step_;
    std::swap(reached_, before_);
    reached_.clear();
    followed += before_.size();
    for (Node* node : before_) {
      const auto next = node->by_segment.find(segment);
      if (next != node->by_segment.end()) reach(*next->second);
      if (node->is_any_number) reach(*node);
      if (node->after_any && !only_by_segment) reach(*node->after_any);
    }
    only_by_segment = false;
  }
  for (const Node* node : reached_) found.insert(found.end(), node->subscriptions.begin(), node->subscriptions.end());
  return followed;
}

}  // namespace hoiku::broker
