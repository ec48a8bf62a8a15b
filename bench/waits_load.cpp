// waits_load: waits that are never answered, on one topic that changes a thousand times per second: what does each
// commit cost the broker? load.sh runs it and measures the broker.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "hoiku/async.hpp"
#include "hoiku/proto/duration.hpp"
#include "services/command_line.hpp"
#include "services/service.hpp"

using namespace hoiku;
using namespace std::chrono_literals;

namespace {

constexpr int per_session = 5000;  // half of the limit of a session
constexpr int distinct = 100;
constexpr int rate = 1000;

// Values stay below a hundred, so this never matches.
Task<> wait_in_vain(Topic<int> topic, int index) { co_await topic.wait_value(value > 100 + index % distinct); }

Task<> load(services::ServiceOptions options, int waits, Duration limit) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus writer = co_await Bus::connect(nursery, options.endpoint, client_name("writer"));
    const auto topic = writer.topic<int>("load/waited");
    co_await topic.set(0);
    for (int armed = 0; armed < waits; armed += per_session) {
      const Bus bus = co_await Bus::connect(nursery, options.endpoint, client_name("waits"));
      for (int i = armed; i < std::min(waits, armed + per_session); ++i)
        nursery.start_soon(wait_in_vain, bus.topic<int>("load/waited"), i);
      co_await checkpoint();
      co_await bus.topic<int>("load/waited").get();  // answered after the waits have arrived
    }
    std::printf("armed %d\n", waits);
    std::fflush(stdout);

    int sets = 0;
    auto ticks = periodic(Duration(1s) / rate);
    co_await move_on_after(limit, [&]() -> Task<> {
      for (;;) {
        co_await ticks.next();
        topic.post(++sets % distinct);
      }
    });
    co_await writer.flush();
    std::printf("%d sets in %.1f s\n", sets, std::chrono::duration<double>(limit).count());
    nursery.cancel_scope().cancel();
  });
}

}  // namespace

int main(int argc, char** argv) {
  services::ServiceOptions options;
  int waits = 10'000;
  std::string limit = "10s";
  CLI::App app("waits_load: waits that are never answered, on a topic that changes a thousand times a second",
               "waits_load");
  app.add_option("--waits", waits, "Number of waits")->check(CLI::Range(0, 1'000'000))->capture_default_str();
  app.add_option("--for", limit, "How long the topic changes")->capture_default_str();
  services::add_endpoint_option(app, options);
  int status = 0;
  if (!services::parse_command_line(app, argc, argv, status)) return status;
  const auto duration = parse_duration(limit);
  if (!duration) return services::usage_error("waits_load", duration.failure().message);
  return run([&] { return load(options, waits, *duration); });
}
