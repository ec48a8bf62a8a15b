#include "hoiku/testing/network.hpp"

#include <stdexcept>
#include <utility>

#include "testing/src/wires.hpp"

namespace hoiku::sim {
namespace {

class SimulatedLink final : public link::Link {
 public:
  SimulatedLink(std::shared_ptr<Wires> wires, std::shared_ptr<Connection> connection)
      : wires_(std::move(wires)), connection_(std::move(connection)) {}
  ~SimulatedLink() override { wires_->close_by_client(*connection_); }

  std::optional<std::string> try_receive() override {
    std::optional<std::string> frame = connection_->down.take();
    if (!frame && connection_->broken_for_client) throw link::LinkClosed("closed by the peer");
    return frame;
  }

  Task<std::string> receive() override {
    co_await checkpoint();
    for (;;) {
      std::optional<std::string> frame = try_receive();
      if (frame) co_return std::move(*frame);
      co_await connection_->client_activity.wait();
    }
  }

  Task<> send(std::string frame) override {
    co_await checkpoint();
    for (;;) {
      if (connection_->broken_for_client) throw link::LinkClosed("closed by the peer");
      if (connection_->up.size() < wires_->capacity) break;
      ++wires_->statistics.full;
      co_await connection_->room.wait();
    }
    wires_->send_up(connection_, std::move(frame));
  }

 private:
  std::shared_ptr<Wires> wires_;
  std::shared_ptr<Connection> connection_;
};

class SimulatedConnector final : public link::Connector {
 public:
  SimulatedConnector(std::shared_ptr<Wires> wires, std::string client)
      : wires_(std::move(wires)), client_(std::move(client)) {}

  Task<std::unique_ptr<link::Link>> connect() override {
    co_await checkpoint();
    Path& path = wires_->path(client_);
    for (;;) {
      // A cut may become longer while we wait for its end, and a new one may begin during the handshake.
      while (now() < path.closed_until()) co_await sleep_until(path.closed_until());
      const std::uint64_t cuts = path.cuts;
      const Duration handshake = wires_->draw_delay(path);
      if (handshake > Duration::zero()) co_await sleep(handshake);
      if (path.cuts == cuts) break;
    }
    if (!wires_->server) {
      ++wires_->statistics.refused;
      throw link::LinkClosed("connection refused: no broker listens");
    }
    co_return std::make_unique<SimulatedLink>(wires_, wires_->open(client_));
  }

  std::string endpoint() const override { return "sim://" + client_; }

 private:
  std::shared_ptr<Wires> wires_;
  std::string client_;
};

class SimulatedServerLink final : public link::ServerLink {
 public:
  SimulatedServerLink(std::shared_ptr<Wires> wires, std::shared_ptr<Server> server)
      : wires_(std::move(wires)), server_(std::move(server)) {}
  ~SimulatedServerLink() override { wires_->close_by_server(server_); }

  std::optional<Input> try_receive() override { return wires_->take_input(*server_); }
  Signal& activity() override { return server_->activity; }
  link::SendResult offer(std::uint64_t peer, const MakeFrame& make) override {
    return wires_->send_down(*server_, peer, make);
  }

 private:
  std::shared_ptr<Wires> wires_;
  std::shared_ptr<Server> server_;
};

void check_duration(Duration duration, const char* what) {
  if (duration < Duration::zero())
    throw std::invalid_argument(std::string("Network: ") + what + " must not be negative");
}

}  // namespace

Network::Network(Seed seed) : wires_(std::make_shared<Wires>(seed.number())) {}
Network::~Network() { wires_->observer = nullptr; }

Task<> Network::run() { return carry(wires_); }

std::shared_ptr<link::Connector> Network::connector(const std::string& client) {
  return std::make_shared<SimulatedConnector>(wires_, client);
}

std::unique_ptr<link::ServerLink> Network::listen(std::size_t frame_bytes_max) {
  wires_->server = std::make_shared<Server>();
  wires_->server->frame_bytes_max = frame_bytes_max;
  if (wires_->observer) wires_->observer->broker_listens();
  return std::make_unique<SimulatedServerLink>(wires_, wires_->server);
}

void Network::delay(const std::string& client, Duration min, Duration max) {
  check_duration(min, "a delay");
  if (max < min) throw std::invalid_argument("Network: a delay's maximum is below its minimum");
  wires_->path(client).delay = {min, max};
}

void Network::delay_all(Duration min, Duration max) {
  for (auto& [client, path] : wires_->paths) delay(client, min, max);
  check_duration(min, "a delay");
  wires_->default_delay = {min, max};
}

void Network::capacity(std::size_t frames) {
  if (frames == 0) throw std::invalid_argument("Network: the capacity must be at least one frame");
  wires_->capacity = frames;
}

void Network::cut(const std::string& client, Duration duration) {
  check_duration(duration, "a cut");
  wires_->cut(client, duration);
}

void Network::cut_all(Duration duration) {
  check_duration(duration, "a cut");
  for (auto& [client, path] : wires_->paths) wires_->cut(client, duration);
}

void Network::cut_one_way(const std::string& client, End deaf, Duration duration) {
  check_duration(duration, "a cut");
  wires_->cut_one_way(client, deaf, duration);
}

void Network::patience(Duration silence) {
  check_duration(silence, "the patience");
  wires_->patience = silence;
}

void Network::break_unnoticed(const std::string& client, End unaware, Duration duration) {
  check_duration(duration, "the time in which a break is not noticed");
  wires_->break_unnoticed(client, unaware, duration);
}

void Network::kill_broker() {
  if (!wires_->server) return;
  wires_->kill(*std::exchange(wires_->server, nullptr));
  if (wires_->observer) wires_->observer->broker_killed();
}

void Network::observe(NetworkObserver* observer) { wires_->observer = observer; }
NetworkObserver* Network::observer() const { return wires_->observer; }
NetworkStatistics Network::statistics() const { return wires_->statistics; }

}  // namespace hoiku::sim
