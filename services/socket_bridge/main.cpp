// socket_bridge: brings a sensor that speaks WebSocket onto the bus: odd digits make robot/sad, even ones robot/happy.
//
// A digit is one commit, whatever it changes, and they are made one after the other: so the two topics never show a pair
// that the feed has not made.
#include <CLI/CLI.hpp>
#include <cstdio>

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

// Both topics at once; where one has not changed, it is touched.
Task<Committed> say(Bus bus, Moods moods) {
  return bus.commit([&](Transaction& both) {
    both.set(bus.topic<std::string>("robot/sad"), moods.sad);
    both.set(bus.topic<std::string>("robot/happy"), moods.happy);
  });
}

// Until the feed ends; throws where it breaks off.
Task<> follow(Bus bus, WebSocket& feed, Variant variant, Moods& moods, Backoff& backoff) {
  bool complained = false;
  for (;;) {
    const auto message = co_await feed.receive();
    if (!message) co_return;
    const auto digit = digit_of(*message);
    if (digit) {
      backoff.succeeded();  // not earlier: who accepts and hangs up at once shall not be asked ten times a second
      std::printf("Received message: %d\n", *digit);
      std::fflush(stdout);
      feel(moods, *digit, variant);
      co_await surely([&] { return say(bus, moods); });
    } else if (!complained) {
      complained = true;
      std::fprintf(stderr, "socket_bridge: the feed says what is no digit, which is ignored\n");
    }
  }
}

// For ever. One line when the feed is gone, however often it is tried in vain, and one when it is there.
Task<> keep_following(Bus bus, WebSocketUrl address, Settings settings, Moods& moods) {
  Backoff backoff;
  bool told = false;
  for (;;) {
    std::string why = "it has ended";
    try {
      WebSocket feed = co_await WebSocket::connect(address);
      std::fprintf(stderr, "socket_bridge: listening to %s\n", settings.url.c_str());
      told = false;
      co_await follow(bus, feed, settings.variant, moods, backoff);
    } catch (const WebSocketError& error) {
      why = error.what();
    }
    if (!told)
      std::fprintf(stderr, "socket_bridge: %s is gone (%s); trying again\n", settings.url.c_str(), why.c_str());
    told = true;
    co_await sleep(backoff.next());
  }
}

// A broker that was restarted has forgotten everything: it is told again. Asking for the count of reconnects, and not
// only for the state, sees also one that came and went while the topics were being set.
Task<> remind(Bus bus, const Moods& moods) {
  for (;;) {
    co_await bus.connection().wait_equal(ConnectionState::connected);
    const auto reconnects = bus.statistics().reconnects;
    try {
      co_await say(bus, moods);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::outcome_unknown) throw;
      continue;  // and by now there may be newer ones
    }
    if (bus.statistics().reconnects == reconnects)
      co_await bus.connection().wait_value([](ConnectionState state) { return state != ConnectionState::connected; });
  }
}

Task<> bridge(Bus bus, WebSocketUrl feed, Settings settings) {
  Moods moods = first_moods(settings.variant);
  auto both = [&](Nursery& nursery) -> Task<> {
    nursery.start_soon(remind, bus, std::cref(moods));
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
  app.add_option("--feed", settings.url, "The WebSocket, such as socket_sensor's")
      ->type_name("ws://HOST:PORT/")
      ->capture_default_str();
  app.add_option("--variant", variant, "Whose robot: us, where one topic changes at a time, or jp, where both do")
      ->check([](const std::string& typed) {
        return typed == "us" || typed == "jp" ? std::string() : "'" + typed + "' is neither us nor jp";
      })
      ->type_name("us|jp")
      ->capture_default_str();
  add_endpoint_option(app, options);
  int status = 0;
  if (!parse_command_line(app, argc, argv, status)) return status;
  settings.variant = variant == "jp" ? Variant::jp : Variant::us;
  const auto feed = parse_websocket_url(settings.url);
  if (!feed) return complain("socket_bridge", "'" + settings.url + "' is not a feed such as ws://127.0.0.1:8888/");
  return serve(options, "socket_bridge", [&](Nursery&, Bus bus) { return bridge(std::move(bus), *feed, settings); });
}
