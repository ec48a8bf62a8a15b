// socket_bridge: brings a sensor that speaks WebSocket onto the bus: odd digits set robot/sad, even ones robot/happy.
//
// Each digit is one commit, whatever it changes, and commits follow one another. So the two topics never show a pair
// that the feed has not produced.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "hoiku/proto/text.hpp"
#include "services/command_line.hpp"
#include "services/service.hpp"
#include "services/socket_bridge/moods.hpp"
#include "services/websocket.hpp"

using namespace hoiku;
using namespace hoiku::services;

namespace {

struct Settings {
  std::string url = "ws://127.0.0.1:8888/";
  Variant variant = Variant::us;
};

// Sets both topics in one commit, also if only one has changed.
Task<Committed> commit_moods(Bus bus, Moods moods) {
  return bus.commit([&](Transaction& both) {
    both.set(bus.topic<std::string>("robot/sad"), moods.sad);
    both.set(bus.topic<std::string>("robot/happy"), moods.happy);
  });
}

// Follows the feed until it ends. Throws if the connection is lost.
Task<> follow(Bus bus, WebSocket& feed, Variant variant, Moods& moods, Backoff& backoff) {
  bool warned = false;
  for (;;) {
    const auto message = co_await feed.receive();
    if (!message) co_return;
    const auto digit = digit_of(*message);
    if (digit) {
      backoff.succeeded();  // not earlier: a peer that accepts and disconnects at once is not retried every 100 ms
      print_line(fmt::format("Received message: {}", *digit));
      feel(moods, *digit, variant);
      co_await retry_until_acknowledged([&] { return commit_moods(bus, moods); });
    } else if (!warned) {
      warned = true;
      log_line("socket_bridge: ignored a message of the feed that is not a digit");
    }
  }
}

// Follows the feed, and reconnects for ever. Prints one line when the feed is lost, however many attempts fail, and one
// when it is connected.
Task<> keep_following(Bus bus, WebSocketUrl address, Settings settings, Moods& moods) {
  Backoff backoff;
  bool reported = false;
  for (;;) {
    std::string why = "the feed has ended";
    try {
      WebSocket feed = co_await WebSocket::connect(address);
      log_line(fmt::format("socket_bridge: listening to {}", settings.url));
      reported = false;
      co_await follow(bus, feed, settings.variant, moods, backoff);
    } catch (const WebSocketError& error) {
      why = error.what();
    }
    if (!reported) log_line(fmt::format("socket_bridge: lost {} ({}); trying again", settings.url, why));
    reported = true;
    co_await sleep(backoff.next());
  }
}

// Sets both topics again after each reconnect, since a broker that was restarted has forgotten them. Compares the
// number of reconnects, and not only the state, to notice one that happened while the topics were being set.
Task<> restore_after_reconnects(Bus bus, const Moods& moods) {
  for (;;) {
    co_await bus.connection().wait_equal(ConnectionState::connected);
    const auto reconnects = bus.statistics().reconnects;
    try {
      co_await commit_moods(bus, moods);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::outcome_unknown) throw;
      continue;  // the moods may have changed since
    }
    if (bus.statistics().reconnects == reconnects)
      co_await bus.connection().wait_value([](ConnectionState state) { return state != ConnectionState::connected; });
  }
}

Task<> bridge(Bus bus, WebSocketUrl feed, Settings settings) {
  Moods moods = first_moods(settings.variant);
  auto both = [&](Nursery& nursery) -> Task<> {
    nursery.start_soon(restore_after_reconnects, bus, std::cref(moods));
    nursery.start_soon(keep_following, bus, feed, settings, std::ref(moods));
    co_return;
  };
  co_await open_nursery(both);
}

constexpr const char* examples =
    "\nBoth topics begin as 'idle'; then a 3 makes robot/sad '😢 3', and a 4 makes robot/happy '😆 4'.\n"
    "The variant jp begins with '👶' and '🍼'; a 3 makes robot/sad '👶 :3…' and empties robot/happy, in one commit.\n"
    "\nExamples:\n"
    "  socket_bridge\n"
    "  socket_bridge --variant jp\n"
    "  socket_bridge --feed ws://127.0.0.1:9000/ --endpoint ipc:///run/hoiku.sock\n";

}  // namespace

int main(int argc, char** argv) {
  ServiceOptions options;
  Settings settings;
  std::string variant = "us";
  CLI::App app("socket_bridge: sets robot/sad and robot/happy from the digits of a WebSocket", "socket_bridge");
  app.footer(examples);
  app.add_option("--feed", settings.url, "WebSocket to follow, such as socket_sensor's")
      ->type_name("ws://HOST:PORT/")
      ->capture_default_str();
  app.add_option("--variant", variant, "us: a digit changes one topic; jp: a digit changes both")
      ->check([](const std::string& typed) {
        return typed == "us" || typed == "jp" ? std::string() : text::quote(typed) + " is neither us nor jp";
      })
      ->type_name("us|jp")
      ->capture_default_str();
  add_endpoint_option(app, options);
  int status = 0;
  if (!parse_command_line(app, argc, argv, status)) return status;
  settings.variant = variant == "jp" ? Variant::jp : Variant::us;
  const auto feed = parse_websocket_url(settings.url);
  if (!feed)
    return usage_error("socket_bridge", text::quote(settings.url) + " is not a feed such as ws://127.0.0.1:8888/");
  return serve_at(options.endpoint, "socket_bridge",
                  [&](Nursery&, Bus bus) { return bridge(std::move(bus), *feed, settings); });
}
