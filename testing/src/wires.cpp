#include "testing/src/wires.hpp"

#include <algorithm>

namespace hoiku::sim {

Path& Wires::path(const std::string& client) {
  const auto [found, fresh] = paths.try_emplace(client);
  if (fresh) found->second.delay = default_delay;
  return found->second;
}

Duration Wires::draw_delay(const Path& path) {
  if (path.delay.min == path.delay.max) return path.delay.min;
  return Duration(std::uniform_int_distribution<Duration::rep>(path.delay.min.count(), path.delay.max.count())(random));
}

std::shared_ptr<Connection> Wires::open(const std::string& client) {
  auto connection = std::make_shared<Connection>();
  connection->client = client;
  connection->server = server;
  std::erase_if(server->unidentified, [](const auto& weak) { return weak.expired(); });
  server->unidentified.push_back(connection);
  ++statistics.connections;
  return connection;
}

void Wires::send_up(const std::shared_ptr<Connection>& connection, std::string frame) {
  ++statistics.frames_sent;
  send(connection, true, std::move(frame));
}

link::SendResult Wires::send_down(Server& from, std::uint64_t peer, const link::ServerLink::MakeFrame& make) {
  const auto found = from.peers.find(peer);
  if (!from.alive || found == from.peers.end()) return link::SendResult::closed;
  const std::shared_ptr<Connection> connection = found->second;
  if (connection->down.size() >= capacity) {
    ++statistics.full;
    if (observer) observer->broker_was_full(peer);
    return link::SendResult::full;
  }
  ++statistics.frames_sent;
  std::string frame = make();
  if (observer) observer->broker_sent(peer, frame);
  send(connection, false, std::move(frame));
  return link::SendResult::sent;
}

std::optional<ServerLink::Input> Wires::take_input(Server& from) {
  if (!from.alive || from.inbox.empty()) return std::nullopt;
  ServerLink::Input input = std::move(from.inbox.front());
  from.inbox.pop_front();
  const auto found = from.peers.find(input.peer);
  if (input.frame) {
    if (found != from.peers.end()) {
      --found->second->up.unread;
      found->second->room.notify();
    }
    if (observer) observer->broker_received(input.peer, *input.frame);
  } else if (observer) {
    observer->broker_lost(input.peer);
  }
  return input;
}

void Wires::cut(const std::string& client, Duration duration) {
  Path& cut_path = path(client);
  ++cut_path.cuts;
  ++statistics.cuts;
  cut_path.cut_until = std::max(cut_path.cut_until, saturating_add(now(), duration));
  if (observer) observer->was_cut(client, duration);
  for (const auto& connection : connections_of(client)) break_for_both(*connection);
}

void Wires::cut_one_way(const std::string& client, End deaf, Duration duration) {
  const bool upwards = deaf == End::broker;
  Path& cut_path = path(client);
  TimePoint& until = cut_path.way_cut_until(upwards);
  const bool extends_a_cut = now() < until;
  ++cut_path.cuts;
  ++statistics.cuts;
  until = std::max(until, saturating_add(now(), duration));
  if (observer) observer->was_cut_one_way(client, deaf, duration);
  for (const auto& connection : connections_of(client)) {
    Direction& held = upwards ? connection->up : connection->down;
    if (!extends_a_cut) held.deaf_since = now();
    for (Direction::Item& item : held.in_flight) item.arrives = std::max(item.arrives, until);
    held.last_arrival = std::max(held.last_arrival, until);
    look_at(until, connection, upwards);
    look_at(saturating_add(held.deaf_since, patience), connection, upwards);
  }
}

void Wires::break_unnoticed(const std::string& client, End unaware, Duration duration) {
  ++statistics.cuts;
  if (observer) observer->broke_unnoticed(client, unaware, duration);
  for (const auto& connection : connections_of(client)) {
    if (connection->broken_for_client || connection->broken_for_broker) continue;
    if (unaware == End::broker) {
      discard_in_flight(connection->down);
      break_for_client(*connection);
    } else {
      discard_in_flight(connection->up);
      break_for_broker(*connection);
    }
    deliver_stragglers(connection, unaware == End::broker, duration);
  }
}

void Wires::close_by_client(Connection& connection) {
  connection.closed = true;
  discard_in_flight(connection.down);
  connection.down.arrived.clear();
  const std::shared_ptr<Server> to = connection.server.lock();
  if (!to || !to->alive || connection.broken_for_client) return;
  connection.broken_for_client = true;
  if (connection.broken_for_broker) return discard_in_flight(connection.up);
  if (connection.up.in_flight.empty()) return break_for_broker(connection);
  // Some of the last frames had left already (LINGER 0). The broker hears of the end after them.
  std::uniform_int_distribution<std::size_t> draw(0, connection.up.in_flight.size());
  const std::size_t leaves = draw(random);
  statistics.frames_lost += connection.up.in_flight.size() - leaves;
  connection.up.in_flight.resize(leaves);
  send(connection.shared_from_this(), true, std::nullopt);
}

void Wires::close_by_server(const std::shared_ptr<Server>& from) {
  if (!from->alive) return;
  from->alive = false;
  if (server == from) server = nullptr;
  // A broker's last frames have time to leave; then the clients hear of the end.
  for (const auto& connection : connections_of(*from)) {
    discard_in_flight(connection->up);
    if (!connection->broken_for_client) send(connection, false, std::nullopt);
  }
  from->peers.clear();
}

void Wires::kill(Server& killed) {
  for (const auto& connection : connections_of(killed)) {
    discard_in_flight(connection->up);
    discard_in_flight(connection->down);
    break_for_client(*connection);
  }
  killed.alive = false;
  killed.inbox.clear();
  killed.peers.clear();
}

void Wires::deliver_due() {
  while (!arrivals.empty() && arrivals.top().at <= now()) {
    const Arrival due = arrivals.top();
    arrivals.pop();
    Direction& direction = due.upwards ? due.connection->up : due.connection->down;
    // A lost frame has left no item in flight.
    while (!direction.in_flight.empty() && direction.in_flight.front().arrives <= now()) {
      std::optional<std::string> item = std::move(direction.in_flight.front().frame);
      direction.in_flight.pop_front();
      arrive(due.connection, due.upwards, std::move(item));
    }
    drop_if_deaf(due.connection, due.upwards);
  }
}

void Wires::send(const std::shared_ptr<Connection>& connection, bool upwards, std::optional<std::string> item) {
  Direction& direction = upwards ? connection->up : connection->down;
  if (upwards ? connection->broken_for_broker : connection->broken_for_client) {
    // The frame stays in the sender's queues, until they are full.
    if (item) direction.in_flight.push_back(Direction::Item{never, std::move(item)});
    return;
  }
  Path& way = path(connection->client);
  const TimePoint leaves = std::max(now(), way.way_cut_until(upwards));
  const TimePoint arrives = std::max(leaves + draw_delay(way), direction.last_arrival);
  direction.last_arrival = arrives;
  if (arrives <= now() && direction.in_flight.empty()) return arrive(connection, upwards, std::move(item));
  direction.in_flight.push_back(Direction::Item{arrives, std::move(item)});
  look_at(arrives, connection, upwards);
}

void Wires::look_at(TimePoint at, const std::shared_ptr<Connection>& connection, bool upwards) {
  arrivals.push(Arrival{at, ++last_order, connection, upwards});
  changed.notify();
}

void Wires::deliver_stragglers(const std::shared_ptr<Connection>& connection, bool upwards, Duration duration) {
  Direction& direction = upwards ? connection->up : connection->down;
  const std::size_t in_flight = direction.in_flight.size();
  const std::size_t arriving = std::uniform_int_distribution<std::size_t>(0, in_flight)(random);
  statistics.frames_lost += in_flight - arriving;
  direction.in_flight.resize(arriving);
  std::vector<TimePoint> times;
  std::uniform_int_distribution<Duration::rep> draw(0, duration.count());
  for (std::size_t i = 0; i < arriving; ++i) times.push_back(now() + Duration(draw(random)));
  std::sort(times.begin(), times.end());
  TimePoint last = now() + duration;
  for (std::size_t i = 0; i < arriving; ++i) {
    Direction::Item& item = direction.in_flight[i];
    item.arrives = std::max(item.arrives, times[i]);
    last = std::max(last, item.arrives);
    look_at(item.arrives, connection, upwards);
  }
  direction.last_arrival = last;
  direction.in_flight.push_back(Direction::Item{last, std::nullopt});
  look_at(last, connection, upwards);
}

void Wires::drop_if_deaf(const std::shared_ptr<Connection>& connection, bool upwards) {
  Direction& direction = upwards ? connection->up : connection->down;
  const bool is_broken = upwards ? connection->broken_for_broker : connection->broken_for_client;
  const bool held_up = now() < path(connection->client).way_cut_until(upwards);
  if (is_broken || !held_up || now() < saturating_add(direction.deaf_since, patience)) return;
  discard_in_flight(direction);
  if (upwards) {
    break_for_broker(*connection);
  } else {
    break_for_client(*connection);
  }
  send(connection, !upwards, std::nullopt);
}

void Wires::arrive(const std::shared_ptr<Connection>& connection, bool upwards, std::optional<std::string> item) {
  if (!upwards) {
    if (!item) return break_for_client(*connection);
    if (connection->closed) return;
    connection->down.arrived.push_back(std::move(*item));
    connection->client_activity.notify();
    return;
  }
  const std::shared_ptr<Server> to = connection->server.lock();
  if (!to || !to->alive) return;
  if (!item) return break_for_broker(*connection);
  if (item->size() > to->frame_bytes_max) return break_for_both(*connection);
  if (connection->peer == 0) {
    connection->peer = ++last_peer;
    to->peers[connection->peer] = connection;
  }
  ++connection->up.unread;
  to->inbox.push_back(ServerLink::Input{connection->peer, std::move(item)});
  to->activity.notify();
}

void Wires::discard_in_flight(Direction& direction) {
  statistics.frames_lost += direction.in_flight.size();
  direction.in_flight.clear();
}

void Wires::break_for_both(Connection& connection) {
  discard_in_flight(connection.up);
  discard_in_flight(connection.down);
  break_for_client(connection);
  break_for_broker(connection);
}

void Wires::break_for_client(Connection& connection) {
  connection.broken_for_client = true;
  if (connection.broken_for_broker) discard_in_flight(connection.up);
  connection.client_activity.notify();
  connection.room.notify();
}

void Wires::break_for_broker(Connection& connection) {
  connection.broken_for_broker = true;
  if (connection.broken_for_client) discard_in_flight(connection.down);
  const std::shared_ptr<Server> to = connection.server.lock();
  if (!to || !to->alive || to->peers.erase(connection.peer) == 0) return;
  to->inbox.push_back(ServerLink::Input{connection.peer, std::nullopt});
  to->activity.notify();
}

std::vector<std::shared_ptr<Connection>> Wires::connections_of(const std::string& client) {
  if (!server) return {};
  auto connections = connections_of(*server);
  std::erase_if(connections, [&](const auto& connection) { return connection->client != client; });
  return connections;
}

std::vector<std::shared_ptr<Connection>> Wires::connections_of(Server& of) {
  std::vector<std::shared_ptr<Connection>> connections;
  for (const auto& [peer, connection] : of.peers) connections.push_back(connection);
  for (const auto& weak : of.unidentified) {
    auto connection = weak.lock();
    if (connection && connection->peer == 0) connections.push_back(std::move(connection));
  }
  return connections;
}

Task<> carry(std::shared_ptr<Wires> wires) {
  for (;;) {
    wires->deliver_due();
    const TimePoint next = wires->next_arrival();
    if (next == never) {
      co_await wires->changed.wait();
    } else {
      co_await move_on_at(next, wires->changed.wait());
    }
  }
}

}  // namespace hoiku::sim
