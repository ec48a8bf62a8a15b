// ping.cpp: checks whether a broker answers, with one session and one round trip, which leave nothing behind.
#include "cli/output.hpp"
#include "cli/standard_output.hpp"
#include "cli/verbs.hpp"

namespace hoiku::cli {
namespace {

// Reading a topic does not create it, and no client can write below $: so the answer is always small.
constexpr const char* unset_topic = "$ping";

Task<> ask(Bus bus) { co_await bus.topic_value(unset_topic).latest(); }

Task<Duration> round_trip(Nursery& nursery, const Options& options, Duration limit) {
  const TimePoint deadline = saturating_add(now(), limit);
  // A health check reports its result only, no lost connections.
  const auto silent = on_connection_event([](const ConnectionEvent&) {});
  Bus bus = co_await Bus::connect(nursery, options.endpoint, client_name("hoiku-ping"), connect_timeout(limit), silent);
  const TimePoint start = now();
  const bool late = co_await move_on_at(deadline, ask, bus);
  if (late) throw no_answer(options);
  co_return now() - start;
}

Task<Duration> measure(const Options& options, Duration limit) {
  co_return co_await open_nursery(
      [&](Nursery& nursery) -> Task<Duration> { co_return co_await round_trip(nursery, options, limit); });
}

}  // namespace

Task<int> ping(const Options& options, Duration limit) {
  const bool quiet = std::get<PingVerb>(options.verb).quiet;
  int status = failed;
  try {
    const Duration taken = co_await measure(options, limit);
    if (!quiet) co_await print(ping_line(options.endpoint, taken, options.json));
    status = done;
  } catch (const std::exception&) {
    if (!quiet) throw;
  }
  co_return status;
}

}  // namespace hoiku::cli
