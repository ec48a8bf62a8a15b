// reading.hpp: what may be said of a subscription: in which mode it reads, which versions it wants, and how often.
//
//   bus.watch("motor/*/heat", where("value > 80"), at_most_every(100ms))
//   bus.watch("motor/*/heat", Mode::every, where(value > 80.0))
//
// Both are done by the broker, so what is not wanted does not cross the network; it is counted, and each change says how much
// was left out before it.
#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/client/broker_predicate.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/predicate.hpp"

namespace hoiku {

using proto::Mode;

// Only versions of which the condition is true. A topic that is not set matches no comparison, so that a topic becomes unset
// is told only where the condition says so, as !(value > 3) does; `old_value` is the topic's version before. Under a pattern
// values of another type do not match; a topic by its name has to be of the right type.
class Where {
 public:
  explicit Where(Predicate predicate) : predicate_(std::move(predicate)) {}
  const Predicate& predicate() const noexcept { return predicate_; }

 private:
  Predicate predicate_;
};
inline Where where(Predicate predicate) { return Where(std::move(predicate)); }
// The grammar of predicate.hpp. Throws Error(invalid_predicate), which says where it is wrong.
Where where(std::string_view expression);
template <class E>
  requires IsPredicateExpression<E>
Where where(const E& expression) {
  return Where(detail::to_predicate<Value>(expression));
}

// Of each topic at most one version in so long a time; the newest one comes when the time is over. Mode::latest only. (Under a
// pattern a topic that is unset, and then removed because nobody reads it by its name, begins anew when it is set again.)
class AtMostEvery {
 public:
  explicit AtMostEvery(std::chrono::nanoseconds interval) : interval_(interval) {}
  std::chrono::nanoseconds interval() const noexcept { return interval_; }

 private:
  std::chrono::nanoseconds interval_;
};
inline AtMostEvery at_most_every(std::chrono::nanoseconds interval) { return AtMostEvery(interval); }

namespace detail {

class Reading {
 public:
  Reading() = default;
  explicit Reading(Mode wanted) : mode(wanted) {}
  template <class... Options>
  static Reading of(Options&&... options) {
    Reading made;
    (made.take(std::forward<Options>(options)), ...);
    return made;
  }

  Mode mode = Mode::latest;
  std::optional<Predicate> filter;
  std::chrono::nanoseconds interval{0};

 private:
  void take(Mode option) { mode = option; }
  void take(const Where& option) { filter = option.predicate(); }
  void take(const AtMostEvery& option) { interval = option.interval(); }
};

// Throws Error(invalid_argument) or Error(invalid_predicate), as the broker would answer.
void check(const Reading& reading);

template <class T>
concept WatchOption = std::same_as<T, Mode> || std::same_as<T, Where> || std::same_as<T, AtMostEvery>;

// Of eventual_values() of a topic.
class ValuesOptions {
 public:
  ValuesOptions() = default;
  template <class... Options>
  static ValuesOptions of(Options&&... options) {
    ValuesOptions made;
    (made.take(std::forward<Options>(options)), ...);
    return made;
  }

  std::chrono::nanoseconds hold{0};
  std::chrono::nanoseconds interval{0};

 private:
  void take(const HeldFor& option) { hold = option.duration(); }
  void take(const AtMostEvery& option) { interval = option.interval(); }
};

template <class T>
concept ValuesOption =
    std::same_as<std::remove_cvref_t<T>, HeldFor> || std::same_as<std::remove_cvref_t<T>, AtMostEvery>;

}  // namespace detail
}  // namespace hoiku
