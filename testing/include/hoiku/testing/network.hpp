// network.hpp: a simulated network between clients and one broker: it takes exactly the time that a test gives it, and
// breaks exactly when a test says so. The contract is that of proto/link.hpp; one suite of tests holds it and the real one
// to that.
//
// Promises   frames arrive whole and in order, at most once. Without a delay a frame has arrived when it was sent. A cut
//            breaks the connection at once at both ends: both are told, and what was in flight is lost. A connect during the
//            cut waits, and succeeds at the moment when the cut ends. A broker that is down refuses, at once.
//            The same seed and the same calls give the same run.
// Worse      cut_one_way() and break_unnoticed() do what TCP and ZeroMQ can do besides: one end hears nothing, or goes on
//            with a connection that the other end has given up. Never is a frame lost in the middle of a connection that goes
//            on: behind a gap is its end. But a frame may arrive that its sender takes for lost, and sends again over the
//            next connection.
// Limits     each direction of a connection holds `capacity` frames that were sent and not read (default 64, as the real
//            link); then the broker's try_send() says full and a client's send() waits.
// Thread     the loop's. Links and connectors may outlive the Network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hoiku/link/link.hpp"
#include "hoiku/testing/virtual_time.hpp"

namespace hoiku::sim {

struct Wires;

// One of the two of a connection.
enum class End : std::uint8_t { client, broker };

// Sees what passes the broker's end, in the order and at the moment in which the broker takes and gives it.
class NetworkObserver {
 public:
  virtual ~NetworkObserver() = default;
  virtual void broker_received(std::uint64_t, std::string_view) {}
  virtual void broker_lost(std::uint64_t) {}
  virtual void broker_sent(std::uint64_t, std::string_view) {}
  virtual void broker_was_full(std::uint64_t) {}
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

  // Carries what takes time. It has to run for as long as there are delays, and ends by being cancelled.
  Task<> run();

  // What a client connects with. Clients of one name share their cuts and delays.
  std::shared_ptr<link::Connector> connector(const std::string& client);
  // The broker's end. One listens at a time: a new one takes the address over, for connections that begin from now on.
  // Who sends it a frame over the limit is cut off, as by the real link.
  std::unique_ptr<link::ServerLink> listen(std::size_t frame_bytes_max = Limits{}.frame_bytes_max);

  // How long each frame and each handshake takes, each way, drawn anew between the two. Never overtakes.
  void delay(const std::string& client, Duration min, Duration max);
  void delay_all(Duration min, Duration max);
  void capacity(std::size_t frames);

  // From now on, for so long. A cut within a cut makes it longer, never shorter.
  void cut(const std::string& client, Duration duration);
  void cut_all(Duration duration);
  // `deaf` hears nothing for so long; the other way stays open. What is sent to it is held, as TCP repeats it, and comes when
  // the cut is over. Where that takes longer than the patience, the deaf end gives the connection up: what was held is lost,
  // and the other end hears of it. Nobody can connect meanwhile.
  void cut_one_way(const std::string& client, End deaf, Duration duration);
  // After how long an end that hears nothing gives up: as ZeroMQ's heartbeats, 6 s unless something else is said.
  void patience(Duration silence);
  // The connection breaks, and `unaware` does not notice for so long: half open. What it sends is lost, until its queues are
  // full. Of what was on its way to it a first part still comes (the seed says how much), some time before it is told: over
  // the old connection, even if the other end has a new one by then. Connecting is possible at once.
  void break_unnoticed(const std::string& client, End unaware, Duration duration);
  // kill -9: every connection breaks, what was in flight is lost, and whoever holds the ServerLink talks to nobody.
  void kill_broker();

  // One at a time; nullptr for none. It must outlive what it observes.
  void observe(NetworkObserver* observer);
  NetworkStatistics statistics() const;

 private:
  std::shared_ptr<Wires> wires_;
};

}  // namespace hoiku::sim
