// bus_world.hpp: clients as in production, the broker's core, and the simulated network between them, on a virtual
// clock. The broker's end is served by the plainest loop that does it; the real one is tested in tests/broker and
// tests/sim.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/core.hpp"
#include "hoiku/hoiku.hpp"
#include "hoiku/proto/codec.hpp"
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
    broker::CoreOptions options;
    options.limits = limits;
    options.instance_id = ++run_;
    options.epoch_seed = 1000 + run_;
    core_ = std::make_unique<broker::Core>(options);
    link_ = network_.listen();
    changed_.notify();
  }
  void kill_broker() {
    network_.kill_broker();
    if (link_) link_->activity().notify();  // serve() releases it then
    link_.reset();
    core_.reset();
  }
  // Shuts the broker down as SIGTERM does: every client is told.
  void end_broker() {
    core_->shut_down(instant());
    turn();
    kill_broker();
  }
  broker::Statistics statistics() const { return core_->statistics(); }

  Task<> serve() {
    for (;;) {
      if (!core_) {
        co_await changed_.wait();
        continue;
      }
      turn();
      const TimePoint next = core_->next_deadline().value_or(never);
      const std::shared_ptr<link::ServerLink> link = link_;  // kept while waited on: kill_broker() drops the other
      co_await move_on_at(next, link->activity().wait());
    }
  }

  Limits limits;

 private:
  static broker::Instant instant() { return broker::Instant{now(), WallTime{}}; }

  void turn() {
    while (auto input = link_->try_receive()) {
      const auto peer = broker::PeerId{input->peer};
      if (!input->frame) {
        core_->disconnected(peer);
        continue;
      }
      const auto frame = proto::decode_client_frame(*input->frame);
      ASSERT_TRUE(frame) << frame.failure().message;
      core_->receive(peer, *frame, instant());
    }
    core_->advance(instant());
    commit();
    while (const auto output = core_->take_output(instant())) {
      link_->try_send(static_cast<std::uint64_t>(output->peer), proto::encode(*output->frame));
      commit();
    }
  }
  void commit() {
    for (const broker::Record& record : core_->take_records()) core_->committed(record.sequence, instant());
  }

  sim::Network network_;
  std::unique_ptr<broker::Core> core_;
  std::shared_ptr<link::ServerLink> link_;
  Signal changed_;
  std::uint64_t run_ = 0;
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
