// network.hpp: a simulated network between clients and one broker. It delays, breaks and refuses exactly when a test
// says so.
//
//   sim.network().delay("screen", 5ms, 20ms);
//   sim.network().cut("screen", 5s);
//
// Promises   The contract of hoiku/link/link.hpp: one suite of tests holds this network and the real links to it.
//            Without a delay a frame arrives at the instant it is sent. A cut breaks the connection at once at both
//            ends: both hear of it, and frames in flight are lost. A connect during a cut waits, and succeeds at the
//            instant the cut ends. A broker that is down refuses at once. The same seed and the same calls give the
//            same run.
// Worse      cut_one_way() and break_unnoticed() do what TCP and ZeroMQ can do besides: one end hears nothing, or
//            continues with a connection that the other end has dropped. No frame is lost in the middle of a
//            connection: after a gap comes its end. But a frame may arrive that its sender considers lost, and sends
//            again on the next connection.
// Limits     Each direction of a connection holds `capacity` frames that were sent and not read (64 by default, as a
//            real link). Then the broker's try_send() returns full, and a client's send() waits.
// Thread     the loop's.
// Lifetime   Links and connectors may outlive the Network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/link/link.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/testing/virtual_time.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace sim {

struct Wires;

// An end of a connection.
enum class End : std::uint8_t { client, broker };

// Observes the broker's end: every frame, in the order and at the instant in which the broker receives or sends it. A
// test overrides what it needs.
class NetworkObserver {
 public:
  virtual ~NetworkObserver() = default;
  virtual void broker_received(std::uint64_t, std::string_view) {}
  virtual void broker_lost(std::uint64_t) {}
  virtual void broker_sent(std::uint64_t, std::string_view) {}
  virtual void broker_was_full(std::uint64_t) {}
  // One commit, in the order of the log, before any of it is sent. Only a Simulation's broker tells it.
  virtual void broker_committed(const std::vector<Transition>&) {}
  virtual void broker_listens() {}
  virtual void broker_killed() {}
  virtual void was_cut(const std::string&, Duration) {}
  virtual void was_cut_one_way(const std::string&, End, Duration) {}
  virtual void broke_unnoticed(const std::string&, End, Duration) {}
};

struct NetworkStatistics {
  std::uint64_t connections = 0;
  std::uint64_t refused = 0;
  std::uint64_t cuts = 0;
  std::uint64_t frames_sent = 0;  // in both directions
  std::uint64_t frames_lost = 0;
  std::uint64_t full = 0;
};

class Network {
 public:
  explicit Network(Seed seed);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Carries delayed frames. A task runs it for as long as there are delays; it ends by being cancelled. Simulation does
  // this.
  Task<> run();

  // Returns what a client connects with. Clients of one name share their cuts and delays.
  std::shared_ptr<link::Connector> connector(const std::string& client);
  // Returns the broker's end. One broker listens at a time: a new one gets the connections that begin from now on. A
  // client that sends a frame over the limit is dropped, as by a real link.
  std::unique_ptr<link::ServerLink> listen(std::size_t frame_bytes_max = Limits{}.frame_bytes_max);

  // Sets how long each frame and each handshake takes, each way: a new random time between `min` and `max` for each.
  // Frames never overtake. A negative time, or a maximum below the minimum, is a std::invalid_argument.
  void delay(const std::string& client, Duration min, Duration max);
  // Sets the delay of all clients, also of those that come later.
  void delay_all(Duration min, Duration max);
  // Sets the capacity of each direction. Zero is a std::invalid_argument.
  void capacity(std::size_t frames);

  // Cuts the client's connections off, for `duration` from now. A cut within a cut makes it longer, never shorter.
  void cut(const std::string& client, Duration duration);
  // Cuts all clients that have connected so far.
  void cut_all(Duration duration);
  // Cuts one direction: for `duration` the end `deaf` hears nothing. Frames to it are held, as TCP repeats them, and
  // arrive when the cut ends. If that takes longer than the patience, the deaf end drops the connection: the held
  // frames are lost, and the other end hears of it. New connections wait for the end of the cut.
  void cut_one_way(const std::string& client, End deaf, Duration duration);
  // Sets after how long an end that hears nothing drops the connection: 6 s by default, as ZeroMQ's heartbeats do.
  void patience(Duration silence);
  // Breaks the connection, which the end `unaware` does not notice for `duration`: it is half open. Frames that this
  // end sends are lost, until its queues are full. The first frames on their way to it still arrive (the seed says how
  // many) before it hears of the break, even if the other end has a new connection by then. New connections are
  // possible at once.
  void break_unnoticed(const std::string& client, End unaware, Duration duration);
  // Kills the broker, as kill -9 does: every connection breaks, frames in flight are lost, and its ServerLink is dead.
  void kill_broker();

  // Sets the observer, which outlives what it observes; nullptr removes it.
  void observe(NetworkObserver* observer);
  NetworkObserver* observer() const;  // nullptr: there is none
  NetworkStatistics statistics() const;

 private:
  std::shared_ptr<Wires> wires_;
};

}  // namespace sim
}  // namespace hoiku
