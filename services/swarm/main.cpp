// swarm: many small controllers at once, to load a broker and to have something to watch. Each has a session of its own
// and some of the topics swarm/CONTROLLER/TOPIC, each of which is a slow wave. A controller sets all of its topics a
// hundred times per second, and begins a round when the previous one is acknowledged.
#include <CLI/CLI.hpp>
#include <cmath>
#include <numbers>

#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"
#include "services/command_line.hpp"
#include "services/service.hpp"
#include "services/swarm/pace.hpp"

using namespace hoiku;
using namespace hoiku::services;
using namespace std::chrono_literals;

namespace {

constexpr auto last_answers_limit = 5s;  // how long to wait for a broker that is away at the end

struct Options {
  ServiceOptions bus;
  std::size_t controllers = 20;
  std::size_t topics = 60;
  double rate = 100;             // rounds per second
  Duration limit = Duration(0);  // 0: until a signal comes
  bool json = false;

  TimePoint end_of(TimePoint start) const { return limit == Duration(0) ? never : saturating_add(start, limit); }
  Duration period() const { return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate)); }
};

// One period in four seconds, with another phase for each topic: no two successive sets of a topic are equal.
double wave(TimePoint start, std::size_t topic) {
  const double seconds = std::chrono::duration<double>(now() - start).count();
  return std::sin(std::numbers::pi / 2 * seconds + static_cast<double>(topic));
}

Task<> set_one(Topic<double> topic, double value, Tally& tally) {
  try {
    co_await topic.set(value);
    ++tally.acknowledged;
  } catch (const Error&) {
    ++tally.errors;
  }
}

Task<> live(const Options& options, std::size_t index, TimePoint start, Tally& tally, Bus bus) {
  std::vector<Topic<double>> topics;
  for (std::size_t i = 0; i < share_of(options.topics, options.controllers, index); ++i)
    topics.push_back(bus.topic<double>("swarm/" + std::to_string(index) + "/" + std::to_string(i)));
  Pace pace(start, options.period());
  const TimePoint end = options.end_of(start);
  auto round = [&](Nursery& nursery) -> Task<> {
    for (std::size_t i = 0; i < topics.size(); ++i)
      nursery.start_soon(set_one, topics[i], wave(start, i), std::ref(tally));
    co_return;
  };
  // Awaits the last round too, so that everything sent is acknowledged.
  while (pace.next() < end) {
    co_await sleep_until(pace.next());
    co_await open_nursery(round);
    if (pace.round_ended(now())) ++tally.late_rounds;
  }
}

class Swarm {
 public:
  explicit Swarm(const Options& options) : options_(options) {}

  bool succeeded() const noexcept { return tally_.errors == 0 && !gave_up_; }

  Task<> run_all() {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      std::vector<Bus> buses;
      for (std::size_t i = 0; i < options_.controllers; ++i) buses.push_back(co_await connect(nursery, i));
      start_ = now();
      co_await work(buses);
    });
  }

 private:
  Task<Bus> connect(Nursery& nursery, std::size_t index) {
    const auto count_lost = on_connection_event([this](const ConnectionEvent& event) {
      if (event.kind == ConnectionEvent::Kind::lost) ++tally_.lost_links;
    });
    const auto name = client_name("swarm-" + std::to_string(index));
    return Bus::connect(nursery, options_.bus.endpoint, name, count_lost);
  }

  Task<> work(const std::vector<Bus>& buses) {
    std::exception_ptr stopped;
    auto everybody = [&](Nursery& nursery) -> Task<> {
      for (std::size_t i = 0; i < buses.size(); ++i)
        nursery.start_soon(live, std::cref(options_), i, start_, std::ref(tally_), buses[i]);
      co_return;
    };
    auto all = [&](Nursery& nursery) -> Task<> {
      auto reporter = [&]() -> Task<> { co_await report(); };
      nursery.start_soon(reporter);
      gave_up_ = co_await move_on_at(saturating_add(options_.end_of(start_), last_answers_limit),
                                     [&]() -> Task<> { co_await open_nursery(everybody); });
      nursery.cancel_scope().cancel();
    };
    try {
      co_await open_nursery(all);
    } catch (...) {
      stopped = std::current_exception();
    }
    if (gave_up_) log_line("swarm: the broker did not answer at the end; its last answers are missing");
    say("in all", true, tally_);
    if (stopped) std::rethrow_exception(stopped);
  }

  Task<> report() {
    Tally reported;
    for (int second = 1;; ++second) {
      co_await sleep_until(start_ + second * 1s);
      const Tally current = tally_;
      say(std::to_string(second) + " s", false, current - reported);
      reported = current;
    }
  }

  void say(const std::string& when, bool total, const Tally& tally) const {
    const double seconds = std::chrono::duration<double>(now() - start_).count();
    print_line(options_.json ? report_json(seconds, total, tally) : report_text(when, tally));
  }

  const Options& options_;
  Tally tally_;
  bool gave_up_ = false;
  TimePoint start_{};
};

constexpr const char* examples =
    "\nPrints once per second, and at the end in total, how many sets the broker acknowledged, how many rounds were "
    "late\n"
    "(not finished when the next one was due), and how many sets failed. Exit status 1 if a set failed or was never\n"
    "answered, or if the reports could not be written.\n"
    "\nExamples:\n"
    "  swarm\n"
    "  swarm --controllers 5 --topics 5 --rate 10 --for 10s\n"
    "  swarm --for 60s --json --endpoint ipc:///run/hoiku.sock\n";

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string limit;
  CLI::App app("swarm: simulates many controllers, each with a session and topics that change all the time", "swarm");
  app.footer(examples);
  app.add_option("--controllers", options.controllers, "Number of sessions")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--topics", options.topics, "Topics of all controllers together")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "Rounds per second")
      ->check(CLI::Range(0.01, 10'000.0))
      ->type_name("HZ")
      ->capture_default_str();
  app.add_option("--for", limit, "Exit after this time")->type_name("DURATION");
  app.add_flag("--json", options.json, "Print one JSON object per line");
  add_endpoint_option(app, options.bus);
  int status = 0;
  if (!parse_command_line(app, argc, argv, status)) return status;
  if (!limit.empty()) {
    const auto parsed = parse_duration(limit);
    if (!parsed || parsed->count() == 0)
      return usage_error("swarm", text::quote(limit) + " is not a time such as 10s or 2min");
    options.limit = *parsed;
  }
  Swarm swarm(options);
  status = run([&]() -> Task<> { co_await swarm.run_all(); });
  return flushed("swarm", status == 0 && !swarm.succeeded() ? 1 : status);
}
