// main.cpp: hoikud, the broker as a program.
#include <malloc.h>
#include <sys/resource.h>

#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "broker/hoikud/options.hpp"
#include "broker/hoikud/reload.hpp"
#include "broker/hoikud/settings.hpp"
#include "broker/hoikud/stderr_log.hpp"
#include "broker/server/server.hpp"
#include "broker/store/memory_store.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/async/signals.hpp"

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

// The time for clients and store when the broker ends: shorter than init systems and container runtimes wait before
// they kill it.
constexpr auto drain_limit = 2s;

// Each client takes a descriptor, and the hard limit is higher than the one that a shell sets by default.
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// glibc raises its thresholds when a large block is freed, and then keeps what a burst of large frames took. With fixed
// ones, large blocks go back to the system at once, and of small ones all but a megabyte.
void return_memory_early() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}

// Tells every client that the broker ends, and says in the log what came of it.
Task<> drain(Server& broker, StderrLog& log) {
  Drained drained = co_await broker.drain(drain_limit);
  log.write(LogLevel::info, LogLine("drained")
                                .add("sessions", drained.sessions)
                                .add("records", drained.records)
                                .add("frames", drained.frames_sent)
                                .add("peers_full", drained.peers_full)
                                .text());
  const Statistics statistics = broker.statistics();
  log.write(LogLevel::info,
            LogLine("stopped").add("topics", statistics.topics).add("commits", statistics.commits).text());
}

Task<> serve(const Options& options, const HangupSignal& hangup) {
  StderrLog log(options.log_level);
  ServerOptions broker_options = new_instance_options(options.limits);
  broker_options.log = [&log](LogLevel level, const std::string& line) { log.write(level, line); };
  Server broker(std::move(broker_options),
                link::make_server_link(options.listen, {.frame_bytes_max = options.limits.frame_bytes_max,
                                                        .kind = options.link,
                                                        .socket = options.socket}),
                std::make_unique<MemoryStore>());
  for (const std::string& endpoint : broker.endpoints())
    log.write(LogLevel::info, LogLine("listening").add("endpoint", endpoint).text());

  std::exception_ptr end;
  auto everything = [&](Nursery& nursery) -> Task<> {
    nursery.start_soon(reload_on_hangup, std::cref(hangup), std::cref(options), std::ref(log));
    co_await broker.serve();
  };
  try {
    co_await open_nursery(everything);
  } catch (...) {
    end = std::current_exception();
  }
  co_await shield(drain(broker, log));
  std::rethrow_exception(end);
}

}  // namespace
}  // namespace hoiku::broker

int main(int argc, char** argv) {
  using namespace hoiku::broker;
  const auto parsed = parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  hoiku::ignore_stray_signals();
  const HangupSignal hangup;
  allow_many_descriptors();
  return_memory_early();
  return hoiku::run(serve, std::cref(std::get<Options>(parsed)), std::cref(hangup));
}
