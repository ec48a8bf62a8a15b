// bus_load: the programs that bench.py measures servers with: publishers, readers, writers, followers, idle sessions.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "bench/loads/loads.hpp"
#include "bench/loads/tally.hpp"
#include "hoiku/proto/duration.hpp"
#include "services/command_line.hpp"

using namespace hoiku;
using namespace hoiku::bench;

namespace {

struct Options {
  std::string peer = "hoiku";
  std::string mode = "every";
  std::string duration = "2s";
  Load load;
};

struct Command {
  const char* description;
  int (*at_peer)(PeerKind, const Load&);
  int (*at_hoiku)(const HoikuSide&, const Load&);
};

const std::map<std::string, Command> commands{
    {"publish",
     {"Publish values on one topic, as fast as readers follow, or at a rate", publish_to_peer, publish_to_hoiku}},
    {"read", {"Read them; print counts and latencies", read_from_peer, read_from_hoiku}},
    {"set", {"Set values, each acknowledged", set_at_peer, set_at_hoiku}},
    {"fill", {"Set each of many topics once, and wait until all are acknowledged", fill_peer, fill_hoiku}},
    {"follow", {"Read these topics until somebody ends it, over lost connections", follow_peer, follow_hoiku}},
    {"idle", {"Connect readers of topics that nobody writes", idle_at_peer, idle_at_hoiku}},
};

constexpr const char* examples =
    "\nExamples:\n"
    "  bus_load read --peer redis --port 6379 --board /tmp/board --readers 4\n"
    "  bus_load publish --peer redis --port 6379 --board /tmp/board --followed 4 --for 1s\n"
    "  bus_load set --peer hoiku --port 7411 --in-flight 256 --for 1s\n"
    "  bus_load idle --peer hoiku --port 7411 --sessions 1000 --for 10s\n";

void describe(CLI::App& app, Options& options) {
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(examples);
  app.add_subcommand("peers", "Print the names of the peers that this program can speak to");
  for (const auto& [name, command] : commands) app.add_subcommand(name, command.description);
  Load& load = options.load;
  app.add_option("--peer", options.peer, "Kind of the server; hoiku-libzmq speaks with ZeroMQ's library")
      ->capture_default_str();
  app.add_option("--mode", options.mode, "At hoikud: each transition, or the latest value")
      ->check(CLI::IsMember({"every", "latest"}))
      ->capture_default_str();
  app.add_option("--port", load.port, "Port of the server on this machine");
  app.add_option("--size", load.size, "Bytes of a value")->check(CLI::Range(16, 65'000))->capture_default_str();
  app.add_option("--rate", load.rate, "Values a second; 0: as many as possible")->capture_default_str();
  app.add_option("--values", load.values, "Number of values, with a rate")->capture_default_str();
  app.add_option("--warm-up", load.warm_up, "Number of values that are not measured")->capture_default_str();
  app.add_option("--for", options.duration, "How long to publish, set or be idle")->capture_default_str();
  app.add_option("--board", load.board, "File in which writer and readers say how far they are");
  app.add_option("--followed", load.followed, "Readers that the writer waits for")->capture_default_str();
  app.add_option("--window", load.window, "Values that the writer may be ahead of them")->capture_default_str();
  app.add_option("--first", load.first, "Number of this program's first reader")->capture_default_str();
  app.add_option("--readers", load.readers, "Readers of this program")->capture_default_str();
  app.add_option("--in-flight", load.in_flight, "Sets that are not acknowledged yet")->capture_default_str();
  app.add_option("--topics", load.topics, "Topics to fill or follow")->capture_default_str();
  app.add_option("--number", load.number, "Value to fill them with")->capture_default_str();
  app.add_option("--sessions", load.sessions, "Idle sessions")->capture_default_str();
}

// Each connection takes a descriptor, and the hard limit is higher than the one that a shell sets by default.
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int execute(const std::string& name, const Options& options) {
  if (name == "peers") {
    for (const std::string& peer : peer_names()) tell_driver(peer);
    return 0;
  }
  const Command& command = commands.at(name);
  if (const auto peer = parse_peer_kind(options.peer)) return command.at_peer(*peer, options.load);
  HoikuSide side;
  side.mode = options.mode == "every" ? proto::Mode::every : proto::Mode::latest;
  if (options.peer == "hoiku-libzmq") {
    side.link = LinkKind::libzmq;
  } else if (options.peer != "hoiku") {
    return services::usage_error("bus_load", "there is no peer '" + options.peer + "'");
  }
  return command.at_hoiku(side, options.load);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("bus_load: loads for hoikud and its peers", "bus_load");
  describe(app, options);
  int status = 0;
  if (!services::parse_command_line(app, argc, argv, status)) return status;
  const auto duration = parse_duration(options.duration);
  if (!duration) return services::usage_error("bus_load", duration.failure().message);
  options.load.duration = *duration;
  allow_many_descriptors();
  try {
    return execute(app.get_subcommands().front()->get_name(), options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bus_load: %s\n", error.what());
    return 1;
  }
}
