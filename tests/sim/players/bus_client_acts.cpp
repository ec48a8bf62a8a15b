// bus_client_acts.cpp: the acts of bus_client.hpp that own and declare topics, list them, and follow their transitions.
#include <algorithm>

#include "tests/sim/players/bus_client.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

// The broker ends the lease if the session is lost for too long, or another client takes over.
Task<> BusClient::own(Bus bus, TimePoint) {
  if (now() >= play_.quiet) co_await sleep_until(play_.end + 1s);
  ++play_.acts;
  const auto topic = bus.topic<Value>(play_.dice.owned_topic());
  const Value will(static_cast<std::int64_t>(1000 + play_.dice.below(1'000'000'000)));
  try {
    std::optional<Lease> lease;
    if (play_.dice.chance(30)) {
      lease.emplace(co_await topic.own(last_will(will), take_over));
      play_.did(Deed::take_over);
    } else {
      lease.emplace(co_await topic.own(last_will(will)));
      play_.did(Deed::own);
    }
    for (std::size_t left = play_.dice.below(5); left > 0; --left) {
      ++play_.acts;
      co_await write_owned(topic);
      co_await sleep(play_.dice.between(0ms, 100ms));
    }
  } catch (const Error& error) {
    // The topic may hold a text, which the last will does not fit; or the lease is lost.
    const bool is_expected = error.code() == ErrorCode::not_owner || error.code() == ErrorCode::outcome_unknown ||
                             error.code() == ErrorCode::type_mismatch;
    if (!is_expected) play_.complain(std::string("own() failed: ") + error.what());
  }
}

// The last will fixes the type of the topic, also while it is unset. (If the lease is lost, another client may own it.)
Task<> BusClient::write_owned(hoiku::Topic<Value> topic) {
  if (play_.dice.chance(25)) {
    play_.check_written(topic.name(), co_await topic.unset(), Value(), "unset()");
    play_.did(Deed::unset_while_owned);
    co_return;
  }
  co_await topic.set(play_.dice.next_value(topic.name()));
}

// Declarations of a type refuse values of other types also while the topic is unset.
Task<> BusClient::declare(Bus bus, TimePoint) {
  if (now() >= play_.quiet) co_await sleep_until(play_.end + 1s);
  ++play_.acts;
  const std::string name = play_.dice.owned_topic();
  const auto topic = bus.topic<Value>(name);
  try {
    if (play_.dice.chance(30)) {
      play_.has_risked_its_bus = true;
      co_await bus.topic<std::int64_t>(name).declare();
    } else if (play_.dice.chance(30)) {
      co_await topic.declare(no_deadline);
    } else {
      co_await topic.declare(deadline(play_.dice.between(50ms, 400ms)));
    }
    play_.did(Deed::declare);
    co_await sleep(play_.dice.between(0ms, 200ms));
    if (play_.dice.chance(30)) {
      play_.check_written(name, co_await topic.unset(), Value(), "unset()");
      play_.did(Deed::unset_while_declared);
      co_await sleep(play_.dice.between(0ms, 100ms));
    }
    if (play_.dice.chance(50)) co_return;
    co_await topic.undeclare();
    play_.did(Deed::undeclare);
  } catch (const Error& error) {
    const bool is_expected = error.code() == ErrorCode::not_owner || error.code() == ErrorCode::outcome_unknown ||
                             error.code() == ErrorCode::type_mismatch;
    if (!is_expected) play_.complain(std::string("declare() failed: ") + error.what());
  }
}

Task<> BusClient::list(Bus bus, TimePoint) {
  if (now() >= play_.quiet) co_await sleep_until(play_.end + 1s);
  ++play_.acts;
  const std::string pattern = play_.dice.chance(10) ? "$hoiku/**" : play_.dice.pattern();
  const TimePoint asked = now();
  const std::vector<TopicInfo> listed = co_await bus.list(pattern);
  const auto is_listed = [&](const std::string& name) {
    return std::any_of(listed.begin(), listed.end(), [&](const TopicInfo& info) { return info.state->topic == name; });
  };
  for (const std::string& name : play_.past.set_since(asked)) {
    if (matches(pattern, name) && !is_listed(name)) play_.complain("the list of " + pattern + " lacks " + name);
  }
  for (const TopicInfo& info : listed) {
    const Transition& state = *info.state;
    if (!matches(pattern, state.topic)) play_.complain("the list of " + pattern + " has " + state.topic);
    if (state.version.number > 0 && !play_.past.find(state.topic, state.version))
      play_.complain("the list of " + pattern + " shows a state of " + state.topic + " that never was");
  }
  play_.did(Deed::list);
}

// Reads what the broker publishes about itself. Its counts go on changing as long as somebody reads them, so nobody
// does in the end.
Task<> BusClient::watch_broker(Bus bus, TimePoint until) {
  if (now() < play_.quiet && play_.dice.chance(30)) co_await get_of_broker(bus);
  const Mode mode = play_.dice.chance(30) ? Mode::every : Mode::latest;
  if (play_.dice.chance(60)) {
    co_await watch_pattern(bus, "$hoiku/sessions/*", mode);
    co_return;
  }
  const std::string pattern = play_.dice.chance(50) ? "$hoiku/**" : "$hoiku/broker/*";
  co_await move_on_at(std::min(until, play_.quiet), watch_pattern(bus, pattern, mode));
  if (until >= play_.quiet) co_await sleep_until(play_.end + 1s);
}

Task<> BusClient::get_of_broker(Bus bus) {
  static const std::vector<std::string> names{"$hoiku/broker/topics", "$hoiku/broker/commits", "$hoiku/broker/waits"};
  const std::string name = play_.dice.pick(names);
  const auto topic = bus.topic<Value>(name);
  const TransitionPtr latest = co_await topic.latest();
  if (!play_.past.find(name, latest->version)) play_.complain("latest() of " + name + " never was");
  play_.did(Deed::get_of_broker);
  try {
    co_await topic.set(Value(7));
    play_.complain("a client may write " + name);
  } catch (const Error& error) {
    const bool is_expected = error.code() == ErrorCode::permission_denied || error.code() == ErrorCode::outcome_unknown;
    if (!is_expected) play_.complain("writing " + name + " failed: " + error.what());
  }
}

// A wait for the transition after a version ends with the next one, also over a lost session.
Task<> BusClient::wait_transition(Bus bus, TimePoint) {
  ++play_.acts;
  const std::string name = play_.dice.topic();
  const auto topic = bus.topic<Value>(name);
  try {
    const TransitionPtr known = co_await topic.latest();
    const auto next = co_await topic.wait_transition(after(known->version));
    if (!play_.past.find(name, next.version)) play_.complain("wait_transition() of " + name + " gave what never was");
    play_.did(Deed::wait_transition);
    if (known->version.number == 0 && next.version.number != 1)
      play_.complain("wait_transition() of " + name + " missed the first transition");
    if (next.version.epoch == known->version.epoch && next.version.number != known->version.number + 1)
      play_.complain("wait_transition() of " + name + " missed a transition");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::lagged) play_.complain(std::string("wait_transition() failed: ") + error.what());
  }
}

// Every transition comes, or is counted as lagged.
Task<> BusClient::follow(Bus bus, TimePoint) {
  const std::string name = play_.dice.topic();
  auto transitions = bus.topic<Value>(name).transitions();
  std::optional<TopicTransition<Value>> last;
  for (;;) {
    auto next = co_await transitions.next();
    ++play_.acts;
    play_.did(Deed::follow);
    const bool is_new = next.version.number > 0;  // it does not become unset because the broker was restarted
    if (is_new && !play_.past.find(name, next.version))
      play_.complain("transitions() of " + name + " gave what never was");
    if (last && is_new && !next.lagged && next.version.epoch == last->version.epoch) {
      if (next.version.number != last->version.number + 1) play_.complain("transitions() of " + name + " missed some");
      if (!(next.old_value == last->value)) play_.complain("transitions() of " + name + " gave another old value");
    }
    last = std::move(next);
    if (play_.dice.chance(30)) co_await sleep(play_.dice.between(0ms, 80ms));
  }
}

}  // namespace hoiku::model
