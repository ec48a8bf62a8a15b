// bus_client.hpp: a service that acts at random: it connects and leaves, writes, reads, waits, cancels and cleans up,
// through the public API. It compares what it sees with what the Witness knows of the past.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "hoiku/testing.hpp"
#include "tests/sim/judge/reader_judge.hpp"
#include "tests/sim/players/bus_messages.hpp"
#include "tests/sim/players/bus_play.hpp"
#include "tests/sim/players/bus_writer.hpp"

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
  const std::vector<std::string>& complaints() const { return play_.complaints; }
  // Returns the number of writes and waits that it began, and of values that it took.
  std::uint64_t acts() const { return play_.acts; }
  const Deeds& deeds() const { return play_.deeds; }

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
  // Complains if the error may not have ended its Bus.
  void judge_end_of_bus(const std::exception& error);
  Task<> repeat(Task<> (BusClient::*act)(Bus, TimePoint), Bus bus);
  Task<> write(Bus bus, TimePoint) { return writer_.write(bus); }
  Task<> post(Bus bus, TimePoint) { return writer_.post(bus); }
  Task<> exchange_messages(Bus bus, TimePoint) { return messages_.exchange(bus); }
  Task<> wait(Bus bus, TimePoint until);
  static Task<TransitionPtr> wait_for(hoiku::Topic<Value> topic, std::optional<Predicate> predicate,
                                      std::chrono::nanoseconds hold);
  Task<> read_topic(Bus bus, TimePoint until);
  Task<> read_composite(Bus bus, TimePoint until);
  Task<> watch(Bus bus, TimePoint until);
  Task<> watch_every(Bus bus, TimePoint until);
  Task<> watch_pattern(Bus bus, std::string pattern, Mode mode);
  Task<> judge_items(PatternSubscription& subscription, Reading& reading, Mode mode);
  Task<> list_readers(Bus bus, TimePoint until);
  // ---- bus_client_acts.cpp
  Task<> own(Bus bus, TimePoint until);
  Task<> write_owned(hoiku::Topic<Value> topic);
  Task<> declare(Bus bus, TimePoint until);
  Task<> list(Bus bus, TimePoint until);
  Task<> watch_broker(Bus bus, TimePoint until);
  Task<> get_of_broker(Bus bus);
  Task<> wait_transition(Bus bus, TimePoint until);
  Task<> follow(Bus bus, TimePoint until);

  detail::SubscribeOptions random_reading(const std::string& pattern, Mode mode);
  std::optional<ReaderJudge::Filter> known_of(const std::optional<Predicate>& filter) const;

  sim::Simulation& world_;
  BusPlay play_;
  BusWriter writer_{play_};
  BusMessages messages_{play_};
  std::optional<Bus> bus_;  // while it is connected
  std::list<Reading> readings_;
};

}  // namespace hoiku::model
