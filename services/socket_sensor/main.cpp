// socket_sensor: a sensor that speaks WebSocket, as in the talk: a random digit now and then, the same for everybody who
// listens. It knows nothing of the bus; socket_bridge does.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>

#include "hoiku/async.hpp"
#include "services/command_line.hpp"
#include "services/socket_sensor/audience.hpp"
#include "services/socket_sensor/recording.hpp"
#include "services/websocket.hpp"

using namespace hoiku;
using namespace hoiku::services;

namespace {

constexpr std::size_t clients_max = 256;
constexpr std::size_t digits_behind_max = 256;  // beyond what the system's own buffers hold
constexpr Pause shortest_pause(1000);           // without any, the queues would fill before a quick client has its turn

struct Options {
  SocketAddress listen;
  Interval interval;
  std::string replay;  // empty: at random
  std::uint64_t seed = std::random_device()();
};

struct Room {
  explicit Room(const SocketAddress& address) : door(address) {}
  WebSocketListener door;
  Audience audience{digits_behind_max};
  std::size_t clients = 0;
  Event begin;  // of the stream
};

// The stream begins with its first client, so that a replay, or the digits of a seed, are heard from their beginning.
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
    std::printf("Sent: %d\n", step->digit);
    std::fflush(stdout);
  }
  room.audience.end();
}

Task<> tell(WebSocket& socket, Seat& seat) {
  try {
    for (;;) {
      const auto digit = co_await seat.next();
      if (!digit) co_return;
      co_await socket.send(std::to_string(*digit));
    }
  } catch (const WebSocketError&) {
    // It is gone without a goodbye, which is no news.
  }
}

// Clients have nothing to say, but only who listens hears a goodbye.
Task<> hear(WebSocket& socket, CancelScope& hearing, CancelScope& telling) {
  co_await hearing.run([&]() -> Task<> {
    try {
      for (;;) {
        const auto message = co_await socket.receive();
        if (!message) break;
      }
    } catch (const WebSocketError&) {
    }
  });
  telling.cancel();
}

// One client, until the goodbye, which is said whoever ends it.
Task<> attend(WebSocket& socket, Seat& seat) {
  CancelScope hearing;
  CancelScope telling;
  hearing.set_shield(true);
  auto talk = [&](Nursery& nursery) -> Task<> {
    std::exception_ptr stopped;
    nursery.start_soon(hear, std::ref(socket), std::ref(hearing), std::ref(telling));
    try {
      co_await telling.run(tell, std::ref(socket), std::ref(seat));
    } catch (...) {
      stopped = std::current_exception();
    }
    if (seat.fell_behind()) std::fprintf(stderr, "socket_sensor: a client that was too slow is sent away\n");
    const char* reason = seat.fell_behind() ? "too slow" : stopped ? "the sensor is stopped" : "the feed has ended";
    if (!telling.cancel_called()) co_await shield([&]() -> Task<> { co_await socket.close(reason); });
    hearing.cancel();
    if (stopped) std::rethrow_exception(stopped);
  };
  co_await open_nursery(talk);
}

Task<> receive_client(WebSocket socket, Room& room) {
  const std::shared_ptr<void> counted(nullptr, [&](void*) { --room.clients; });
  Seat seat(room.audience);  // from now on: so whoever knows that it is connected misses nothing
  try {
    co_await socket.shake_hands();
  } catch (const WebSocketError&) {
    co_return;  // whoever it is, it speaks no WebSocket
  }
  room.begin.set();
  co_await attend(socket, seat);
}

Task<> open_door(Nursery& nursery, Room& room) {
  for (;;) {
    WebSocket socket = co_await room.door.accept();
    if (room.clients == clients_max) continue;  // and so it is hung up on
    ++room.clients;
    nursery.start_soon(receive_client, std::move(socket), std::ref(room));
  }
}

Task<> serve_stream(const Options& options) {
  const auto recording = options.replay.empty() ? nullptr : std::make_unique<Recording>(options.replay);
  Room room(options.listen);
  std::printf("listening at ws://%s/\n", address_text(room.door.address()).c_str());
  std::fflush(stdout);
  CancelScope doorway;
  auto everything = [&](Nursery& nursery) -> Task<> {
    auto welcome = [&]() -> Task<> { co_await doorway.run(open_door, std::ref(nursery), std::ref(room)); };
    nursery.start_soon(welcome);
    co_await speak(options, recording.get(), room);
    doorway.cancel();  // whoever is there still hears the rest
  };
  co_await open_nursery(everything);
}

constexpr const char* examples =
    "\nA recorded feed has one digit a line, and the pause before it where --interval shall not say it:\n"
    "  # what follows a '#' means nothing\n"
    "  1\n"
    "  2 500ms\n"
    "The stream begins with the first client. At the end of a recorded one everybody gets a goodbye, and the program\n"
    "ends with status 0. FILE may be a named pipe: then each line is sent when it is written.\n"
    "\nExamples:\n"
    "  socket_sensor\n"
    "  socket_sensor --listen 127.0.0.1:9000 --interval 20ms..80ms --seed 7\n"
    "  socket_sensor --replay afternoon.feed\n";

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string listen = "127.0.0.1:8888";
  std::string interval = "100ms..500ms";
  CLI::App app("socket_sensor: sends random digits to whoever listens on a WebSocket, to all the same",
               "socket_sensor");
  app.footer(examples);
  app.add_option("--listen", listen, "HOST:PORT; port 0 is any that is free")->capture_default_str();
  app.add_option("--interval", interval, "The pause before each digit, drawn between two bounds; at least 1ms")
      ->capture_default_str();
  app.add_option("--replay", options.replay, "Sends a recorded feed instead of random digits")->type_name("FILE");
  app.add_option("--seed", options.seed, "Equal seeds give equal streams")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name("N");
  int status = 0;
  if (!parse_command_line(app, argc, argv, status)) return status;

  const auto address = parse_address(listen);
  const auto bounds = parse_interval(interval);
  if (!address) return complain("socket_sensor", "'" + listen + "' is not an address such as 127.0.0.1:8888");
  if (!bounds) return complain("socket_sensor", "'" + interval + "' is not an interval such as 100ms..500ms or 1s");
  options.listen = *address;
  options.interval = *bounds;
  return run(serve_stream, std::cref(options));
}
