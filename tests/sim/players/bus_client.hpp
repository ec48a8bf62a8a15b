// bus_client.hpp: a service that acts at random: it connects and leaves, writes, reads, waits, cancels and cleans up,
// through the public API. It compares what it sees with what the Witness knows of the past.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "hoiku/testing.hpp"
#include "tests/sim/judge/past.hpp"
#include "tests/sim/judge/reader_judge.hpp"
#include "tests/sim/players/dice.hpp"

namespace hoiku::model {

class BusClient {
 public:
  BusClient(sim::Simulation& world, const Past& past, std::string name, Dice dice);
  BusClient(const BusClient&) = delete;
  BusClient& operator=(const BusClient&) = delete;

  // Writes and misbehaves until `quiet`; reads until `end`, when it leaves.
  Task<> live(TimePoint quiet, TimePoint end);

  // Checks, after all writers have stopped and no frame is in flight, that each reader has the latest state.
  void check_at_rest();
  // Returns what it has open at the broker: subscriptions, waits and leases.
  std::size_t open_requests() const { return bus_ ? bus_->statistics().open_requests : 0; }
  const std::vector<std::string>& complaints() const { return complaints_; }
  // Returns the number of writes and waits that it began, and of values that it took.
  std::uint64_t acts() const { return acts_; }

 private:
  struct Reading {
    std::vector<std::string> topics;
    std::vector<Value> last;           // for a topic or a composite
    std::optional<ReaderJudge> judge;  // for a pattern
    std::optional<Predicate> filter;
  };
  // Lists a reader for as long as this object lives.
  class Listed;

  Task<> visit(TimePoint leave_at);
  Task<> repeat(Task<> (BusClient::*act)(Bus, TimePoint), Bus bus);
  Task<> write(Bus bus, TimePoint until);
  Task<> wait(Bus bus, TimePoint until);
  Task<> read_topic(Bus bus, TimePoint until);
  Task<> read_composite(Bus bus, TimePoint until);
  Task<> watch(Bus bus, TimePoint until);
  Task<> watch_every(Bus bus, TimePoint until);
  Task<> watch_in(Bus bus, Mode mode);
  Task<> list_readers(Bus bus, TimePoint until);
  // ---- bus_client_acts.cpp
  Task<> post(Bus bus, TimePoint until);
  Task<> own(Bus bus, TimePoint until);
  Task<> declare(Bus bus, TimePoint until);
  Task<> list(Bus bus, TimePoint until);
  Task<> wait_transition(Bus bus, TimePoint until);
  Task<> follow(Bus bus, TimePoint until);
  Task<> flush(Bus bus, std::string posted, Value value);
  Task<> update(Bus bus);

  detail::SubscribeOptions random_reading(const std::string& pattern, Mode mode);
  std::optional<ReaderJudge::Filter> known_of(const std::optional<Predicate>& filter) const;
  Task<> write_two(Bus bus);
  Task<> write_once(Bus bus);
  void complain(const std::string& text);

  sim::Simulation& world_;
  const Past& past_;
  std::string name_;
  Dice dice_;
  TimePoint quiet_{};
  TimePoint end_{};
  std::optional<Bus> bus_;  // while it is connected
  std::list<Reading> readings_;
  std::uint64_t acts_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace hoiku::model
