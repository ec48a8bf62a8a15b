#include "cli/verbs.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "cli/output.hpp"
#include "cli/screen.hpp"
#include "cli/standard_output.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

using namespace std::chrono_literals;

// The default time limit of one-shot commands, and of connecting.
constexpr Duration default_timeout = 5s;
// A `wait` that is shorter may have ended before its first answer.
constexpr Duration round_trip_max = 1s;
// The time limit for fetching the schema of a match. Without it a message is printed as bytes.
constexpr Duration schema_timeout = 2s;

// The value to set. Text that looks like a JSON object is a message if the topic holds messages, otherwise a string.
Task<Value> value_to_set(Bus bus, SetVerb verb, Messages& messages) {
  if (!verb.json) co_return verb.value;
  std::string type = verb.message_type;
  if (type.empty()) {
    const TransitionPtr present = co_await bus.topic_value(verb.topic).latest();
    type = message_type_of(present->value);
  }
  if (type.empty()) co_return verb.value;
  co_await messages.learn(bus, type);
  co_return messages.read(type, *verb.json);
}

Task<Answer> set(Bus bus, SetVerb verb, bool json) {
  const auto topic = bus.topic_value(verb.topic);
  Messages messages;
  const Value next = co_await value_to_set(bus, verb, messages);
  const IfVersion condition = verb.if_version ? if_version(*verb.if_version) : IfVersion();
  const Version version = co_await topic.set(next, condition);
  const Screen screen(json);
  Answer answer;
  answer.output = set_line(verb.topic, next, version, screen.line_style(), messages) + "\n";
  answer.is_cut = screen.line_cuts(next, messages);
  answer.note = "; the topic is set";
  co_return answer;
}

// A value as `get` and `wait` print it.
Answer answer_of(const Transition& state, bool json, bool raw, const Messages& messages) {
  Answer answer;
  const Screen screen(json);
  if (raw) {
    answer.output = value_bytes(state.value);
  } else {
    answer.output = value_line(state, screen.value_style(), messages) + "\n";
    answer.is_cut = screen.value_cuts(state.value, messages);
  }
  return answer;
}

Task<Answer> forget(Bus bus, ForgetVerb verb, bool json) {
  co_await bus.topic_value(verb.topic).undeclare();
  Answer answer;
  answer.output = forget_line(verb.topic, json) + "\n";
  co_return answer;
}

Task<Answer> get(Bus bus, GetVerb verb, bool json) {
  const TransitionPtr newest = co_await bus.topic_value(verb.topic).latest();
  if (newest->value.is_null()) {
    std::fprintf(stderr, "hoiku: topic %s is unset\n", text::quote(verb.topic).c_str());
    Answer nothing;
    nothing.status = failed;
    co_return nothing;
  }
  Messages messages;
  co_await messages.learn(bus, message_type_of(newest->value));
  co_return answer_of(*newest, json, verb.raw, messages);
}

Task<Answer> run_one_shot(Bus bus, const Options& options) {
  if (const auto* verb = std::get_if<SetVerb>(&options.verb)) return set(bus, *verb, options.json);
  if (const auto* verb = std::get_if<ForgetVerb>(&options.verb)) return forget(bus, *verb, options.json);
  if (const auto* verb = std::get_if<LsVerb>(&options.verb)) return ls(bus, *verb, options.json);
  if (std::holds_alternative<ReadersVerb>(options.verb)) return readers(bus, options.json);
  return get(bus, std::get<GetVerb>(options.verb), options.json);
}

Task<int> print_answer(Answer answer) {
  try {
    co_await write_output(std::move(answer.output));
    if (answer.print_rest) co_await answer.print_rest();
  } catch (const CannotWrite& error) {
    throw CannotWrite(error.number(), answer.note);
  }
  if (answer.is_cut) tell_that_values_are_cut();
  co_return answer.status;
}

Task<int> run_in_time(Bus bus, const Options& options, TimePoint deadline) {
  Answer answer;
  try {
    answer = co_await fail_at(deadline, run_one_shot, bus, std::cref(options));
  } catch (const TooSlowError&) {
    throw no_answer(options);
  }
  co_return co_await print_answer(std::move(answer));
}

// Returns the committed state, if that matches: the snapshot of a reader with a filter has only what matches.
Task<TransitionPtr> match_now(Bus bus, const WaitVerb& verb) {
  PatternSubscription now =
      verb.condition ? bus.watch(verb.topic, where(*verb.condition)) : bus.watch(verb.topic, Mode::latest);
  for (;;) {
    AnyTransition state = co_await now.next();
    if (state.end_of_snapshot) co_return nullptr;
    if (!verb.condition && state.value.is_null()) continue;
    auto match = std::make_shared<Transition>();
    match->topic = std::move(state.topic);
    match->value = std::move(state.value);
    match->version = state.version;
    match->revision = state.revision;
    match->changed_at = state.changed_at;
    match->writer = std::move(state.writer);
    match->quality = state.quality;
    co_return match;
  }
}

// The first match within the time limit, or null.
Task<TransitionPtr> first_match(Bus bus, const Options& options) {
  const auto& verb = std::get<WaitVerb>(options.verb);
  TransitionPtr match;
  auto waiting = [&]() -> Task<> {
    const Topic<Value> topic = bus.topic_value(verb.topic);
    const HeldFor hold = held_for(verb.held_for);
    Task<TransitionPtr> wait = verb.condition ? topic.wait_latest(*verb.condition, hold) : topic.wait_latest(hold);
    match = co_await std::move(wait);
  };
  auto looking = [&]() -> Task<> { match = co_await match_now(bus, verb); };
  if (!options.timeout) {
    co_await waiting();
    co_return match;
  }
  co_await move_on_after(*options.timeout, waiting);
  // `--timeout 0s` asks whether it is so now.
  const bool was_short = *options.timeout < round_trip_max && verb.held_for.count() == 0;
  if (!match && was_short) co_await move_on_after(default_timeout, looking);
  co_return match;
}

Task<int> run_wait(Bus bus, const Options& options) {
  const auto& verb = std::get<WaitVerb>(options.verb);
  const TransitionPtr match = co_await first_match(bus, options);
  if (!match) {
    std::fprintf(stderr, "hoiku: topic %s did not satisfy the condition within %s\n", text::quote(verb.topic).c_str(),
                 options.timeout_text.c_str());
    co_return timed_out;
  }
  // The condition was met: a slow schema must not turn that into a failure.
  Messages messages;
  co_await move_on_after(schema_timeout, [&] { return messages.learn(bus, message_type_of(match->value)); });
  co_return co_await print_answer(answer_of(*match, options.json, verb.raw, messages));
}

// As `watch`: when nobody reads the output any more, nobody waits.
Task<int> wait_while_read(Bus bus, const Options& options) {
  auto ended = co_await wait_any(wait_until_nobody_reads(), run_wait(bus, options));
  const std::optional<int> status = ended.get<1>();
  if (!status) throw CannotWrite(EPIPE);
  co_return *status;
}

Task<int> run_verb(Nursery& nursery, const Options& options, Duration connecting) {
  const TimePoint deadline = now() + connecting;
  Bus bus = co_await Bus::connect(nursery, options.endpoint, client_name("hoiku"), connect_timeout(connecting));
  if (const auto* verb = std::get_if<WatchVerb>(&options.verb)) co_return co_await watch(bus, *verb, options.json);
  if (std::holds_alternative<WaitVerb>(options.verb)) co_return co_await wait_while_read(bus, options);
  co_return co_await run_in_time(bus, options, deadline);
}

}  // namespace

Error no_answer(const Options& options) {
  const bool writes = std::holds_alternative<SetVerb>(options.verb);
  return Error(ErrorCode::unavailable, "the broker at " + options.endpoint + " did not answer within " +
                                           options.timeout_text + (writes ? "; the set may still be applied" : ""));
}

Duration connect_limit(const Options& options) {
  const bool waits = std::holds_alternative<WaitVerb>(options.verb);
  return waits ? default_timeout : options.timeout.value_or(default_timeout);
}

Task<int> execute(Options options) {
  const Duration connecting = connect_limit(options);
  if (const auto* verb = std::get_if<CompleteVerb>(&options.verb)) co_return co_await complete_words(verb->words);
  if (std::holds_alternative<BenchVerb>(options.verb)) co_return co_await bench(options, connecting);
  if (std::holds_alternative<PingVerb>(options.verb)) co_return co_await ping(options, connecting);
  co_return co_await open_nursery(
      [&](Nursery& nursery) -> Task<int> { co_return co_await run_verb(nursery, options, connecting); });
}

}  // namespace hoiku::cli
