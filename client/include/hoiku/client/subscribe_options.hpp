// subscribe_options.hpp: how a subscription reads: in which mode, which versions, and how often.
//
//   bus.watch("motor/*/heat", where("value > 80"), at_most_every(100ms))
//   bus.watch("motor/*/heat", Mode::every, where(value > 80.0))
//
// The broker filters and limits, so what a reader does not want does not cross the network. It is counted: each
// transition says how many versions were left out before it.
#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <utility>

#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/client/broker_predicate.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/client/where.hpp"
#include "hoiku/proto/mode.hpp"
#include "hoiku/proto/predicate.hpp"

namespace [[gnu::visibility("default")]] hoiku {

using proto::Mode;

template <class E>
  requires IsPredicateExpression<E>
Where where(const E& expression) {
  return Where(detail::to_predicate<Value>(expression));
}

// At most one version of each topic in this time; the latest one comes when the time ends. Zero: no limit.
// Mode::latest only. (Under a pattern a topic that is unset, and then removed because no reader names it, starts over
// when it is set again.)
using AtMostEvery = Option<struct AtMostEveryTag, std::chrono::nanoseconds>;
inline AtMostEvery at_most_every(std::chrono::nanoseconds interval) { return AtMostEvery(interval); }

namespace detail {

template <class T>
concept WatchOption = AnyOf<T, Mode, Where, AtMostEvery>;

// The options of Bus::watch.
class SubscribeOptions {
 public:
  SubscribeOptions() = default;
  explicit SubscribeOptions(Mode wanted) : mode(wanted) {}
  template <WatchOption... Options>
  static SubscribeOptions of(Options... options) {
    SubscribeOptions made;
    (made.take(std::move(options)), ...);
    return made;
  }

  Mode mode = Mode::latest;
  std::optional<Predicate> filter;
  std::chrono::nanoseconds interval{0};

 private:
  void take(Mode option) { mode = option; }
  void take(const Where& option) { filter = option.value(); }
  void take(const AtMostEvery& option) { interval = option.value(); }
};

// Throws Error(invalid_argument) or Error(invalid_predicate), as the broker would answer.
void check(const SubscribeOptions& options);

template <class T>
concept ValuesOption = AnyOf<std::remove_cvref_t<T>, HeldFor, AtMostEvery>;

// The options of a topic's eventual_values().
class ValuesOptions {
 public:
  ValuesOptions() = default;
  template <ValuesOption... Options>
  static ValuesOptions of(Options... options) {
    ValuesOptions made;
    (made.take(options), ...);
    return made;
  }

  std::chrono::nanoseconds hold{0};
  std::chrono::nanoseconds interval{0};

 private:
  void take(const HeldFor& option) { hold = option.duration(); }
  void take(const AtMostEvery& option) { interval = option.value(); }
};

}  // namespace detail
}  // namespace hoiku
