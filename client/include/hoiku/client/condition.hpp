// condition.hpp: conditions that know their topic: co_await until(temperature > 30.0, held_for(300ms)), or, on its
// quality, co_await until(stale(temperature)).
//
// The broker evaluates a condition on one topic. A condition on several (a > 3 && b == true) is evaluated here, over
// one subscription to all of them: it sees each revision whole, but may skip some. An unset topic satisfies no
// comparison, negated or not.
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "hoiku/client/broker_predicate.hpp"
#include "hoiku/client/topic.hpp"
#include "hoiku/client/where.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The base of all operands of && and || between conditions.
struct BoundCondition : ConditionPart {
  // `if (temperature > 30.0)` asks the broker nothing: await until(...), or get() the value first.
  explicit operator bool() const = delete;
};

template <class C>
concept IsBoundCondition = std::derived_from<std::remove_cvref_t<C>, BoundCondition>;

template <TopicType T>
class TopicCondition : public BoundCondition {
 public:
  TopicCondition(Topic<T> topic, Predicate predicate) : topic_(std::move(topic)), predicate_(std::move(predicate)) {}
  const Topic<T>& topic() const noexcept { return topic_; }
  const Predicate& predicate() const noexcept { return predicate_; }

 private:
  Topic<T> topic_;
  Predicate predicate_;
};

namespace detail {

// Throws TypeMismatch if a value is not of the type that the condition was written for.
using TypeCheck = void (*)(const Value& held, const std::string& topic);

template <TopicType T>
void check_type(const Value& held, const std::string& topic) {
  (void)from_value<T>(held, topic);
}

}  // namespace detail

// Conditions on one or more topics, joined by &&, || and !.
class JoinedCondition : public BoundCondition {
 public:
  // Throws Error(invalid_predicate) for a text that names old_value, or fields that only the broker knows.
  template <TopicType T>
  JoinedCondition(const TopicCondition<T>& one)
      : JoinedCondition(one.topic().core(),
                        detail::resolve_locally(one.predicate(), detail::declared_type<T>(), detail::schema_of<T>()),
                        detail::check_type<T>) {}

  static JoinedCondition all_of(const JoinedCondition& a, const JoinedCondition& b) { return join(Kind::all, a, b); }
  static JoinedCondition any_of(const JoinedCondition& a, const JoinedCondition& b) { return join(Kind::any, a, b); }
  static JoinedCondition negate(const JoinedCondition& a);

  // A null or unset member satisfies no comparison.
  bool test(const detail::Members& members) const { return test(root_, members); }
  const detail::BusPtr& bus() const noexcept { return bus_; }
  const std::vector<std::string>& topics() const noexcept { return topics_; }
  // How each of topics() is used: a hold needs a live value, unless a condition on it names the quality.
  std::vector<detail::MemberUse> uses() const;
  // The condition for the broker. Only if there is one topic.
  Predicate as_predicate() const { return as_predicate(root_); }

 private:
  enum class Kind : unsigned char { leaf, all, any };
  struct Node {
    Kind kind = Kind::leaf;
    std::size_t member = 0;
    std::optional<Predicate> predicate;
    detail::TypeCheck check = nullptr;
    std::vector<Node> children;
  };

  JoinedCondition(const detail::TopicCore& topic, Predicate predicate, detail::TypeCheck check);
  static JoinedCondition join(Kind kind, const JoinedCondition& a, const JoinedCondition& b);
  std::size_t member(const std::string& topic);
  Node adopt(const Node& node, const JoinedCondition& from);
  static Node negated(const Node& node);
  static Predicate as_predicate(const Node& node);
  bool test(const Node& node, const detail::Members& members) const;
  static void add_uses(const Node& node, std::vector<detail::MemberUse>& uses);

  detail::BusPtr bus_;
  std::vector<std::string> topics_;
  Node root_;
};

template <TopicType T>
template <ComparisonOp op, class L>
TopicCondition<T> Topic<T>::compared(const L& literal) const {
  return TopicCondition<T>(*this, detail::compare_with<T, op>(literal));
}

template <IsBoundCondition A, IsBoundCondition B>
JoinedCondition operator&&(const A& a, const B& b) {
  return JoinedCondition::all_of(a, b);
}
template <IsBoundCondition A, IsBoundCondition B>
JoinedCondition operator||(const A& a, const B& b) {
  return JoinedCondition::any_of(a, b);
}
template <TopicType T>
TopicCondition<T> operator!(const TopicCondition<T>& condition) {
  return TopicCondition<T>(condition.topic(), Predicate::negate(condition.predicate()));
}
inline JoinedCondition operator!(const JoinedCondition& condition) { return JoinedCondition::negate(condition); }

// A condition on the quality of a topic: until(stale(heat)), until(battery < 20 || orphaned(heat)). An unset topic
// satisfies none; wait_transition(quality == Quality::orphaned) sees how the end of a lease unset it.
template <TopicType T>
TopicCondition<T> of_quality(const Topic<T>& topic, Quality wanted) {
  return TopicCondition<T>(topic, Predicate::compare(Predicate::Op::equal, wanted));
}
template <TopicType T>
TopicCondition<T> stale(const Topic<T>& topic) {
  return of_quality(topic, Quality::stale);
}
template <TopicType T>
TopicCondition<T> orphaned(const Topic<T>& topic) {
  return of_quality(topic, Quality::orphaned);
}

// A condition on a topic as text: until(satisfies(pose, where("value.x > 3")) && battery > 20). Throws as wait_value if
// it does not fit the topic's type.
template <TopicType T>
TopicCondition<T> satisfies(const Topic<T>& topic, const Where& condition) {
  return TopicCondition<T>(
      topic, detail::fitting(detail::predicate_of(condition), detail::declared_type<T>(), detail::schema_of<T>()));
}

// Waits until the condition has been true throughout the hold, and returns the value, as Topic::wait_value does. The
// broker tests the condition at each commit, so no match is missed.
template <TopicType T>
Task<T> until(const TopicCondition<T>& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) {
  return condition.topic().wait_value(condition.predicate(), hold);
}
// A condition over several topics is tested here, on states that existed at one revision. A match that was replaced
// before it was sent is missed. A hold counts from when the transition arrived here, starts again if a version was
// skipped, and is complete when the broker confirms that nothing else is the case: not while the client is cut off.
Task<> until(const JoinedCondition& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0)));

// A bool is not a condition: a comparison with the result of get() waits for nothing.
void until(std::same_as<bool> auto, HeldFor = HeldFor(std::chrono::nanoseconds(0))) = delete;

}  // namespace hoiku
