#include "link_world.hpp"

#include <gtest/gtest.h>

#include "hoiku/testing/network.hpp"
#include "wire.hpp"

namespace hoiku::wire_tests {
namespace {

class RealWorld final : public LinkWorld {
 public:
  RealWorld(const std::string& transport, LinkKind server, LinkKind client)
      : server_(server), client_(client), endpoint_(listen_endpoint(transport, folder_)) {}

  std::unique_ptr<link::ServerLink> listen(std::size_t frame_bytes_max) override {
    auto server = link::make_server_link({endpoint_}, {.frame_bytes_max = frame_bytes_max, .kind = server_});
    endpoint_ = server->endpoints().at(0);  // keeps the port that the system chose
    return server;
  }
  std::unique_ptr<link::Connector> connector() override { return link::make_connector(endpoint_, client_); }
  void run(const std::function<Task<>()>& body) override { run_within_patience(body); }

 private:
  const LinkKind server_;
  const LinkKind client_;
  Folder folder_;
  std::string endpoint_;
};

// Owns a connector of the simulated network, which shares them.
class OwnedConnector final : public link::Connector {
 public:
  explicit OwnedConnector(std::shared_ptr<link::Connector> shared) : shared_(std::move(shared)) {}
  Task<std::unique_ptr<link::Link>> connect() override { return shared_->connect(); }
  std::string endpoint() const override { return shared_->endpoint(); }

 private:
  std::shared_ptr<link::Connector> shared_;
};

class SimulatedWorld final : public LinkWorld {
 public:
  explicit SimulatedWorld(Duration delay_max) { network_.delay_all(Duration::zero(), delay_max); }

  std::unique_ptr<link::ServerLink> listen(std::size_t frame_bytes_max) override {
    return network_.listen(frame_bytes_max);
  }
  std::unique_ptr<link::Connector> connector() override {
    return std::make_unique<OwnedConnector>(network_.connector("client"));
  }
  void run(const std::function<Task<>()>& body) override {
    sim::run_virtual_or_throw(
        [&]() -> Task<> {
          co_await open_nursery([&](Nursery& nursery) -> Task<> {
            nursery.start_soon([&] { return network_.run(); });
            const bool late = co_await move_on_after(1h, body);
            if (late) ADD_FAILURE() << "the test hangs";
            nursery.cancel_scope().cancel();
          });
        },
        sim::seed(7));
  }

 private:
  sim::Network network_{sim::seed(7)};
};

}  // namespace

Task<std::unique_ptr<link::Link>> LinkWorld::connect() {
  const auto to = connector();
  co_return co_await to->connect();
}

std::vector<std::string> link_worlds() {
  std::vector<std::string> names{"simulated", "delayed", "inproc", "tcp", "ipc"};
  if (parse_link_kind("libzmq"))
    names.insert(names.end(), {"tcp_libzmq", "ipc_libzmq", "tcp_libzmq_server", "tcp_libzmq_client"});
  return names;
}

std::unique_ptr<LinkWorld> make_link_world(const std::string& name) {
  using enum LinkKind;
  if (name == "simulated") return std::make_unique<SimulatedWorld>(Duration::zero());
  if (name == "delayed") return std::make_unique<SimulatedWorld>(20ms);
  const bool is_both = name.ends_with("_libzmq");
  return std::make_unique<RealWorld>(name.substr(0, name.find('_')),
                                     is_both || name.ends_with("_server") ? libzmq : zmtp,
                                     is_both || name.ends_with("_client") ? libzmq : zmtp);
}

}  // namespace hoiku::wire_tests
