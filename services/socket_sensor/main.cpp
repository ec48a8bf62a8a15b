// socket_sensor: a sensor that speaks WebSocket, as in the talk. It sends random digits, the same to all listeners. It
// does not use the bus; socket_bridge does.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <memory>
#include <random>

#include "hoiku/async.hpp"
#include "hoiku/proto/text.hpp"
#include "services/command_line.hpp"
#include "services/socket_sensor/audience.hpp"
#include "services/socket_sensor/recording.hpp"
#include "services/websocket.hpp"

using namespace hoiku;
using namespace hoiku::services;

namespace {

constexpr std::size_t clients_max = 256;
constexpr std::size_t digits_behind_max = 256;  // besides those in the buffers of the system
constexpr Pause shortest_pause(1000);           // without a pause, queues would fill before a fast client runs

struct Options {
  SocketAddress listen;
  Interval interval;
  std::string replay;  // empty: random digits
  std::uint64_t seed = std::random_device()();
};

struct Room {
  explicit Room(const SocketAddress& address) : door(address) {}
  WebSocketListener door;
  Audience audience{digits_behind_max};
  std::size_t clients = 0;
  Event begin;  // the stream has begun
};

// The stream begins with its first client, which so gets a replay, or the digits of a seed, from the start.
Task<> speak(const Options& options, Recording* recording, Room& room) {
  Dice dice(options.seed);
  co_await room.begin.wait();
  for (;;) {
    std::optional<FeedStep> step;
    if (recording) {
      step = co_await recording->next();
    } else {
      step.emplace();
      step->digit = dice.digit();
    }
    if (!step) break;
    const Pause pause = step->pause ? *step->pause : dice.pause(options.interval);
    co_await sleep(std::max(pause, shortest_pause));
    room.audience.say(step->digit);
    print_line(fmt::format("Sent: {}", step->digit));
  }
  room.audience.end();
}

Task<> send_digits(WebSocket& socket, Seat& seat) {
  try {
    for (;;) {
      const auto digit = co_await seat.next();
      if (!digit) co_return;
      co_await socket.send(std::to_string(*digit));
    }
  } catch (const WebSocketError&) {
    // The client disconnected without a goodbye, which is normal.
  }
}

// Receives until the client's goodbye, and ignores everything else.
Task<> receive_goodbye(WebSocket& socket, CancelScope& receiving, CancelScope& sending) {
  co_await receiving.run([&]() -> Task<> {
    try {
      for (;;) {
        const auto message = co_await socket.receive();
        if (!message) break;
      }
    } catch (const WebSocketError&) {
    }
  });
  sending.cancel();
}

// Serves one client until the goodbye, which is sent whichever side ends the connection.
Task<> attend(WebSocket& socket, Seat& seat) {
  CancelScope receiving;
  CancelScope sending;
  receiving.set_shield(true);
  auto talk = [&](Nursery& nursery) -> Task<> {
    std::exception_ptr stopped;
    nursery.start_soon(receive_goodbye, std::ref(socket), std::ref(receiving), std::ref(sending));
    try {
      co_await sending.run(send_digits, std::ref(socket), std::ref(seat));
    } catch (...) {
      stopped = std::current_exception();
    }
    if (seat.fell_behind()) log_line("socket_sensor: disconnected a client that reads too slowly");
    const char* reason = seat.fell_behind() ? "too slow" : stopped ? "the sensor is stopped" : "the feed has ended";
    if (!sending.cancel_called()) co_await shield([&]() -> Task<> { co_await socket.close(reason); });
    receiving.cancel();
    if (stopped) std::rethrow_exception(stopped);
  };
  co_await open_nursery(talk);
}

Task<> receive_client(WebSocket socket, Room& room) {
  const std::shared_ptr<void> counted(nullptr, [&](void*) { --room.clients; });
  Seat seat(room.audience);  // before the handshake: a connected client misses nothing
  try {
    co_await socket.shake_hands();
  } catch (const WebSocketError&) {
    co_return;  // the peer does not speak WebSocket
  }
  room.begin.set();
  co_await attend(socket, seat);
}

Task<> open_door(Nursery& nursery, Room& room) {
  for (;;) {
    WebSocket socket = co_await room.door.accept();
    if (room.clients == clients_max) continue;  // disconnects it
    ++room.clients;
    nursery.start_soon(receive_client, std::move(socket), std::ref(room));
  }
}

Task<> serve_stream(const Options& options) {
  const auto recording = options.replay.empty() ? nullptr : std::make_unique<Recording>(options.replay);
  Room room(options.listen);
  print_line(fmt::format("listening at ws://{}/", address_text(room.door.address())));
  CancelScope doorway;
  auto everything = [&](Nursery& nursery) -> Task<> {
    auto welcome = [&]() -> Task<> { co_await doorway.run(open_door, std::ref(nursery), std::ref(room)); };
    nursery.start_soon(welcome);
    co_await speak(options, recording.get(), room);
    doorway.cancel();  // connected clients still get the rest
  };
  co_await open_nursery(everything);
}

constexpr const char* examples =
    "\nA recorded feed has one digit per line, optionally followed by the pause before it (default: --interval):\n"
    "  # text after '#' is ignored\n"
    "  1\n"
    "  2 500ms\n"
    "The stream begins with the first client. At the end of a recorded feed all clients get a goodbye, and the "
    "program\n"
    "exits with status 0. FILE may be a named pipe: each line is then sent when it is written.\n"
    "\nExamples:\n"
    "  socket_sensor\n"
    "  socket_sensor --listen 127.0.0.1:9000 --interval 20ms..80ms --seed 7\n"
    "  socket_sensor --replay afternoon.feed\n";

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string listen = "127.0.0.1:8888";
  std::string interval = "100ms..500ms";
  CLI::App app("socket_sensor: sends random digits over WebSockets, the same to all clients", "socket_sensor");
  app.footer(examples);
  app.add_option("--listen", listen, "HOST:PORT; port 0: any free port")->capture_default_str();
  app.add_option("--interval", interval, "Pause before each digit, drawn between two bounds; at least 1ms")
      ->capture_default_str();
  app.add_option("--replay", options.replay, "Send a recorded feed instead of random digits")->type_name("FILE");
  app.add_option("--seed", options.seed, "Equal seeds give equal streams")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name("N");
  int status = 0;
  if (!parse_command_line(app, argc, argv, status)) return status;

  const auto address = parse_address(listen);
  const auto bounds = parse_interval(interval);
  if (!address) return usage_error("socket_sensor", text::quote(listen) + " is not an address such as 127.0.0.1:8888");
  if (!bounds)
    return usage_error("socket_sensor", text::quote(interval) + " is not an interval such as 100ms..500ms or 1s");
  options.listen = *address;
  options.interval = *bounds;
  return run(serve_stream, std::cref(options));
}
