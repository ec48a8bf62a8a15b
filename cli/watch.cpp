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
    const TopicChange change = co_await subscription.next();
    if (change.end_of_snapshot) continue;
    if (!has_news(change)) continue;
    co_await messages.learn(bus, message_type_of(change.value));
    co_await messages.learn(bus, message_type_of(change.old_value));
    print(change_line(change, json, messages));
  }
}

}  // namespace hoiku::cli
