// bus_client_acts.cpp: the acts of bus_client.hpp that write without waiting, own and declare topics, list them, and
// follow their transitions.
#include "tests/sim/players/bus_client.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

namespace {

// Owned topics have names of their own, since their last wills and deadlines make transitions that nobody wrote.
std::string owned_topic(Dice& dice) { return "own/" + std::to_string(dice.below(3)); }

}  // namespace

// After a flush that succeeds, the last post has been applied.
Task<> BusClient::post(Bus bus, TimePoint) {
  while (now() < quiet_) {
    ++acts_;
    const std::string name = dice_.topic();
    const Value value = dice_.value(name);
    const auto topic = bus.topic<Value>(name);
    if (dice_.chance(30)) {
      topic.post(value, latest_only);
    } else {
      topic.post(value);
    }
    if (dice_.chance(30)) co_await flush(bus, name, value);
    co_await sleep(dice_.between(0ms, 60ms));
  }
  co_await sleep_until(end_ + 1s);
}

Task<> BusClient::flush(Bus bus, std::string posted, Value value) {
  try {
    co_await bus.flush();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::outcome_unknown) complain(std::string("flush() failed: ") + error.what());
    co_return;
  }
  if (!past_.ever({posted}, {value})) complain("flush() returned before the post to " + posted + " was applied");
}

// The old value that update() gives its function is the one that it replaces.
Task<> BusClient::update(Bus bus) {
  const std::string name = dice_.topic();
  Value old_value, next;
  const Version version = co_await bus.topic<Value>(name).update([&](std::optional<Value> old) {
    old_value = old.value_or(Value());
    next = dice_.value(name);
    return next;
  });
  if (next == old_value || version.number < 2) co_return;
  const State* before = past_.find(name, Version{version.epoch, version.number - 1});
  if (before && !(before->value == old_value))
    complain("update() of " + name + " replaced a value that it had not read");
}

// The broker ends the lease if the session is lost for too long, or another client takes over.
Task<> BusClient::own(Bus bus, TimePoint) {
  if (now() >= quiet_) co_await sleep_until(end_ + 1s);
  ++acts_;
  const auto topic = bus.topic<Value>(owned_topic(dice_));
  const Value will(static_cast<std::int64_t>(1000 + dice_.below(1'000'000'000)));
  try {
    std::optional<Lease> lease;
    if (dice_.chance(30)) {
      lease.emplace(co_await topic.own(last_will(will), take_over));
    } else {
      lease.emplace(co_await topic.own(last_will(will)));
    }
    for (std::size_t left = dice_.below(5); left > 0; --left) {
      ++acts_;
      co_await topic.set(Value(static_cast<std::int64_t>(dice_.below(5))));
      co_await sleep(dice_.between(0ms, 100ms));
    }
  } catch (const Error& error) {
    const bool is_expected = error.code() == ErrorCode::not_owner || error.code() == ErrorCode::outcome_unknown;
    if (!is_expected) complain(std::string("own() failed: ") + error.what());
  }
}

Task<> BusClient::declare(Bus bus, TimePoint) {
  if (now() >= quiet_) co_await sleep_until(end_ + 1s);
  ++acts_;
  const Duration after = dice_.chance(30) ? Duration::zero() : dice_.between(50ms, 400ms);
  const auto topic = bus.topic<Value>(owned_topic(dice_));
  if (after == Duration::zero())
    co_await topic.declare(no_deadline);
  else
    co_await topic.declare(deadline(after));
  co_await sleep(dice_.between(0ms, 200ms));
}

Task<> BusClient::list(Bus bus, TimePoint) {
  if (now() >= quiet_) co_await sleep_until(end_ + 1s);
  ++acts_;
  const std::string pattern = dice_.pattern();
  const std::vector<TopicInfo> listed = co_await bus.list(pattern);
  for (const TopicInfo& info : listed) {
    const Transition& state = *info.state;
    if (!matches(pattern, state.topic)) complain("the list of " + pattern + " has " + state.topic);
    if (state.version.number > 0 && !past_.find(state.topic, state.version))
      complain("the list of " + pattern + " shows a state of " + state.topic + " that never was");
  }
}

// A wait for the transition after a version ends with the next one, also over a lost session.
Task<> BusClient::wait_transition(Bus bus, TimePoint) {
  ++acts_;
  const std::string name = dice_.topic();
  const auto topic = bus.topic<Value>(name);
  try {
    const TransitionPtr known = co_await topic.latest();
    const auto next = co_await topic.wait_transition(after(known->version));
    if (!past_.find(name, next.version)) complain("wait_transition() of " + name + " gave what never was");
    if (next.version.epoch == known->version.epoch && next.version.number != known->version.number + 1)
      complain("wait_transition() of " + name + " missed a transition");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::lagged) complain(std::string("wait_transition() failed: ") + error.what());
  }
}

// Every transition comes, or is counted as lagged.
Task<> BusClient::follow(Bus bus, TimePoint) {
  const std::string name = dice_.topic();
  auto transitions = bus.topic<Value>(name).transitions();
  std::optional<TopicTransition<Value>> last;
  for (;;) {
    auto next = co_await transitions.next();
    ++acts_;
    const bool is_new = next.value.has_value();  // it does not become unset because the broker was restarted
    if (is_new && !past_.find(name, next.version)) complain("transitions() of " + name + " gave what never was");
    if (last && is_new && !next.lagged && next.version.epoch == last->version.epoch) {
      if (next.version.number != last->version.number + 1) complain("transitions() of " + name + " missed some");
      if (!(next.old_value == last->value)) complain("transitions() of " + name + " gave another old value");
    }
    last = std::move(next);
    if (dice_.chance(30)) co_await sleep(dice_.between(0ms, 80ms));
  }
}

}  // namespace hoiku::model
