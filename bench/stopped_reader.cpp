// stopped_reader: publisher and readers for stopped_reader.py, which stops one of several readers: what do the others
// notice, and what does the stopped one know when it continues? Each prints its counts every tenth of a second.
#include <CLI/CLI.hpp>
#include <array>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <unordered_map>

#include "hoiku/async.hpp"
#include "hoiku/proto/duration.hpp"
#include "services/command_line.hpp"
#include "services/service.hpp"

using namespace hoiku;
using namespace std::chrono_literals;

namespace {

constexpr int topics = 100;
constexpr std::size_t value_bytes = 256;
constexpr int burst = 64;                  // posts between two checks for room
constexpr Duration longest_pause = 500ms;  // a running reader is never idle for so long

std::int64_t nanoseconds(TimePoint at) { return at.time_since_epoch().count(); }

// A value that begins with its time, by the monotonic clock, which all processes of the machine share.
Bytes value_of(TimePoint at) {
  Bytes value;
  value.data.resize(value_bytes);
  const std::int64_t made = nanoseconds(at);
  std::memcpy(value.data.data(), &made, sizeof made);
  return value;
}

std::int64_t made_at(const Value& value) {
  std::int64_t made = 0;
  if (const auto* bytes = value.get_if<Bytes>()) std::memcpy(&made, bytes->data.data(), sizeof made);
  return made;
}

// ---- The publisher

Task<> publish(std::string endpoint) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await Bus::connect(nursery, endpoint, client_name("publisher"));
    std::vector<Topic<Bytes>> all;
    for (int i = 0; i < topics; ++i) all.push_back(bus.topic<Bytes>("load/" + std::to_string(i)));
    std::uint64_t posted = 0;
    nursery.start_soon([&posted]() -> Task<> {
      auto ticks = periodic(100ms);
      for (;;) {
        co_await ticks.next();
        std::printf("at %" PRId64 " posted %" PRIu64 "\n", nanoseconds(now()), posted);
        std::fflush(stdout);
      }
    });
    for (;;) {
      co_await bus.writable();
      for (int i = 0; i < burst; ++i) all[posted++ % topics].post(value_of(now()));
    }
  });
}

// ---- A reader

class Reading {
 public:
  void take(const AnyTransition& transition) {
    notice_pause();
    if (transition.end_of_snapshot) return;
    Seen& seen = seen_[transition.topic];
    ++received_;
    if (seen.version.number != 0 && seen.version.epoch == transition.version.epoch) {
      ++followed_;
      skipped_ += transition.skipped;
      versions_ += transition.version.number - seen.version.number;
    }
    seen.version = transition.version;
    const std::int64_t made = made_at(transition.value);
    ++histogram_[bin_of(nanoseconds(now()) - made)];
    if (made >= resumed_at_ && seen.made < resumed_at_ && --stale_ == 0) {
      std::printf("caught up %" PRId64 " after %" PRIu64 "\n", nanoseconds(now()), received_ - received_before_);
      std::fflush(stdout);
    }
    seen.made = made;
  }

  void tell() {
    notice_pause();
    // The skipped versions must add up with the received ones; otherwise transitions were lost.
    std::printf("at %" PRId64 " received %" PRIu64 " followed %" PRIu64 " skipped %" PRIu64 " versions %" PRIu64
                " latencies",
                nanoseconds(now()), received_, followed_, skipped_, versions_);
    for (std::size_t bin = 0; bin < histogram_.size(); ++bin) {
      if (histogram_[bin] > 0) std::printf(" %zu:%" PRIu64, bin, histogram_[bin]);
    }
    std::printf("\n");
    std::fflush(stdout);
  }

 private:
  struct Seen {
    Version version;
    std::int64_t made = 0;
  };

  // Sixteen bins between a time and its double.
  static std::size_t bin_of(std::int64_t latency) {
    const double bin = 16 * std::log2(static_cast<double>(std::max<std::int64_t>(latency, 1)));
    return std::min(static_cast<std::size_t>(bin), bins - 1);
  }

  void notice_pause() {
    const TimePoint current = now();
    if (last_ != TimePoint{} && current - last_ > longest_pause) {
      resumed_at_ = nanoseconds(current);
      received_before_ = received_;
      stale_ = seen_.size();
      std::printf("resumed %" PRId64 "\n", resumed_at_);
    }
    last_ = current;
  }

  static constexpr std::size_t bins = 16 * 40;
  std::unordered_map<std::string, Seen> seen_;
  std::array<std::uint64_t, bins> histogram_{};
  std::uint64_t received_ = 0;
  std::uint64_t followed_ = 0;  // those with an earlier version seen
  std::uint64_t skipped_ = 0;
  std::uint64_t versions_ = 0;
  TimePoint last_{};
  std::int64_t resumed_at_ = 0;
  std::uint64_t received_before_ = 0;
  std::size_t stale_ = 0;  // topics whose latest value is older than that
};

Task<> read(std::string endpoint, std::chrono::milliseconds timeout) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await Bus::connect(nursery, endpoint, client_name("reader"), session_timeout(timeout));
    Reading reading;
    nursery.start_soon([&reading]() -> Task<> {
      auto ticks = periodic(100ms);
      for (;;) {
        co_await ticks.next();
        reading.tell();
      }
    });
    PatternSubscription all(bus.watch("load/*"));
    for (;;) {
      const AnyTransition transition = co_await all.next();
      reading.take(transition);
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  services::ServiceOptions options;
  std::string timeout = "3s";
  CLI::App app("stopped_reader: a publisher at full speed, or one of its readers", "stopped_reader");
  app.require_subcommand(1);
  const CLI::App* publisher =
      app.add_subcommand("publish", "Publish 256 bytes to each of 100 topics in turn, as fast as possible");
  CLI::App* reader = app.add_subcommand("read", "Read the latest state of all topics");
  reader->add_option("--session-timeout", timeout, "Session timeout of the reader")->capture_default_str();
  app.fallthrough();
  services::add_endpoint_option(app, options);
  int status = 0;
  if (!services::parse_command_line(app, argc, argv, status)) return status;
  const auto duration = parse_duration(timeout);
  if (!duration) return services::usage_error("stopped_reader", duration.failure().message);
  if (*publisher) return run([&] { return publish(options.endpoint); });
  return run([&] { return read(options.endpoint, std::chrono::duration_cast<std::chrono::milliseconds>(*duration)); });
}
