#include <cerrno>

#include "cli/output.hpp"
#include "cli/screen.hpp"
#include "cli/standard_output.hpp"
#include "cli/verbs.hpp"

namespace hoiku::cli {
namespace {

Task<> show(Bus bus, WatchVerb verb, bool json) {
  const Mode mode = verb.every ? Mode::every : Mode::latest;
  const AtMostEvery rate = at_most_every(verb.interval);
  PatternSubscription subscription =
      verb.filter ? bus.watch(verb.pattern, mode, rate, where(*verb.filter)) : bus.watch(verb.pattern, mode, rate);
  Messages messages;
  const Screen screen(json);
  bool told = json;
  for (;;) {
    const AnyTransition transition = co_await subscription.next();
    if (transition.end_of_snapshot) continue;
    if (!has_news(transition)) continue;
    co_await messages.learn(bus, message_type_of(transition.value));
    co_await messages.learn(bus, message_type_of(transition.old_value));
    co_await print(transition_line(transition, screen.line_style(), messages));
    if (told || !(screen.line_cuts(transition.value, messages) || screen.line_cuts(transition.old_value, messages)))
      continue;
    tell_that_values_are_cut();
    told = true;
  }
}

}  // namespace

Task<int> watch(Bus bus, WatchVerb verb, bool json) {
  // `hoiku watch a | head -1` ends with head, and not only when the next line cannot be written.
  co_await wait_any(wait_until_nobody_reads(), show(bus, std::move(verb), json));
  throw CannotWrite(EPIPE);
}

}  // namespace hoiku::cli
