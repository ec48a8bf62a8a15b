// link_load: the programs that link_bench.py measures servers with: a publisher, a reader, a writer, and idle Buses.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <map>

#include "bench/loads/loads.hpp"
#include "hoiku/proto/duration.hpp"
#include "services/command_line.hpp"

using namespace hoiku;
using namespace hoiku::bench;

namespace {

const std::map<std::string, PeerKind> peers{
    {"relay", PeerKind::relay}, {"nats", PeerKind::nats}, {"redis", PeerKind::redis}};

struct Options {
  std::string server = "zmtp";
  std::string mode = "every";
  std::string duration = "2s";
  int buses = 1000;
  Load load;
};

constexpr const char* examples =
    "\nA server is a peer on this machine, or hoikud; then its name says with which link the load speaks to it.\n"
    "\nExamples:\n"
    "  link_load read --server zmtp --port 7411 --values 5000 --warm-up 500\n"
    "  link_load publish --server redis --port 6379 --values 5000 --warm-up 500 --rate 1000\n"
    "  link_load set --server libzmq --port 7411 --for 2s\n"
    "  link_load idle --server zmtp --port 7411 --buses 1000 --for 10s\n";

void describe(CLI::App& app, Options& options) {
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(examples);
  app.add_subcommand("publish", "Set values of 16 bytes at a rate, without waiting for answers");
  app.add_subcommand("read", "Read them, and print the latencies")
      ->add_option("--mode", options.mode, "At hoikud: each transition, or the latest value")
      ->check(CLI::IsMember({"every", "latest"}))
      ->capture_default_str();
  app.add_subcommand("set", "Set values one at a time, each after the acknowledgement of the one before");
  app.add_subcommand("idle", "Connect Buses and leave them alone")
      ->add_option("--buses", options.buses, "Number of Buses")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--server", options.server, "Server")
      ->check(CLI::IsMember({"zmtp", "libzmq", "relay", "nats", "redis"}))
      ->capture_default_str();
  app.add_option("--port", options.load.port, "Port of the server on this machine")->required();
  app.add_option("--rate", options.load.rate, "Values a second")->check(CLI::Range(0.1, 1e6))->capture_default_str();
  app.add_option("--values", options.load.values, "Number of values")->capture_default_str();
  app.add_option("--warm-up", options.load.warm_up, "Number of values that are not measured")->capture_default_str();
  app.add_option("--for", options.duration, "How long to set or to be idle")->capture_default_str();
}

int run_at_peer(const std::string& command, PeerKind peer, const Load& load) {
  if (command == "publish") return publish_to_peer(peer, load);
  if (command == "read") return read_from_peer(peer, load);
  if (command == "set") return set_at_peer(peer, load);
  return services::usage_error("link_load", "idle needs hoikud");
}

int run_at_hoiku(const std::string& command, LinkKind link, const Options& options) {
  if (command == "publish") return publish_to_hoiku(link, options.load);
  if (command == "read")
    return read_from_hoiku(link, options.mode == "every" ? proto::Mode::every : proto::Mode::latest, options.load);
  if (command == "set") return set_at_hoiku(link, options.load);
  return idle(link, options.buses, options.load);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("link_load: loads for the links of hoikud, and for its peers", "link_load");
  describe(app, options);
  int status = 0;
  if (!services::parse_command_line(app, argc, argv, status)) return status;
  const auto duration = parse_duration(options.duration);
  if (!duration) return services::usage_error("link_load", duration.failure().message);
  options.load.duration = *duration;
  const std::string command = app.get_subcommands().front()->get_name();
  try {
    const auto peer = peers.find(options.server);
    if (peer != peers.end()) return run_at_peer(command, peer->second, options.load);
    return run_at_hoiku(command, *parse_link_kind(options.server), options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "link_load: %s\n", error.what());
    return 1;
  }
}
