#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace hoiku::cli {

Task<int> watch(Bus bus, WatchVerb verb, bool json) {
  const Mode mode = verb.every ? Mode::every : Mode::latest;
  const AtMostEvery rate = at_most_every(verb.interval);
  PatternSubscription subscription =
      verb.filter ? bus.watch(verb.pattern, mode, rate, where(*verb.filter)) : bus.watch(verb.pattern, mode, rate);
  Messages messages;
  for (;;) {
    const AnyTransition transition = co_await subscription.next();
    if (transition.end_of_snapshot) continue;
    if (!has_news(transition)) continue;
    co_await messages.learn(bus, message_type_of(transition.value));
    co_await messages.learn(bus, message_type_of(transition.old_value));
    print(transition_line(transition, json, messages));
  }
}

}  // namespace hoiku::cli
