#include "link/src/inproc/exchange.hpp"

#include <map>
#include <utility>

#include "link/src/link_queue.hpp"

namespace hoiku::link {
namespace {

struct Names {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<InprocExchange>> known;
};

Names& names() {
  static Names names;
  return names;
}

}  // namespace

std::shared_ptr<InprocExchange> InprocExchange::open(const std::string& name, Doorbell::Button server,
                                                     std::size_t frame_bytes_max) {
  Names& all = names();
  const std::lock_guard lock(all.mutex);
  std::weak_ptr<InprocExchange>& known = all.known[name];
  if (known.lock()) return nullptr;
  auto opened = std::make_shared<InprocExchange>(name, std::move(server), frame_bytes_max);
  known = opened;
  return opened;
}

std::shared_ptr<InprocExchange> InprocExchange::find(const std::string& name) {
  Names& all = names();
  const std::lock_guard lock(all.mutex);
  const auto found = all.known.find(name);
  return found == all.known.end() ? nullptr : found->second.lock();
}

// ---- The broker's end

std::optional<ServerLink::Input> InprocExchange::take_input() {
  const std::lock_guard lock(mutex_);
  if (inbox_.empty()) return std::nullopt;
  ServerLink::Input input = std::move(inbox_.front());
  inbox_.pop_front();
  const auto found = peers_.find(input.peer);
  if (input.frame && found != peers_.end()) {
    Connection& connection = *found->second;
    --connection.unread;
    if (std::exchange(connection.wants_room, false)) connection.client.ring();
  }
  return input;
}

SendResult InprocExchange::send_down(std::uint64_t peer, const ServerLink::MakeFrame& make) {
  std::unique_lock lock(mutex_);
  auto found = peers_.find(peer);
  if (found == peers_.end()) return SendResult::closed;
  if (found->second->frames.size() >= link_queue_frames) return SendResult::full;
  // Encodes without the lock, so that clients need not wait for it. The room stays: only the broker sends to this
  // client.
  lock.unlock();
  std::string frame = make();
  lock.lock();
  found = peers_.find(peer);
  if (found == peers_.end()) return SendResult::closed;
  Connection& connection = *found->second;
  connection.frames.push_back(std::move(frame));
  connection.client.ring();
  return SendResult::sent;
}

void InprocExchange::close() {
  {
    // From now on another broker may take the name, and no client finds this one.
    Names& all = names();
    const std::lock_guard lock(all.mutex);
    all.known.erase(name_);
  }
  const std::lock_guard lock(mutex_);
  closed_ = true;
  inbox_.clear();
  const auto end_for_client = [](Connection& connection) {
    connection.ended = true;
    connection.client.ring();
  };
  for (const auto& [peer, connection] : peers_) end_for_client(*connection);
  for (const auto& [key, weak] : unidentified_) {
    if (const auto connection = weak.lock()) end_for_client(*connection);
  }
  peers_.clear();
  unidentified_.clear();
}

// ---- A client's end

std::shared_ptr<InprocExchange::Connection> InprocExchange::connect(Doorbell::Button client) {
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  auto connection = std::make_shared<Connection>();
  connection->client = std::move(client);
  unidentified_.emplace(connection.get(), connection);
  return connection;
}

SendResult InprocExchange::send_up(const std::shared_ptr<Connection>& connection, std::string& frame) {
  const std::lock_guard lock(mutex_);
  if (connection->ended) return SendResult::closed;
  if (frame.size() > frame_bytes_max_) {
    end(*connection);
    return SendResult::sent;
  }
  if (connection->unread >= link_queue_frames) {
    connection->wants_room = true;
    return SendResult::full;
  }
  if (connection->peer == 0) {
    connection->peer = ++last_peer_;
    peers_.emplace(connection->peer, connection);
    unidentified_.erase(connection.get());
  }
  ++connection->unread;
  inbox_.push_back(ServerLink::Input{connection->peer, std::move(frame)});
  server_.ring();
  return SendResult::sent;
}

InprocExchange::Taken InprocExchange::take(Connection& connection) {
  const std::lock_guard lock(mutex_);
  Taken taken;
  if (connection.frames.empty()) {
    taken.ended = connection.ended;
  } else {
    taken.frame = std::move(connection.frames.front());
    connection.frames.pop_front();
  }
  return taken;
}

void InprocExchange::close(Connection& connection) {
  const std::lock_guard lock(mutex_);
  connection.frames.clear();
  if (!connection.ended) end(connection);
}

void InprocExchange::end(Connection& connection) {
  connection.ended = true;
  connection.client.ring();
  unidentified_.erase(&connection);
  if (connection.peer == 0) return;
  inbox_.push_back(ServerLink::Input{connection.peer, std::nullopt});
  peers_.erase(connection.peer);
  server_.ring();
}

}  // namespace hoiku::link
