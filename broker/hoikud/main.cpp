// main.cpp: hoikud, the broker as a program.
#include <malloc.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <memory>
#include <utility>

#include "broker/hoikud/options.hpp"
#include "broker/hoikud/settings.hpp"
#include "broker/server/server.hpp"
#include "broker/store/memory_store.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/run.hpp"

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;

// The time for clients and store when the broker ends: shorter than init systems and container runtimes wait before
// they kill it.
constexpr auto drain_limit = 2s;

LogSink sink_to_stderr(LogLevel least) {
  auto logger = std::make_shared<spdlog::logger>("hoikud", std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
  return [logger = std::move(logger), least](LogLevel level, const std::string& line) {
    if (level >= least) logger->info("{} {}", to_string(level), line);
  };
}

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

Task<> serve(Options options) {
  const LogSink log = sink_to_stderr(options.log_level);
  ServerOptions broker_options = new_instance_options(options.limits);
  broker_options.log = log;
  Server broker(std::move(broker_options),
                link::make_server_link(options.listen, {.frame_bytes_max = options.limits.frame_bytes_max,
                                                        .kind = options.link,
                                                        .socket = options.socket}),
                std::make_unique<MemoryStore>());
  for (const std::string& endpoint : broker.endpoints())
    log(LogLevel::info, LogLine("listening").add("endpoint", endpoint).text());

  std::exception_ptr end;
  try {
    co_await broker.serve();
  } catch (...) {
    end = std::current_exception();
  }
  Drained drained;
  co_await shield([&]() -> Task<> { drained = co_await broker.drain(drain_limit); });
  log(LogLevel::info, LogLine("drained")
                          .add("sessions", drained.sessions)
                          .add("records", drained.records)
                          .add("frames", drained.frames_sent)
                          .add("peers_full", drained.peers_full)
                          .text());
  const Statistics statistics = broker.statistics();
  log(LogLevel::info, LogLine("stopped").add("topics", statistics.topics).add("commits", statistics.commits).text());
  std::rethrow_exception(end);
}

}  // namespace
}  // namespace hoiku::broker

int main(int argc, char** argv) {
  using namespace hoiku::broker;
  const auto parsed = parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  // If the reader of stderr has ended, the broker continues.
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_descriptors();
  return_memory_early();
  return hoiku::run(serve, std::get<Options>(parsed));
}
