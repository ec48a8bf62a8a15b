// bus_world.hpp: clients and the broker's server as in production, and the simulated network between them, on a virtual
// clock. It differs from sim::Simulation in what tests of the client need: limits, and a broker that is killed, started
// and shut down at will.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/server/server.hpp"
#include "broker/store/memory_store.hpp"
#include "hoiku/hoiku.hpp"
#include "hoiku/testing/network.hpp"
#include "hoiku/testing/virtual_time.hpp"

namespace hoiku {

class BusWorld {
 public:
  explicit BusWorld(std::uint64_t seed) : network_(sim::seed(seed)) {}

  sim::Network& network() noexcept { return network_; }

  template <class... Options>
  Task<Bus> connect(Nursery& nursery, std::string name, Options... options) {
    return Bus::connect(nursery, network_.connector(name), client_name(name), std::move(options)...);
  }

  // Kills the broker as `kill -9` does, and starts another instance without any state.
  void start_broker() {
    kill_broker();
    broker::ServerOptions options;
    options.core.limits = limits;
    options.core.instance_id = ++instances_;
    options.core.epoch_seed = 1000 + instances_;
    server_ = std::make_shared<broker::Server>(std::move(options), network_.listen(),
                                               std::make_unique<broker::MemoryStore>());
    changed_.notify();
  }
  void kill_broker() {
    network_.kill_broker();
    stop_serving();
  }
  // Shuts the broker down as SIGTERM does, with a notice to every client.
  Task<> shut_down_broker() {
    const std::shared_ptr<broker::Server> ending = server_;
    stop_serving();
    co_await sim::settle();
    co_await ending->drain(std::chrono::seconds(1));
    network_.kill_broker();
  }
  broker::Statistics statistics() const { return server_->statistics(); }

  Task<> serve() {
    for (;;) {
      while (!server_) co_await changed_.wait();
      // Another broker may replace this one while it is served; it lives until it has noticed.
      const std::shared_ptr<broker::Server> serving = server_;
      CancelScope life;
      life_ = &life;
      co_await life.run([&]() -> Task<> { co_await serving->serve(); });
      life_ = nullptr;
    }
  }

  Limits limits;

 private:
  void stop_serving() {
    server_.reset();
    if (life_) life_->cancel("the broker is stopped");
  }

  sim::Network network_;
  std::shared_ptr<broker::Server> server_;  // null if no broker runs
  CancelScope* life_ = nullptr;             // of the server that is served
  Signal changed_;
  std::uint64_t instances_ = 0;
};

// Whether the task ends with that exception. (EXPECT_THROW would await inside a condition, which g++ 12 miscompiles.)
template <class E, class T>
Task<bool> fails_with(Task<T> task) {
  try {
    co_await std::move(task);
  } catch (const E&) {
    co_return true;
  }
  co_return false;
}

// A test's body. Not a template parameter of in_a_world: instantiating a whole loop for each test took half of its
// compile.
using Story = std::function<Task<>(BusWorld&, Nursery&)>;

// Runs `story(world, nursery)` in a world with a broker, under several orders of the events that have no order.
inline void in_a_world(const Story& story, Limits limits = {}) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    sim::run_virtual_or_throw(
        [&]() -> Task<> {
          BusWorld world(seed);
          world.limits = limits;
          world.start_broker();
          co_await open_nursery([&](Nursery& outside) -> Task<> {
            outside.start_soon([&]() -> Task<> { co_await world.serve(); });
            outside.start_soon([&]() -> Task<> { co_await world.network().run(); });
            co_await open_nursery([&](Nursery& nursery) -> Task<> { co_await story(world, nursery); });
            outside.cancel_scope().cancel();
          });
        },
        sim::seed(seed));
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace hoiku
