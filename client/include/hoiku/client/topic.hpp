// topic.hpp: Topic<T>: a handle to one named piece of state at the broker. Cheap to copy; pass it by value.
//
//   Topic<int> battery = bus.topic<int>("battery");
//   co_await battery.set(80);                                           // the version that the value became
//   co_await battery.set(79, if_version(version));                      // only if it is still at that version
//   co_await battery.set(79, measured_at(time));                        // readers see it as source_time
//   co_await battery.update([](std::optional<int> n) { return n.value_or(0) + 1; });
//   battery.post(78);                                                   // without waiting; also with latest_only
//   co_await battery.unset();
//   co_await battery.get();                                             // std::optional<int>: empty is unset
//   co_await battery.latest();                                          // with version, time, writer, quality
//   co_await battery.wait_value(value < 20);                            // until the value satisfies a condition
//   co_await battery.wait_value(where("value < 20"));                   // the same; fields of messages too
//   co_await battery.wait_value([](int v) { return v % 2 == 0; });      // until a function says so
//   co_await battery.wait_value(20);                                    // until it equals 20
//   co_await battery.wait_value(value < 20, held_for(5s));              // until it has been so for 5 s
//   co_await battery.wait_value(quality == Quality::stale);             // until nobody writes it any more
//   co_await battery.wait_latest(value < 20);                           // the same; returns what latest() does
//   co_await until(battery < 20 && lid == true);                        // condition.hpp: conditions on several topics
//   co_await battery.wait_transition();                                 // until it changes
//   co_await battery.wait_transition(value < 20, after(version));       // the first change to below 20 after a version
//   auto values = battery.eventual_values();                            // then: co_await values.next()
//   auto values = battery.eventual_values(value < 20, held_for(5s), at_most_every(100ms));   // all are optional
//   auto steps = battery.transitions();                                 // then: co_await steps.next()
//   auto steps = battery.transitions(value < 20);
//   co_await battery.declare(deadline(100ms), history(256));
//   Lease lease = co_await battery.own(last_will(0));                   // lease.hpp; also take_over, lasting(5s)
//
// The two readers:
//
//                       eventual_values                              transitions
//   for what            to act on the latest state                   to count, log, or compare with the value before
//   next() returns      the latest value, if it matches and          the old and the new value of each matching
//                       differs from the one returned last           transition, in order
//   the first time      the current value, if it matches             the first transition after the broker has opened
//                                                                    the subscription
//   what may be lost    values that came and went between two        nothing, within the broker's history of the topic;
//                       calls; never the last one                    beyond it `lagged` says which versions
//   cost                one slot at the broker; at most one          each transition crosses the network, also one that
//                       value per frame crosses the network          does not match
//   race                none: a set during the loop's body is        none: a set during the loop's body is kept (but
//                       seen by the next call                        wait_transition() in a loop misses it, unless it
//                                                                    goes on with after(version))
//
// T          bool, an integer, an enumeration, float or double, std::string, Bytes, a Protobuf message
//            (hoiku/protobuf.hpp), a type of your own; std::optional of one of them; or Value, for whatever the topic
//            holds: topic_type.hpp.
// Waiting    each verb returns a Task that does nothing until it is awaited. Without a connection it waits for one, and
//            can be cancelled: put it into a time limit if that matters.
// Errors     TypeMismatch if the topic holds another type; Closed, or the error that ended the Bus, when the Bus has
//            ended; the others are in errors.hpp.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/client/broker_predicate.hpp"
#include "hoiku/client/lease.hpp"
#include "hoiku/client/member.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/client/subscribe_options.hpp"
#include "hoiku/client/topic_core.hpp"
#include "hoiku/client/topic_transition.hpp"
#include "hoiku/client/topic_type.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <MemberType... Ts, std::size_t... i>
std::tuple<Ts...> decode_members(const Members& members, std::index_sequence<i...>) {
  // Braces evaluate from left to right, so the error names the first mismatch.
  return std::tuple<Ts...>{MemberTraits<Ts>::from(*members[i])...};
}
template <MemberType... Ts>
std::tuple<Ts...> decode_members(const Members& members) {
  return decode_members<Ts...>(members, std::index_sequence_for<Ts...>());
}

template <MemberType... Ts>
std::vector<MemberUse> uses_of() {
  return {member_use<Ts>()...};
}

template <TopicType T>
Task<OptionalOf<T>> value_or_unset_of(Task<TransitionPtr> state, TopicCore topic) {
  const TransitionPtr latest = co_await std::move(state);
  co_return from_value_or_unset<T>(latest->value, topic.name());
}

template <TopicType T>
Task<T> value_of(Task<TransitionPtr> match, TopicCore topic) {
  const TransitionPtr matched = co_await std::move(match);
  co_return from_value<T>(matched->value, topic.name());
}

inline Task<TransitionPtr> only_member(Task<Members> match) {
  const Members members = co_await std::move(match);
  co_return members.front();
}

template <TopicType T>
Task<TransitionPtr> wait_locally(const TopicCore& topic, MembersTest test, Duration hold) {
  return only_member(
      wait_state(topic.bus(), std::vector<std::string>(1, topic.name()), uses_of<T>(), std::move(test), hold));
}

// Makes a test of the members that arrived from a test of typed values. A member of another type throws TypeMismatch,
// which the waiter gets.
template <MemberType... Ts, class F>
MembersTest typed_test(F function) {
  return [function = std::move(function)](const Members& members) mutable {
    return static_cast<bool>(std::apply(function, decode_members<Ts...>(members)));
  };
}

// A test of one topic's state. Without a function everything matches.
class StateTest {
 public:
  StateTest() = default;
  explicit StateTest(MembersTest function, QualityUse quality_use = QualityUse::none)
      : function_(std::move(function)), quality_use_(quality_use) {}
  MembersTest function() && { return std::move(function_); }
  QualityUse quality_use() const noexcept { return quality_use_; }

 private:
  MembersTest function_;
  QualityUse quality_use_ = QualityUse::none;
};

template <TopicType T, class P>
StateTest state_test(P&& condition) {
  LocalTest<T> test = local_test<T>(std::forward<P>(condition));
  const QualityUse quality_use = test.names_quality() ? QualityUse::named : QualityUse::none;
  MembersTest function = [test = std::move(test)](const Members& members) {
    const Transition& state = *members.front();
    return test(from_value<T>(state.value, state.topic), state.quality);
  };
  return StateTest(std::move(function), quality_use);
}

// Returns how a reader of one topic uses its state, if it gives an M and has this test.
template <MemberType M>
std::vector<MemberUse> uses_for(const StateTest& test) {
  MemberUse use = member_use<M>();
  use.quality = std::max(use.quality, test.quality_use());
  return {use};
}

}  // namespace detail

// The reader that eventual_values() of a topic returns. Subscribed while it lives; one task at a time calls next().
// T is the topic's type, or, for with_quality(topic), a Qualified of it.
template <detail::MemberType T>
class TopicValues {
 public:
  TopicValues(const detail::TopicCore& topic, detail::StateTest test, const detail::ValuesOptions& options)
      : reader_(topic.bus(), std::vector<std::string>(1, topic.name()), detail::uses_for<T>(test),
                std::move(test).function(), options.hold, options.interval) {}

  // Waits for a value that matches and differs from the one returned last, and returns it. An unset topic has a value
  // only if T is an optional. Values that came and went between two calls are not seen; once writers stop, the last
  // value is.
  Task<T> next() { return value_of(reader_.next()); }

 private:
  static Task<T> value_of(Task<detail::Members> next) {
    const detail::Members state = co_await std::move(next);
    co_return detail::MemberTraits<T>::from(*state.front());
  }
  detail::StateReader reader_;
};

template <TopicType T>
class TopicCondition;

template <TopicType T>
class Topic : public ComparableTerm<Topic<T>> {
 public:
  explicit Topic(detail::TopicCore core) : core_(std::move(core)) {}

  const std::string& name() const noexcept { return core_.name(); }
  const detail::TopicCore& core() const noexcept { return core_; }

  // Returns the value; empty if the topic is unset. (If T is an optional already, a T.)
  Task<detail::OptionalOf<T>> get() const { return detail::value_or_unset_of<T>(detail::get_topic(core_), core_); }
  // Returns the latest transition: value, version, time, writer, quality. Never null; version.number 0: never set,
  // or forgotten by the broker.
  Task<TransitionPtr> latest() const { return detail::get_topic(core_); }

  // Sets the value, and returns the version that it became, or that it equals already. Throws VersionConflict if the
  // condition fails. Cancelled, or failed with outcome_unknown, it may have been applied; it is never applied twice.
  // Options, in any order: if_version(version), measured_at(time).
  template <detail::SetOption... Options>
  Task<Version> set(T next, Options... options) const
    requires(!detail::DestroyedTwice<T>)
  {
    return set_value(std::move(next), detail::SetOptions::of(options...));
  }
  // An aggregate has to have a name: co_await mood.set(Mood{...}) would destroy it twice.
  template <detail::SetOption... Options>
  Task<Version> set(const T& next, Options... options) const
    requires detail::DestroyedTwice<T>
  {
    return set_value(next, detail::SetOptions::of(options...));
  }
  template <detail::SetOption... Options>
  Task<Version> set(T&& next, Options... options) const
    requires detail::DestroyedTwice<T>
  {
    detail::check_argument<T>();
    return set_value(std::move(next), detail::SetOptions::of(options...));
  }
  // Sets the value without waiting: for readings, which are followed by the next one anyway. Posts and sets are applied
  // in the order of the calls. Without a connection posts are queued. Throws Error(limit_exceeded) if more than 16,384
  // posts or 1 MiB are not settled: Bus::writable() waits for room, Bus::flush() until all are. A post that the broker
  // refuses ends the Bus's nursery with the error; if the session was lost before one was settled, the next flush()
  // throws.
  // Options, in any order: latest_only, measured_at(time). With latest_only the post replaces the last such post of
  // this topic, if that has not left yet: so a sensor without a connection keeps one reading for when it is back.
  // BusStatistics::conflated_posts counts the replaced ones.
  template <detail::PostOption... Options>
  void post(T next, Options... options) const {
    detail::post_topic(core_, detail::to_value<T>(std::move(next), name()), detail::PostOptions::of(options...));
  }
  // Sets the value that `next_of` returns for the current one, a std::optional<T>. If another writer was faster,
  // `next_of` is called again with that writer's value, so that no write is lost.
  template <class F>
  Task<Version> update(F&& next_of) const {
    detail::check_function<std::decay_t<F>&, detail::OptionalOf<T>>();
    static_assert(detail::Coroutine<std::decay_t<F>&, detail::OptionalOf<T>> ||
                      std::is_invocable_r_v<T, std::decay_t<F>&, detail::OptionalOf<T>>,
                  "update() takes a function of a std::optional of the topic's type that returns the next value");
    detail::check_closure<F>();
    if constexpr (detail::Coroutine<std::decay_t<F>&, detail::OptionalOf<T>>)
      return detail::after_an_error<Task<Version>>();
    else
      return detail::update_topic(
          core_, [next_of = std::decay_t<F>(std::forward<F>(next_of)), name = name()](const Value& present) mutable {
            return detail::to_value<T>(std::invoke(next_of, detail::from_value_or_unset<T>(present, name)), name);
          });
  }
  // Declares properties of the topic, whoever writes it: deadline(100ms) or no_deadline, history(256), and always that
  // it holds values of this type. They stay as long as the topic is set, owned, or declared by a Bus that is connected
  // or may come back. This Bus declares them again to a restarted broker; if that refuses, the nursery ends with the
  // error. Throws TypeMismatch if the topic is of another type.
  template <detail::DeclareOption... Options>
  Task<> declare(Options... options) const {
    return detail::declare_topic(core_, detail::DeclareOptions::of<T>(options...));
  }

  // Takes back what this Bus has declared. The broker keeps it if another client has declared the topic too. Throws
  // Error(not_owner) if only others have, and one of their sessions is open.
  Task<> undeclare() const { return detail::undeclare_topic(core_); }

  // Owns the topic while the lease lives: writes of other sessions fail with Error(not_owner). When the lease ends, the
  // topic becomes last_will(v), otherwise unset; readers see it as orphaned. Throws Error(not_owner) if another session
  // owns the topic; with take_over that session loses it instead. With lasting(5s) the lease expires after that time.
  template <detail::OwnOption<T>... Options>
  Task<Lease> own(Options... options) const {
    return detail::own_topic(core_, detail::OwnOptions::of<T>(name(), options...));
  }

  // Unsets the topic, and returns the version of that.
  Task<Version> unset(IfVersion condition = {}) const {
    return detail::set_topic(core_, Value(), detail::SetOptions::of(condition));
  }

  // Waits for the first value that satisfies the condition, the current one included, and returns it. With held_for(d)
  // it waits until the condition has been true throughout d, and returns the latest value. Expressions (value > 3),
  // values, texts in where() and parsed Predicates are evaluated by the broker, at each commit: a match that lasts only
  // an instant is not missed, and one message crosses the network. A callable is evaluated here, over a subscription
  // that may skip values, and each value crosses the network; so is a std::optional, since it may be empty.
  template <class P>
  Task<T> wait_value(P&& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) const {
    return detail::value_of<T>(wait_latest(std::forward<P>(condition), hold), core_);
  }
  // Waits until the topic has a value that has been unchanged for that long.
  Task<T> wait_value(HeldFor hold) const { return detail::value_of<T>(wait_latest(hold), core_); }

  // The same waits; return everything that is known of the match, as latest() does.
  template <class P>
    requires(!std::same_as<std::remove_cvref_t<P>, HeldFor>)
  Task<TransitionPtr> wait_latest(P&& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) const {
    detail::check_topic_condition<P, T>();
    detail::check_argument<P>();
    if constexpr (detail::EvaluatedInClient<P, T>) {
      if constexpr (detail::TopicCallable<P, T>) detail::check_closure<P>();
      return detail::wait_locally<T>(core_, detail::state_test<T>(std::forward<P>(condition)).function(),
                                     hold.duration());
    } else {
      return detail::wait_topic(core_, detail::broker_predicate<T>(std::forward<P>(condition)), hold.duration());
    }
  }
  Task<TransitionPtr> wait_latest(HeldFor hold) const {
    return detail::wait_topic(core_, std::nullopt, hold.duration());
  }

  // Makes a reader of the latest value. With a condition: only of values that satisfy it; with held_for: only once it
  // has been true throughout (without a condition: once the value has been unchanged). Both are evaluated here, since
  // the reader has to see the values that end a match, and a hold counts from a value's arrival. So each value may
  // cross the network. With at_most_every(100ms) the broker sends at most one in that time, the latest; then a hold
  // starts again with each value that follows skipped ones.
  template <detail::ValuesOption... Options>
  TopicValues<T> eventual_values(Options... options) const {
    return TopicValues<T>(core_, {}, detail::ValuesOptions::of(options...));
  }
  template <class P, detail::ValuesOption... Options>
    requires(!detail::ValuesOption<P>)
  TopicValues<T> eventual_values(P&& condition, Options... options) const {
    detail::check_topic_condition<P, T>();
    return TopicValues<T>(core_, detail::state_test<T>(std::forward<P>(condition)),
                          detail::ValuesOptions::of(options...));
  }

  // Waits for the first transition that matches: from now on, or, with after(version), after that version, also if it
  // is past already, so that none is missed in between. A condition is about the new value, as for wait_value; a parsed
  // Predicate or a text in where() may name old_value too. Without a condition every transition matches, also one to
  // unset. Evaluated by the broker, at each commit. Throws Error(lagged) if the broker does not know any more what came
  // after the version (it has left the topic's history, or the broker was restarted); it never skips to a later match.
  Task<TopicTransition<T>> wait_transition() const {
    return detail::wait_for_transition<T>(core_, std::nullopt, std::nullopt);
  }
  Task<TopicTransition<T>> wait_transition(After after) const {
    return detail::wait_for_transition<T>(core_, std::nullopt, after.value());
  }
  template <class P>
  Task<TopicTransition<T>> wait_transition(P&& condition, After after) const {
    constexpr bool is_evaluated_here = detail::EvaluatedInClient<P, T> || detail::TransitionPredicate<P, T>;
    static_assert(!is_evaluated_here,
                  "only the broker knows what came after a version, and it evaluates expressions, not functions: write "
                  "value > 3 or where(\"value > 3\"), or leave out after(version)");
    if constexpr (!is_evaluated_here) {
      detail::check_topic_condition<P, T>();
      return detail::wait_for_transition<T>(core_, detail::broker_predicate<T>(std::forward<P>(condition)),
                                            after.value());
    }
  }
  // A callable, of the new value, or of the new and the old one as std::optional (empty: unset), is evaluated here,
  // over a subscription to every transition: each crosses the network.
  template <class P>
  Task<TopicTransition<T>> wait_transition(P&& condition) const {
    detail::check_transition_condition<P, T>();
    if constexpr (detail::TransitionPredicate<P, T> || detail::EvaluatedInClient<P, T>) {
      if constexpr (detail::TransitionPredicate<P, T> || detail::TopicCallable<P, T>) detail::check_closure<P>();
      return detail::wait_for_local_transition<T>(core_, detail::transition_test<T>(std::forward<P>(condition)));
    } else {
      return detail::wait_for_transition<T>(core_, detail::broker_predicate<T>(std::forward<P>(condition)),
                                            std::nullopt);
    }
  }

  // Makes a reader of every transition from now on (of those that match): topic_transition.hpp.
  TopicTransitions<T> transitions() const { return TopicTransitions<T>(core_, {}); }
  template <class P>
  TopicTransitions<T> transitions(P&& condition) const {
    detail::check_transition_condition<P, T>();
    return TopicTransitions<T>(core_, detail::transition_test<T>(std::forward<P>(condition)));
  }

 private:
  friend class ComparableTerm<Topic<T>>;
  // Makes the conditions of condition.hpp, such as topic > 3.
  template <ComparisonOp op, class L>
  TopicCondition<T> compared(const L& literal) const;

  Task<Version> set_value(T next, const detail::SetOptions& options) const {
    return detail::set_topic(core_, detail::to_value<T>(std::move(next), name()), options);
  }

  detail::TopicCore core_;
};

}  // namespace hoiku
