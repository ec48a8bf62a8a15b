// Many lives over real sockets: a client connects, subscribes, waits and writes, and is cancelled, fails, is cut off
// and comes back, or is killed, so that its connection ends without a goodbye. Afterwards the broker has nothing left
// of any client.
//
// HOIKU_CYCLES=n runs n lives instead of 300; HOIKU_SEED=n selects other ones.
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include "hoiku/broker.hpp"
#include "hoiku/hoiku.hpp"
#include "wire.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// ---- Connections that can be killed

// A connection: its operations end when it is cut.
class Mortal {
 public:
  void cut() {
    is_cut_ = true;
    for (CancelScope* scope : running_) scope->cancel("cut");
  }
  template <class F>
  Task<> run(F& body) {
    if (is_cut_) throw link::LinkClosed("the test has cut it");
    CancelScope scope;
    const Running running(*this, scope);
    const bool was_cut = co_await scope.run(body);
    if (was_cut) throw link::LinkClosed("the test has cut it");
  }
  void check() const {
    if (is_cut_) throw link::LinkClosed("the test has cut it");
  }

 private:
  class Running {
   public:
    Running(Mortal& mortal, CancelScope& scope) : mortal_(mortal), scope_(scope) { mortal_.running_.insert(&scope_); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { mortal_.running_.erase(&scope_); }

   private:
    Mortal& mortal_;
    CancelScope& scope_;
  };
  bool is_cut_ = false;
  std::set<CancelScope*> running_;
};

// The real link. Its socket closes when the Bus destroys it, which it does when it hears of the cut.
class MortalLink final : public link::Link {
 public:
  MortalLink(std::unique_ptr<link::Link> link, std::shared_ptr<Mortal> mortal)
      : link_(std::move(link)), mortal_(std::move(mortal)) {}
  Task<std::string> receive() override {
    std::string frame;
    auto body = [&]() -> Task<> { frame = co_await link_->receive(); };
    co_await mortal_->run(body);
    co_return frame;
  }
  std::optional<std::string> try_receive() override {
    mortal_->check();
    return link_->try_receive();
  }
  Task<> send(std::string frame) override {
    auto body = [&]() -> Task<> { co_await link_->send(std::move(frame)); };
    co_await mortal_->run(body);
  }

 private:
  std::unique_ptr<link::Link> link_;
  std::shared_ptr<Mortal> mortal_;
};

class MortalConnector final : public link::Connector {
 public:
  explicit MortalConnector(const std::string& endpoint) : connector_(link::make_connector(endpoint)) {}
  Task<std::unique_ptr<link::Link>> connect() override {
    if (killed_) co_await sleep_until(never);
    std::unique_ptr<link::Link> link = co_await connector_->connect();
    if (killed_) co_await sleep_until(never);
    mortal_ = std::make_shared<Mortal>();
    co_return std::make_unique<MortalLink>(std::move(link), mortal_);
  }
  std::string endpoint() const override { return connector_->endpoint(); }

  void cut() {
    if (mortal_) mortal_->cut();
  }
  void kill() {  // as kill -9 of the client: it sends no more frames
    killed_ = true;
    cut();
  }

 private:
  std::shared_ptr<link::Connector> connector_;
  std::shared_ptr<Mortal> mortal_;
  bool killed_ = false;
};

// ---- Lives

class Mishap : public std::exception {};

struct Tally {
  std::uint64_t connected = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t failed = 0;
  std::uint64_t cut = 0;
  std::uint64_t killed = 0;
};

// On a slow machine a session may be lost for so long that its topic is removed, with the version of its wait.
bool is_part_of_life(const std::exception& leaf) {
  const auto* error = dynamic_cast<const Error*>(&leaf);
  return dynamic_cast<const Mishap*>(&leaf) != nullptr || (error != nullptr && error->code() == ErrorCode::lagged);
}

class Life {
 public:
  Life(const std::string& endpoint, std::uint64_t seed, Tally& tally)
      : random_(seed), connector_(std::make_shared<MortalConnector>(endpoint)), tally_(tally) {}

  Task<> live() {
    auto body = [this](Nursery& nursery) -> Task<> {
      nursery.start_soon([this, &nursery] { return end_somehow(nursery); });
      const Bus bus = co_await Bus::connect(nursery, connector_, client_name("cycle"), session_timeout(100ms),
                                            connect_timeout(wire_tests::patience));
      ++tally_.connected;
      is_connected_.set();
      begin_to_read(nursery, bus);
      begin_to_wait(nursery, bus);
      co_await write(bus);
      has_written_.set();
      if (chance(30)) nursery.cancel_scope().cancel();  // leaves early
    };
    try {
      co_await open_nursery(body);
    } catch (const ExceptionGroup& errors) {
      errors.for_each_leaf([](const std::exception& leaf) {
        if (!is_part_of_life(leaf)) ADD_FAILURE() << leaf.what();
      });
    }
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::string topic() { return "t/" + std::to_string(random_() % 5); }

  void begin_to_read(Nursery& nursery, const Bus& bus) {
    auto read_all = [](Bus mine, std::string pattern, Mode mode) -> Task<> {
      PatternSubscription all(mine.watch(pattern, mode));
      for (;;) co_await all.next();
    };
    auto read_both = [](Topic<int> a, Topic<int> b) -> Task<> {
      auto both = compose_values(a, b);
      auto states = both.eventual_values();
      for (;;) co_await states.next();
    };
    if (chance(70)) nursery.start_soon(read_all, bus, chance(50) ? "t/*" : topic(), Mode::latest);
    if (chance(50)) nursery.start_soon(read_all, bus, "**", Mode::every);
    if (chance(50)) nursery.start_soon(read_both, bus.topic<int>(topic()), bus.topic<int>(topic()));
  }

  void begin_to_wait(Nursery& nursery, const Bus& bus) {
    auto wait = [](Topic<int> on, int limit) -> Task<> { co_await on.wait_value(value > limit); };
    auto hold = [](Topic<int> on) -> Task<> { co_await on.wait_value(value >= 0, held_for(1h)); };
    auto wait_for_change = [](Topic<int> on) -> Task<> {
      co_await move_on_after(1h, on.wait_transition(value == 1000));
    };
    for (int left = static_cast<int>(random_() % 3); left > 0; --left)
      nursery.start_soon(wait, bus.topic<int>(topic()), 1000 + left);
    if (chance(50)) nursery.start_soon(hold, bus.topic<int>(topic()));
    if (chance(50)) nursery.start_soon(wait_for_change, bus.topic<int>(topic()));
  }

  Task<> write(Bus bus) {
    for (int left = static_cast<int>(random_() % 4); left > 0; --left) {
      try {
        co_await bus.topic<int>(topic()).set(static_cast<int>(random_() % 10));
        if (chance(20)) co_await bus.topic<int>(topic()).unset();
      } catch (const Error& error) {
        // The session may end before the answer arrives.
        if (error.code() != ErrorCode::outcome_unknown) throw;
      }
    }
  }

  // Waits for some turns of the loop, so that the others are anywhere: connecting, or in the middle of a delivery.
  Task<> end_somehow(Nursery& nursery) {
    if (chance(85)) co_await is_connected_.wait();
    if (chance(50)) co_await has_written_.wait();
    for (auto left = random_() % 60; left > 0; --left) co_await checkpoint();
    if (chance(30)) {
      ++tally_.cut;
      connector_->cut();
      for (auto left = random_() % 60; left > 0; --left) co_await checkpoint();
    }
    switch (random_() % 3) {
      case 0:
        ++tally_.cancelled;
        nursery.cancel_scope().cancel();
        break;
      case 1:
        ++tally_.failed;
        throw Mishap();
      default:
        ++tally_.killed;
        connector_->kill();
        nursery.cancel_scope().cancel();
    }
  }

  std::mt19937_64 random_;
  Event is_connected_;
  Event has_written_;
  std::shared_ptr<MortalConnector> connector_;
  Tally& tally_;
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Unsets every topic that has a value, so that no topic has a reason to stay.
Task<> unset_everything(std::string endpoint) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus =
        co_await Bus::connect(nursery, endpoint, client_name("sweeper"), connect_timeout(wire_tests::patience));
    const std::vector<TopicInfo> left = co_await bus.list();
    for (const TopicInfo& info : left) co_await bus.topic<Value>(info.state->topic).unset();
  });
}

TEST(Endurance, ConnectingSubscribingWaitingCancellingAndKillingLeaveNothingAtTheBroker) {
  const std::uint64_t cycles = number_from_environment("HOIKU_CYCLES", 300);
  const std::uint64_t seed = number_from_environment("HOIKU_SEED", 1);
  constexpr std::uint64_t at_once = 16;
  // A bound for hanging, never waited for: a tenth of a second for each life.
  const Duration bound = wire_tests::patience + static_cast<Duration::rep>(cycles) * Duration(100ms);
  Tally tally;
  wire_tests::run_within(bound, [&]() -> Task<> {
    const wire_tests::Folder folder;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Broker broker(nursery, {"tcp://127.0.0.1:*", "ipc://" + folder.path("bus")});
      const auto endpoints = broker.endpoints();
      co_await unset_everything(endpoints[0]);  // ZeroMQ's own threads and descriptors exist from now on
      const std::size_t descriptors = open_descriptors();

      std::uint64_t begun = 0;
      auto one_after_another = [&]() -> Task<> {
        while (begun < cycles) {
          const std::uint64_t number = begun++;
          Life life(endpoints[number % 2], seed * 1'000'000 + number, tally);
          co_await life.live();
        }
      };
      co_await open_nursery([&](Nursery& lives) -> Task<> {
        for (std::uint64_t i = 0; i < at_once; ++i) lives.start_soon([&] { return one_after_another(); });
        co_return;
      });

      co_await wire_tests::eventually([&] { return broker.statistics().sessions == 0; });
      co_await unset_everything(endpoints[0]);
      co_await wire_tests::eventually([&] { return broker.statistics().sessions == 0; });
      const BrokerStatistics left = broker.statistics();
      EXPECT_EQ(left.subscriptions, 0u);
      EXPECT_EQ(left.waits, 0u);
      EXPECT_EQ(left.predicates, 0u);
      EXPECT_EQ(left.kept_frames, 0u);
      EXPECT_EQ(left.topics, 0u);
      co_await wire_tests::eventually([&] { return open_descriptors() <= descriptors; });
    });
  });
  std::printf(
      "%llu lives: %llu connected; %llu were cancelled, %llu failed, %llu were killed; %llu were cut off before\n",
      static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(tally.connected),
      static_cast<unsigned long long>(tally.cancelled), static_cast<unsigned long long>(tally.failed),
      static_cast<unsigned long long>(tally.killed), static_cast<unsigned long long>(tally.cut));
  EXPECT_GT(tally.connected, cycles / 2);
  EXPECT_GT(tally.killed, 0u);
}

}  // namespace
}  // namespace hoiku
