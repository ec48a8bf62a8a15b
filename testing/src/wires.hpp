// wires.hpp: the state of the simulated network: paths (one per client name), connections, and the broker's end.
// carry() is the only coroutine: everything else happens at once, or is an item in flight with its time of arrival.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hoiku/testing/network.hpp"

namespace hoiku::sim {

using link::ServerLink;

struct Delay {
  Duration min{0};
  Duration max{0};
};

// The way between the clients of one name and the broker, for all their connections.
struct Path {
  Delay delay;
  TimePoint cut_until = TimePoint::min();
  TimePoint up_cut_until = TimePoint::min();  // one way, to the broker
  TimePoint down_cut_until = TimePoint::min();
  std::uint64_t cuts = 0;

  TimePoint closed_until() const { return std::max({cut_until, up_cut_until, down_cut_until}); }
  TimePoint& way_cut_until(bool upwards) { return upwards ? up_cut_until : down_cut_until; }
};

// One direction of a connection: its items in flight, and the frames that have arrived and were not read.
struct Direction {
  struct Item {
    TimePoint arrives;                 // never: the receiver has dropped the connection, and the sender does not know
    std::optional<std::string> frame;  // empty: the other end has closed
  };
  std::deque<Item> in_flight;
  std::deque<std::string> arrived;
  std::size_t unread = 0;  // to the broker: the frames of this connection in the server's inbox
  TimePoint last_arrival = TimePoint::min();
  TimePoint deaf_since = TimePoint::max();  // the beginning of the one-way cut that holds it up

  std::size_t size() const { return in_flight.size() + arrived.size() + unread; }
  std::optional<std::string> take() {
    if (arrived.empty()) return std::nullopt;
    std::optional<std::string> frame = std::move(arrived.front());
    arrived.pop_front();
    return frame;
  }
};

struct Server;

struct Connection : std::enable_shared_from_this<Connection> {
  std::string client;
  std::weak_ptr<Server> server;
  std::uint64_t peer = 0;          // assigned with the first frame that arrives
  bool broken_for_client = false;  // the client hears of it after it has read what arrived before
  bool broken_for_broker = false;
  bool closed = false;  // the client has destroyed its link
  Direction up;
  Direction down;
  Signal client_activity;
  Signal room;
};

struct Server {
  std::deque<ServerLink::Input> inbox;
  std::map<std::uint64_t, std::shared_ptr<Connection>> peers;
  std::vector<std::weak_ptr<Connection>> unidentified;  // connections without a frame so far
  Signal activity;
  std::size_t frame_bytes_max = 0;
  bool alive = true;
};

struct Wires {
  explicit Wires(std::uint64_t seed) : random(seed) {}

  Path& path(const std::string& client);
  Duration draw_delay(const Path& path);

  std::shared_ptr<Connection> open(const std::string& client);
  void send_up(const std::shared_ptr<Connection>& connection, std::string frame);
  link::SendResult send_down(Server& server, std::uint64_t peer, const link::ServerLink::MakeFrame& make);
  std::optional<ServerLink::Input> take_input(Server& server);

  void cut(const std::string& client, Duration duration);
  void cut_one_way(const std::string& client, End deaf, Duration duration);
  void break_unnoticed(const std::string& client, End unaware, Duration duration);
  void close_by_client(Connection& connection);
  void close_by_server(const std::shared_ptr<Server>& server);
  void kill(Server& server);

  // Delivers every item that is due.
  void deliver_due();
  // Returns when the next item is due, or `never`.
  TimePoint next_arrival() const { return arrivals.empty() ? never : arrivals.top().at; }

  std::mt19937_64 random;
  std::map<std::string, Path> paths;
  Delay default_delay;
  std::size_t capacity = 64;
  Duration patience = std::chrono::seconds(6);
  std::shared_ptr<Server> server;  // the one that listens now, or null
  NetworkObserver* observer = nullptr;
  NetworkStatistics statistics;
  Signal changed;  // there is a new arrival to wait for

 private:
  struct Arrival {
    TimePoint at;
    std::uint64_t order;
    std::shared_ptr<Connection> connection;
    bool upwards;
    bool operator<(const Arrival& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };
  void send(const std::shared_ptr<Connection>& connection, bool upwards, std::optional<std::string> item);
  void arrive(const std::shared_ptr<Connection>& connection, bool upwards, std::optional<std::string> item);
  // Arranges that deliver_due() looks at the direction then: for arrivals, and for an end that loses patience.
  void look_at(TimePoint at, const std::shared_ptr<Connection>& connection, bool upwards);
  // Lets a first part of the items in flight arrive, before the end hears that the connection is broken.
  void deliver_stragglers(const std::shared_ptr<Connection>& connection, bool upwards, Duration duration);
  void drop_if_deaf(const std::shared_ptr<Connection>& connection, bool upwards);
  std::vector<std::shared_ptr<Connection>> connections_of(const std::string& client);
  void discard_in_flight(Direction& direction);
  void break_for_both(Connection& connection);
  void break_for_client(Connection& connection);
  void break_for_broker(Connection& connection);
  static std::vector<std::shared_ptr<Connection>> connections_of(Server& of);

  std::priority_queue<Arrival> arrivals;
  std::uint64_t last_order = 0;
  std::uint64_t last_peer = 0;
};

Task<> carry(std::shared_ptr<Wires> wires);

}  // namespace hoiku::sim
