#include "hoiku/client/condition.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/client/composite.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku {

JoinedCondition::JoinedCondition(const detail::TopicCore& topic, Predicate predicate, detail::TypeCheck check)
    : bus_(topic.bus()), topics_(1, topic.name()) {
  if (predicate.uses_old_value()) {
    throw Error(ErrorCode::invalid_predicate, text::quote(predicate.key()) +
                                                  " names old_value, which a condition on several topics does not "
                                                  "have: wait for a transition of the topic");
  }
  root_.predicate = std::move(predicate);
  root_.check = check;
}

JoinedCondition JoinedCondition::join(Kind kind, const JoinedCondition& a, const JoinedCondition& b) {
  if (a.bus_ != b.bus_) {
    throw Error(ErrorCode::invalid_argument,
                "conditions on topics of two Buses cannot be joined: wait for each on its own");
  }
  JoinedCondition joined = a;
  Node root;
  root.kind = kind;
  root.children.push_back(a.root_);
  root.children.push_back(joined.adopt(b.root_, b));
  joined.root_ = std::move(root);
  return joined;
}

std::size_t JoinedCondition::member(const std::string& topic) {
  const auto found = std::find(topics_.begin(), topics_.end(), topic);
  const auto index = static_cast<std::size_t>(found - topics_.begin());
  if (found == topics_.end()) topics_.push_back(topic);
  return index;
}

JoinedCondition::Node JoinedCondition::adopt(const Node& node, const JoinedCondition& from) {
  Node own = node;
  if (own.kind == Kind::leaf) own.member = member(from.topics_[node.member]);
  for (Node& child : own.children) child = adopt(child, from);
  return own;
}

JoinedCondition JoinedCondition::negate(const JoinedCondition& a) {
  JoinedCondition opposite = a;
  opposite.root_ = negated(a.root_);
  return opposite;
}

// Negates the comparisons, not the junctions, so that an unset topic satisfies neither a condition nor its opposite.
JoinedCondition::Node JoinedCondition::negated(const Node& node) {
  Node opposite = node;
  if (node.kind == Kind::leaf) {
    opposite.predicate = Predicate::negate(*node.predicate);
    return opposite;
  }
  opposite.kind = node.kind == Kind::all ? Kind::any : Kind::all;
  for (Node& child : opposite.children) child = negated(child);
  return opposite;
}

Predicate JoinedCondition::as_predicate(const Node& node) {
  if (node.kind == Kind::leaf) return *node.predicate;
  const Predicate left = as_predicate(node.children[0]);
  const Predicate right = as_predicate(node.children[1]);
  return node.kind == Kind::all ? Predicate::all_of(left, right) : Predicate::any_of(left, right);
}

bool JoinedCondition::test(const Node& node, const detail::Members& members) const {
  if (node.kind == Kind::leaf) {
    const TransitionPtr& newest = members[node.member];
    if (!detail::is_set(newest)) return false;
    node.check(newest->value, newest->topic);
    return node.predicate->test(newest->value, Value(), newest->quality);
  }
  const bool left = test(node.children[0], members);
  if (left == (node.kind == Kind::any)) return left;
  return test(node.children[1], members);
}

std::vector<detail::MemberUse> JoinedCondition::uses() const {
  std::vector<detail::MemberUse> uses(topics_.size(), {detail::Required::anything, detail::QualityUse::none});
  add_uses(root_, uses);
  return uses;
}

void JoinedCondition::add_uses(const Node& node, std::vector<detail::MemberUse>& uses) {
  if (node.kind == Kind::leaf && node.predicate->names_quality()) uses[node.member].quality = detail::QualityUse::named;
  for (const Node& child : node.children) add_uses(child, uses);
}

namespace {

Task<> forget_result(Task<TransitionPtr> wait) { co_await std::move(wait); }
Task<> forget_result(Task<detail::Members> wait) { co_await std::move(wait); }

}  // namespace

Task<> until(const JoinedCondition& condition, HeldFor hold) {
  if (condition.topics().size() == 1) {
    const detail::TopicCore topic(condition.bus(), condition.topics().front());
    return forget_result(detail::wait_topic(topic, condition.as_predicate(), hold.duration()));
  }
  detail::MembersTest test = [condition](const detail::Members& members) { return condition.test(members); };
  return forget_result(
      detail::wait_state(condition.bus(), condition.topics(), condition.uses(), std::move(test), hold.duration()));
}

namespace detail {

CompositeCore::CompositeCore(const std::vector<TopicCore>& topics) : bus_(topics.front().bus()) {
  const std::size_t most = Limits{}.composite_topics_max;
  if (topics.size() > most) {
    throw Error(ErrorCode::limit_exceeded, "a composite has at most " + std::to_string(most) +
                                               " topics, and this one " + std::to_string(topics.size()));
  }
  for (const TopicCore& topic : topics) {
    if (topic.bus() != bus_) {
      throw Error(ErrorCode::invalid_argument, "the topics of a composite belong to one Bus, and " +
                                                   text::quote(topic.name()) + " belongs to another");
    }
    names_.push_back(topic.name());
  }
}

}  // namespace detail
}  // namespace hoiku
