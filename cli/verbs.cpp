#include "cli/verbs.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/output.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

using namespace std::chrono_literals;

// The default time limit of one-shot commands, and of connecting.
constexpr Duration default_timeout = 5s;
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

Task<int> set(Bus bus, SetVerb verb, bool json) {
  const auto topic = bus.topic_value(verb.topic);
  Messages messages;
  const Value next = co_await value_to_set(bus, verb, messages);
  // Epoch 0 is the current epoch: on the command line a version is a number.
  const IfVersion condition = verb.if_version ? if_version(Version{0, *verb.if_version}) : IfVersion();
  const Version version = co_await topic.set(next, condition);
  print(set_line(verb.topic, next, version, json, messages));
  co_return done;
}

Task<int> get(Bus bus, GetVerb verb, bool json) {
  const TransitionPtr newest = co_await bus.topic_value(verb.topic).latest();
  if (newest->value.is_null()) {
    std::fprintf(stderr, "hoiku: topic %s is unset\n", text::quote(verb.topic).c_str());
    co_return failed;
  }
  Messages messages;
  co_await messages.learn(bus, message_type_of(newest->value));
  print(value_line(*newest, json, messages));
  co_return done;
}

Task<int> run_one_shot(Bus bus, const Options& options) {
  if (const auto* verb = std::get_if<SetVerb>(&options.verb)) return set(bus, *verb, options.json);
  if (const auto* verb = std::get_if<LsVerb>(&options.verb)) return ls(bus, *verb, options.json);
  if (std::holds_alternative<ReadersVerb>(options.verb)) return readers(bus, options.json);
  return get(bus, std::get<GetVerb>(options.verb), options.json);
}

Task<int> run_in_time(Bus bus, const Options& options, TimePoint deadline) {
  int status = timed_out;
  try {
    status = co_await fail_at(deadline, run_one_shot, bus, std::cref(options));
  } catch (const TooSlowError&) {
    throw no_answer(options);
  }
  co_return status;
}

Task<int> run_wait(Bus bus, const Options& options) {
  const auto& verb = std::get<WaitVerb>(options.verb);
  TransitionPtr match;
  auto waiting = [&]() -> Task<> {
    const Topic<Value> topic = bus.topic_value(verb.topic);
    const HeldFor hold = held_for(verb.held_for);
    Task<TransitionPtr> wait = verb.condition ? topic.wait_latest(*verb.condition, hold) : topic.wait_latest(hold);
    match = co_await std::move(wait);
  };
  if (options.timeout)
    co_await move_on_after(*options.timeout, waiting);
  else
    co_await waiting();
  if (!match) {
    std::fprintf(stderr, "hoiku: topic %s did not satisfy the condition within %s\n", text::quote(verb.topic).c_str(),
                 options.timeout_text.c_str());
    co_return timed_out;
  }
  // The condition was met: a slow schema must not turn that into a failure.
  Messages messages;
  co_await move_on_after(schema_timeout, [&] { return messages.learn(bus, message_type_of(match->value)); });
  print(value_line(*match, options.json, messages));
  co_return done;
}

Task<int> run_verb(Nursery& nursery, const Options& options, Duration connecting) {
  const TimePoint deadline = now() + connecting;
  Bus bus = co_await Bus::connect(nursery, options.endpoint, client_name("hoiku"), connect_timeout(connecting));
  if (const auto* verb = std::get_if<WatchVerb>(&options.verb)) co_return co_await watch(bus, *verb, options.json);
  if (std::holds_alternative<WaitVerb>(options.verb)) co_return co_await run_wait(bus, options);
  co_return co_await run_in_time(bus, options, deadline);
}

}  // namespace

Error no_answer(const Options& options) {
  const bool writes = std::holds_alternative<SetVerb>(options.verb);
  return Error(ErrorCode::unavailable, "the broker at " + options.endpoint + " did not answer within " +
                                           options.timeout_text + (writes ? "; the set may still be applied" : ""));
}

Task<int> execute(Options options) {
  const bool waits = std::holds_alternative<WaitVerb>(options.verb);
  const Duration limit = options.timeout.value_or(default_timeout);
  const Duration connecting =
      waits ? std::min(limit, default_timeout) : limit;  // a long wait is not meant for connecting
  if (const auto* verb = std::get_if<CompleteVerb>(&options.verb)) co_return co_await complete_words(verb->words);
  if (std::holds_alternative<PingVerb>(options.verb)) co_return co_await ping(options, connecting);
  co_return co_await open_nursery(
      [&](Nursery& nursery) -> Task<int> { co_return co_await run_verb(nursery, options, connecting); });
}

}  // namespace hoiku::cli
