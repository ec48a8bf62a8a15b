// topic_transition.hpp: the transitions of one topic, as pairs of old and new value: a single one, or all in order.
//
// Promises   each transition comes once and in order, over cuts and lost sessions, as far as the broker's history of
//            the topic goes. Beyond it the next one says in `lagged` which versions are missing, and the reader goes on
//            from there.
// Cost       `old_value` is the value of the version before, also if that did not match. So the client evaluates the
//            condition, and each transition crosses the network. If that is too much, bus.watch(name, Mode::every,
//            where(condition)) lets the broker evaluate it; its `old_value` is the last value that matched.
// Lifetime   subscribed while the object lives. One task at a time calls next().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hoiku/client/broker_predicate.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/client/pattern_subscription.hpp"
#include "hoiku/client/topic_core.hpp"
#include "hoiku/client/topic_type.hpp"

namespace [[gnu::visibility("default")]] hoiku {

template <TopicType T>
struct TopicTransition {
  detail::OptionalOf<T> old_value;  // empty: the topic was unset
  detail::OptionalOf<T> value;      // empty: the topic became unset
  Version version;
  std::uint64_t revision = 0;
  std::optional<Lagged> lagged;         // the versions before it that this reader was not given
  WallTime changed_at{};                // for people
  std::optional<WallTime> source_time;  // of measured_at(), by the clock of the source
  std::string writer;
  Quality quality = Quality::live;
};

namespace detail {

// A test of a transition, as it arrived. Without a function everything matches.
class TransitionTest {
 public:
  using Function = std::function<bool(const AnyTransition&)>;
  TransitionTest() = default;
  explicit TransitionTest(Function function, bool names_quality = false)
      : function_(std::move(function)), names_quality_(names_quality) {}
  // A condition on values ignores a transition that changes only the quality, as the broker does.
  bool matches(const AnyTransition& transition) const {
    if (!function_) return true;
    const bool may_match = names_quality_ || transition.lagged || !(transition.value == transition.old_value);
    return may_match && function_(transition);
  }

 private:
  Function function_;
  bool names_quality_ = false;
};

// A callable that takes the new value and the old one as optionals; empty is "unset".
template <class P, class T>
concept TransitionPredicate =
    !IsPredicateExpression<P> && std::predicate<std::decay_t<P>&, const OptionalOf<T>&, const OptionalOf<T>&>;

template <class P, class T>
constexpr void check_transition_condition() {
  check_function<std::decay_t<P>&, const OptionalOf<T>&, const OptionalOf<T>&>();
  constexpr bool is_coroutine = Coroutine<std::decay_t<P>&, const OptionalOf<T>&, const OptionalOf<T>&>;
  if constexpr (!TransitionPredicate<P, T> && !is_coroutine) check_topic_condition<P, T>();
}

template <TopicType T, class P>
TransitionTest transition_test(P&& condition) {
  using D = std::decay_t<P>;
  if constexpr (TransitionPredicate<P, T>) {
    return TransitionTest([function = D(std::forward<P>(condition))](const AnyTransition& seen) mutable {
      return static_cast<bool>(std::invoke(function, from_value_or_unset<T>(seen.value, seen.topic),
                                           from_value_or_unset<T>(seen.old_value, seen.topic)));
    });
  } else if constexpr (EvaluatedInClient<P, T>) {
    return TransitionTest([test = local_test<T>(std::forward<P>(condition))](const AnyTransition& seen) {
      if (!is_optional<T> && seen.value.is_null()) return false;
      return test(from_value<T>(seen.value, seen.topic), seen.quality);
    });
  } else {
    Predicate predicate =
        resolve_locally(broker_predicate<T>(std::forward<P>(condition)), declared_type<T>(), schema_of<T>());
    const bool names_quality = predicate.names_quality();
    return TransitionTest(
        [predicate = std::move(predicate)](const AnyTransition& seen) {
          return predicate.test(seen.value, seen.old_value, seen.quality);
        },
        names_quality);
  }
}

// The transitions of a topic after the state that it had when the broker opened the subscription.
class TransitionReader {
 public:
  TransitionReader(const TopicCore& topic, TransitionTest test)
      : bus_(topic.bus()), subscription_(bus_, topic.name(), SubscribeOptions(Mode::every)), test_(std::move(test)) {}
  Task<AnyTransition> next();

 private:
  Task<AnyTransition> next_match();

  BusPtr bus_;
  PatternSubscription subscription_;
  TransitionTest test_;
  bool is_live_ = false;
  std::optional<Lagged> lagged_;  // collected from the transitions that did not match, since the last that did
};

// Evaluated by the broker.
Task<AnyTransition> wait_transition(TopicCore topic, std::optional<Predicate> predicate, std::optional<Version> after);
// Evaluated in the client. Throws Error(lagged) if a version is missing, since it may have been the match.
Task<AnyTransition> wait_local_transition(TopicCore topic, TransitionTest test);

template <TopicType T>
TopicTransition<T> typed(AnyTransition&& transition) {
  TopicTransition<T> typed;
  typed.old_value = from_value_or_unset<T>(transition.old_value, transition.topic);
  typed.value = from_value_or_unset<T>(transition.value, transition.topic);
  typed.version = transition.version;
  typed.revision = transition.revision;
  typed.lagged = transition.lagged;
  typed.changed_at = transition.changed_at;
  typed.source_time = transition.source_time;
  typed.writer = std::move(transition.writer);
  typed.quality = transition.quality;
  return typed;
}

template <TopicType T>
Task<TopicTransition<T>> typed_transition(Task<AnyTransition> next) {
  AnyTransition transition = co_await std::move(next);
  co_return typed<T>(std::move(transition));
}

template <TopicType T>
Task<TopicTransition<T>> wait_for_transition(TopicCore topic, std::optional<Predicate> predicate,
                                             std::optional<Version> after) {
  return typed_transition<T>(wait_transition(std::move(topic), std::move(predicate), after));
}

template <TopicType T>
Task<TopicTransition<T>> wait_for_local_transition(TopicCore topic, TransitionTest test) {
  return typed_transition<T>(wait_local_transition(std::move(topic), std::move(test)));
}

}  // namespace detail

// The reader that transitions() of a topic returns.
template <TopicType T>
class TopicTransitions {
 public:
  TopicTransitions(const detail::TopicCore& topic, detail::TransitionTest test) : reader_(topic, std::move(test)) {}

  Task<TopicTransition<T>> next() { return detail::typed_transition<T>(reader_.next()); }

 private:
  detail::TransitionReader reader_;
};

}  // namespace hoiku
