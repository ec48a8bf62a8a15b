// topic.hpp: Topic<T>: a handle to one piece of state at the broker. Made by Bus::topic; cheap to copy; give it by value.
//
// T          bool, an integer, an enumeration, float or double, std::string, Bytes, a Protobuf message (hoiku/protobuf.hpp),
//            a type of your own; std::optional of one of them; or Value, for whatever it holds: topic_type.hpp.
// Waiting    every verb returns a Task that does nothing until it is awaited. Without a connection it waits for one,
//            cancellably: put it into a time limit where that matters.
// Errors     TypeMismatch where the topic holds another type; Closed, or what ended it, when the Bus has ended; see errors.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/client/broker_predicate.hpp"
#include "hoiku/client/lease.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/client/subscribe_options.hpp"
#include "hoiku/client/topic_core.hpp"
#include "hoiku/client/topic_transition.hpp"
#include "hoiku/client/topic_type.hpp"

namespace hoiku {
namespace detail {

template <TopicType... Ts, std::size_t... i>
std::tuple<Ts...> decode_members(const Members& members, std::index_sequence<i...>) {
  // Braces, because they evaluate from left to right: the first mismatch is the one that is told.
  return std::tuple<Ts...>{from_value<Ts>(members[i]->value, members[i]->topic)...};
}
template <TopicType... Ts>
std::tuple<Ts...> decode_members(const Members& members) {
  return decode_members<Ts...>(members, std::index_sequence_for<Ts...>());
}

template <TopicType... Ts>
std::vector<Required> required_of() {
  return {(is_optional<Ts> ? Required::known : Required::set)...};
}

template <TopicType T>
Task<OptionalOf<T>> get_value(TopicCore topic) {
  const TransitionPtr newest = co_await get_topic(topic);
  co_return from_value_or_unset<T>(newest->value, topic.name());
}

template <TopicType T>
Task<T> value_of(Task<TransitionPtr> match, TopicCore topic) {
  const TransitionPtr matched = co_await std::move(match);
  co_return from_value<T>(matched->value, topic.name());
}

template <TopicType T>
Task<TransitionPtr> wait_locally(TopicCore topic, MembersTest test, Duration hold) {
  const Members match = co_await wait_state(topic.bus(), std::vector<std::string>(1, topic.name()), required_of<T>(),
                                            std::move(test), hold);
  co_return match.front();
}

// A test on typed values as one on what arrived. What can't be read as the type throws, and so tells whoever waits.
template <TopicType... Ts, class F>
MembersTest typed_test(F function) {
  return [function = std::move(function)](const Members& members) mutable {
    return static_cast<bool>(std::apply(function, decode_members<Ts...>(members)));
  };
}

}  // namespace detail

// What eventual_values() of a topic gives. Subscribed for as long as it lives; one task at a time calls next().
template <TopicType T>
class TopicValues {
 public:
  TopicValues(const detail::TopicCore& topic, detail::MembersTest test, const detail::ValuesOptions& options)
      : topic_(topic),
        reader_(topic.bus(), std::vector<std::string>(1, topic.name()), detail::required_of<T>(), std::move(test),
                options.hold, options.interval) {}

  // The present value, whenever it is set (or T is an optional), matches, and differs from the one given last. Values that came and went
  // between two calls are not seen; once writers stop, the last value is.
  Task<T> next() { return next_of(reader_, topic_); }

 private:
  static Task<T> next_of(detail::StateReader& reader, detail::TopicCore topic) {
    const detail::Members state = co_await reader.next();
    co_return detail::from_value<T>(state.front()->value, topic.name());
  }
  detail::TopicCore topic_;
  detail::StateReader reader_;
};

template <TopicType T>
class Topic {
 public:
  explicit Topic(detail::TopicCore core) : core_(std::move(core)) {}

  const std::string& name() const noexcept { return core_.name(); }
  const detail::TopicCore& core() const noexcept { return core_; }

  // The value; nothing where the topic is not set. (A std::optional<T>, also where T is one already.)
  Task<detail::OptionalOf<T>> get() const { return detail::get_value<T>(core_); }
  // Everything that is known of it: value, version, time, writer, quality. Never null; version.number 0: not set.
  Task<TransitionPtr> latest() const { return detail::get_topic(core_); }

  // The version that the value became, or that it equals already. Cancelled, or failed with outcome_unknown, it may
  // have been applied all the same; it is never applied twice.
  Task<Version> set(T next, IfVersion condition = {}) const {
    return detail::set_topic(core_, detail::to_value<T>(std::move(next), name()), condition.value());
  }
  // The same without waiting for anything: for readings, of which the next one comes anyway. In the order of the calls, also
  // with set(). Without a connection they wait for it. Throws Error(limit_exceeded) beyond 16,384 posts or 1 MiB that are not
  // acknowledged: Bus::writable() waits for room, Bus::flush() for all acknowledgements. One that the broker refuses ends
  // the Bus's nursery with the error; one that was in flight when the session was lost is told by the next flush().
  void post(T next) const { detail::post_topic(core_, detail::to_value<T>(std::move(next), name()), false); }
  // The same in place of the last post(…, latest_only) of this topic, where that has not left yet: so a sensor that is cut
  // off keeps one reading for when it is back. BusStatistics::conflated_posts counts those that were replaced.
  void post(T next, LatestOnly) const { detail::post_topic(core_, detail::to_value<T>(std::move(next), name()), true); }
  // Sets what `next_of` makes of the present value (nothing: not set), a std::optional<T>; called again where another writer was
  // faster, so that no write is lost: topic.update([](std::optional<int> n) { return n.value_or(0) + 1; }).
  template <class F>
  Task<Version> update(F&& next_of) const {
    static_assert(std::is_invocable_r_v<T, std::decay_t<F>&, detail::OptionalOf<T>>,
                  "update() takes a function of a std::optional of the topic's type that returns the next value");
    detail::check_closure<F>();
    return detail::update_topic(
        core_, [next_of = std::decay_t<F>(std::forward<F>(next_of)), name = name()](const Value& present) mutable {
          return detail::to_value<T>(std::invoke(next_of, detail::from_value_or_unset<T>(present, name)), name);
        });
  }
  // Says what the topic is to be, whoever writes it: deadline(100ms), history(256), and, without being asked, that it holds
  // values of this type. It stays so as long as the broker runs, and this Bus says it again to one that was restarted; where
  // that one knows it otherwise, the nursery ends with the error. Throws TypeMismatch where the topic is of another type.
  template <detail::DeclareOption... Options>
  Task<> declare(Options... options) const {
    return detail::declare_topic(core_, detail::DeclareOptions::of<T>(options...));
  }

  // Nobody else may write the topic (Error(not_owner)) as long as the lease lives: lease.hpp. With last_will(v): what the topic
  // becomes when it ends, otherwise it becomes unset; readers see it as orphaned. With take_over: also where somebody else owns
  // it, who loses it then; without it that is Error(not_owner). With lasting(5s): at most for so long.
  template <detail::OwnOption<T>... Options>
  Task<Lease> own(Options... options) const {
    return detail::own_topic(core_, detail::OwnOptions::of<T>(name(), options...));
  }

  // The topic then holds nothing.
  Task<Version> unset(IfVersion condition = {}) const { return detail::set_topic(core_, Value(), condition.value()); }

  // The first value of which the condition is true, the present one included; with held_for(d), the newest value once
  // it has been true throughout d. Expressions (value > 3), values and parsed Predicates are decided in the broker, at
  // each commit: a match that is gone again at once is not missed, and one message crosses the network. A callable is
  // decided here, over a subscription that may skip values, and each change crosses the network; so is a value of an
  // optional, which may be that the topic is not set.
  template <class P>
  Task<T> wait_value(P&& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) const {
    return detail::value_of<T>(wait_latest(std::forward<P>(condition), hold), core_);
  }
  // Any value, unchanged for that long.
  Task<T> wait_value(HeldFor hold) const { return detail::value_of<T>(wait_latest(hold), core_); }

  // The same waits; return everything that is known of the match, as latest() does.
  template <class P>
    requires(!std::same_as<std::remove_cvref_t<P>, HeldFor>)
  Task<TransitionPtr> wait_latest(P&& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) const {
    detail::check_topic_condition<P, T>();
    if constexpr (detail::EvaluatedInClient<P, T>) {
      if constexpr (detail::TopicCallable<P, T>) detail::check_closure<P>();
      return detail::wait_locally<T>(core_, detail::typed_test<T>(detail::local_test<T>(std::forward<P>(condition))),
                                     hold.duration());
    } else {
      return detail::wait_topic(core_, detail::broker_predicate<T>(std::forward<P>(condition)), hold.duration());
    }
  }
  Task<TransitionPtr> wait_latest(HeldFor hold) const {
    return detail::wait_topic(core_, std::nullopt, hold.duration());
  }

  // A reader of the present value. With a condition: only values of which it is true; with held_for: only once it has
  // been true throughout (without a condition: unchanged). Both are decided here: the hold counts from a value's arrival, and
  // a condition has to see the values of which it is not true, or it would not know that its present value is over. So each
  // value may cross the network, but with at_most_every(100ms): then the broker sends at most one in that time, the newest,
  // and a hold begins anew with each that comes behind others.
  template <detail::ValuesOption... Options>
  TopicValues<T> eventual_values(Options... options) const {
    return TopicValues<T>(core_, nullptr, detail::ValuesOptions::of(options...));
  }
  template <class P, detail::ValuesOption... Options>
    requires(!detail::ValuesOption<P>)
  TopicValues<T> eventual_values(P&& condition, Options... options) const {
    detail::check_topic_condition<P, T>();
    return TopicValues<T>(core_, detail::typed_test<T>(detail::local_test<T>(std::forward<P>(condition))),
                          detail::ValuesOptions::of(options...));
  }

  // The first change of which the condition is true, from now on, or, with after(version), behind that version: also where it
  // has happened already, so that nothing can be missed in between. A condition is on the new value, as for wait_value; a
  // parsed Predicate may be about old_value too. Without a condition every change counts, also that to "not set".
  // Decided in the broker, at each commit. Error(lagged), where the broker can no longer tell what came behind the version
  // (it has gone from the topic's history, or the broker was restarted): never a later match.
  Task<TopicTransition<T>> wait_transition() const {
    return detail::wait_for_transition<T>(core_, std::nullopt, std::nullopt);
  }
  Task<TopicTransition<T>> wait_transition(After after) const {
    return detail::wait_for_transition<T>(core_, std::nullopt, after.value());
  }
  template <class P>
    requires(!detail::EvaluatedInClient<P, T> && !detail::TransitionPredicate<P, T>)
  Task<TopicTransition<T>> wait_transition(P&& condition, After after) const {
    detail::check_topic_condition<P, T>();
    return detail::wait_for_transition<T>(core_, detail::broker_predicate<T>(std::forward<P>(condition)),
                                          after.value());
  }
  // A callable, of the new value, or of the new and the old one as std::optional (nothing: not set), is decided here, over a
  // subscription to every transition: each crosses the network.
  template <class P>
    requires(!std::same_as<std::remove_cvref_t<P>, After>)
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
  template <class P>
    requires(detail::EvaluatedInClient<P, T> || detail::TransitionPredicate<P, T>)
  void wait_transition(P&& condition, After after) const =
      delete;  // what came behind a version only the broker knows: it can't call a function; write value > 3

  // A reader of every change from now on (of those that match), within the broker's history of the topic; what it was not
  // given is told: topic_transition.hpp.
  TopicTransitions<T> transitions() const { return TopicTransitions<T>(core_, nullptr); }
  template <class P>
  TopicTransitions<T> transitions(P&& condition) const {
    detail::check_transition_condition<P, T>();
    return TopicTransitions<T>(core_, detail::transition_test<T>(std::forward<P>(condition)));
  }

 private:
  detail::TopicCore core_;
};

}  // namespace hoiku
