#include "tests/sim/players/bus_client.hpp"

#include <algorithm>

#include "tests/sim/judge/meaning.hpp"
#include "tests/sim/judge/story.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

class BusClient::Listed {
 public:
  Listed(BusClient& client, std::vector<std::string> topics) : client_(client) {
    Reading reading;
    reading.topics = std::move(topics);
    client_.readings_.push_back(std::move(reading));
    place_ = std::prev(client_.readings_.end());
  }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;
  ~Listed() { client_.readings_.erase(place_); }
  Reading& operator*() const { return *place_; }
  Reading* operator->() const { return &*place_; }

 private:
  BusClient& client_;
  std::list<Reading>::iterator place_;
};

BusClient::BusClient(sim::Simulation& world, const Past& past, std::string name, Dice dice)
    : world_(world), past_(past), name_(std::move(name)), dice_(std::move(dice)) {}

void BusClient::complain(const std::string& text) {
  complaints_.push_back(seconds(now().time_since_epoch()) + " " + name_ + " (API): " + text);
}

Task<> BusClient::live(TimePoint quiet, TimePoint end) {
  quiet_ = quiet;
  end_ = end;
  while (now() < end_) {
    TimePoint leave_at = now() + dice_.between(300ms, 4s);
    if (leave_at > quiet_) leave_at = end_;  // a client that is there in the end stays, to be asked what it knows
    try {
      co_await visit(leave_at);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unavailable) complain(std::string("cannot connect: ") + error.what());
    }
    if (now() < end_ && dice_.chance(50)) co_await sleep(dice_.between(0ms, 300ms));
  }
}

Task<> BusClient::visit(TimePoint leave_at) {
  std::exception_ptr refused;
  auto stay = [&](Nursery& nursery) -> Task<> {
    std::optional<Bus> connected;
    try {
      connected = co_await world_.connect(nursery, client_name(name_), session_timeout(500ms));
    } catch (const Error&) {
      refused = std::current_exception();
    }
    if (!connected) co_return;
    const Bus bus = *connected;
    bus_ = bus;
    for (const auto act : {&BusClient::write, &BusClient::wait, &BusClient::wait, &BusClient::read_topic,
                           &BusClient::read_topic, &BusClient::read_composite, &BusClient::watch,
                           &BusClient::watch_every, &BusClient::list_readers, &BusClient::post, &BusClient::own,
                           &BusClient::declare, &BusClient::list, &BusClient::wait_transition, &BusClient::follow}) {
      if (dice_.chance(60)) nursery.start_soon([this, act, bus] { return repeat(act, bus); });
    }
    co_await sleep_until(leave_at);
    nursery.cancel_scope().cancel("leaving");
  };
  co_await open_nursery(stay);
  bus_.reset();
  if (refused) std::rethrow_exception(refused);
}

// Does each thing for a while, then another of its kind; at the end of the history, until it is cancelled.
Task<> BusClient::repeat(Task<> (BusClient::*act)(Bus, TimePoint), Bus bus) {
  for (;;) {
    co_await sleep(dice_.between(0ms, 100ms));
    const TimePoint until = now() + dice_.between(0ms, 1500ms);
    co_await move_on_at(until >= quiet_ ? end_ + 1s : until, [&]() -> Task<> { co_await (this->*act)(bus, until); });
  }
}

Task<> BusClient::write(Bus bus, TimePoint) {
  while (now() < quiet_) {
    co_await write_once(bus);
    co_await sleep(dice_.between(0ms, 60ms));
  }
  co_await sleep_until(end_ + 1s);
}

Task<> BusClient::write_once(Bus bus) {
  ++acts_;
  const std::string name = dice_.topic();
  const auto topic = bus.topic<Value>(name);
  try {
    if (dice_.chance(20)) {
      const TransitionPtr latest = co_await topic.latest();
      if (latest->version.number > 0 && !past_.find(name, latest->version))
        complain("latest() of " + name + " never was");
      if (dice_.chance(50)) co_await sleep(dice_.between(0ms, 20ms));
      co_await topic.set(dice_.value(name), if_version(latest->version));
    } else if (dice_.chance(15)) {
      co_await write_two(bus);
    } else if (dice_.chance(10)) {
      co_await update(bus);
    } else if (dice_.chance(20)) {
      // The write is cancelled: it may have been applied or not.
      co_await move_on_after(dice_.between(0ms, 30ms), topic.set(dice_.value(name)));
    } else {
      const Value written = dice_.value(name);
      const Version version = co_await topic.set(written);
      const State* state = past_.find(name, version);
      if (!state || !(state->value == written)) complain("set() of " + name + " gave the version of something else");
    }
  } catch (const VersionConflict&) {
    // Another client was faster.
  } catch (const Error& error) {
    if (error.code() != ErrorCode::outcome_unknown) complain(std::string("a write failed: ") + error.what());
  }
}

Task<> BusClient::write_two(Bus bus) {
  const std::string names[] = {dice_.topic(), dice_.topic()};
  if (names[0] == names[1]) co_return;
  const Value values[] = {dice_.value(names[0]), dice_.value(names[1])};
  const Committed committed = co_await bus.commit([&](Transaction& both) {
    for (const int i : {0, 1}) both.set(bus.topic<Value>(names[i]), values[i]);
  });
  for (std::size_t i = 0; i < 2; ++i) {
    const State* state = past_.find(names[i], committed.versions.at(i));
    if (!state || !(state->value == values[i]))
      complain("commit() of " + names[i] + " gave the version of something else");
  }
}

Task<> BusClient::wait(Bus bus, TimePoint) {
  ++acts_;
  const std::string name = dice_.topic();
  const auto topic = bus.topic<Value>(name);
  const auto predicate = dice_.predicate(name);
  const bool edge = predicate && uses_old_value(*predicate);
  const auto hold = edge ? std::chrono::nanoseconds(0) : dice_.hold();
  const TimePoint start = now();
  Value got;
  if (predicate) {
    const TransitionPtr match = co_await topic.wait_latest(*predicate, held_for(hold));
    got = match->value;
    if (!edge && !holds(*predicate, got, Value(), match->quality))
      complain("waited for " + predicate->key() + " and got " + to_display_string(got));
  } else {
    got = co_await topic.wait_value(held_for(hold));
  }
  if (!past_.ever({name}, {got})) complain("waited for " + name + " and got what never was");
  if (now() == start) co_await checkpoint();
}

Task<> BusClient::read_topic(Bus bus, TimePoint) {
  const std::string name = dice_.topic();
  Listed reading(*this, {name});
  auto values = bus.topic<Value>(name).eventual_values();
  for (;;) {
    const Value value = co_await values.next();
    ++acts_;
    if (!reading->last.empty() && reading->last[0] == value) complain(name + " gave the same value twice in a row");
    if (!past_.ever({name}, {value})) complain(name + " gave what never was: " + to_display_string(value));
    reading->last = {value};
    if (dice_.chance(30)) co_await sleep(dice_.between(0ms, 80ms));
  }
}

Task<> BusClient::read_composite(Bus bus, TimePoint) {
  Listed reading(*this, {dice_.topic(), dice_.topic(), dice_.topic()});
  auto both = compose_values(bus.topic<Value>(reading->topics[0]), bus.topic<Value>(reading->topics[1]),
                             bus.topic<Value>(reading->topics[2]));
  auto values = both.eventual_values();
  for (;;) {
    auto [a, b, c] = co_await values.next();
    ++acts_;
    reading->last = {a, b, c};
    if (!past_.ever(reading->topics, reading->last)) {
      complain("a composite showed what never was: " + reading->topics[0] + " " + to_display_string(a) + ", " +
               reading->topics[1] + " " + to_display_string(b) + ", " + reading->topics[2] + " " +
               to_display_string(c));
    }
    if (dice_.chance(30)) co_await sleep(dice_.between(0ms, 80ms));
  }
}

Task<> BusClient::watch(Bus bus, TimePoint) { return watch_in(bus, Mode::latest); }
Task<> BusClient::watch_every(Bus bus, TimePoint) { return watch_in(bus, Mode::every); }

detail::SubscribeOptions BusClient::random_reading(const std::string& pattern, Mode mode) {
  detail::SubscribeOptions reading(mode);
  if (dice_.chance(40)) reading.filter = dice_.filter(pattern);
  if (mode == Mode::latest && dice_.chance(30)) reading.interval = dice_.interval();
  return reading;
}

std::optional<ReaderJudge::Filter> BusClient::known_of(const std::optional<Predicate>& filter) const {
  if (!filter) return std::nullopt;
  return ReaderJudge::Filter{
      [this, filter = *filter](const std::string& topic, const Version& version) {
        return past_.passes(topic, version, filter).value_or(false);
      },
      [this, filter = *filter](const std::string& topic, const Version& from, const Version& to) {
        return past_.not_passing(topic, from, to, filter);
      }};
}

Task<> BusClient::watch_in(Bus bus, Mode mode) {
  const std::string pattern = dice_.pattern();
  const detail::SubscribeOptions options = random_reading(pattern, mode);
  Listed reading(*this, {pattern});
  reading->filter = options.filter;
  const auto subscribe = [&] {
    if (options.filter) return bus.watch(pattern, where(*options.filter), at_most_every(options.interval), mode);
    return bus.watch(pattern, mode, at_most_every(options.interval));
  };
  PatternSubscription subscription(subscribe());
  const auto find = [this](const std::string& topic, const Version& version) { return past_.find(topic, version); };
  ReaderJudge& judge = reading->judge.emplace(pattern, mode, find, known_of(options.filter));
  for (;;) {
    const AnyTransition transition = co_await subscription.next();
    ++acts_;
    for (const std::string& sentence : judge.judge(transition)) complain(sentence);
    for (const std::string& sentence : judge.judge(subscription.statistics())) complain(sentence);
    if (dice_.chance(20)) co_await sleep(dice_.between(0ms, 80ms));
  }
}

// Lists the readers at the broker; the counts of each have to add up.
Task<> BusClient::list_readers(Bus bus, TimePoint) {
  if (now() >= quiet_) co_await sleep_until(end_ + 1s);
  const std::vector<ReaderInfo> readers = co_await bus.readers();
  ++acts_;
  for (const ReaderInfo& reader : readers) {
    if (reader.written !=
        reader.delivered + reader.in_flight + reader.conflated + reader.filtered + reader.lagged + reader.pending)
      complain("a reader of " + reader.client + " does not add up");
  }
}

void BusClient::check_at_rest() {
  for (const Reading& reading : readings_) {
    if (reading.judge) {
      for (const auto& [name, topic] : past_.model().topics()) {
        if (!matches(reading.topics[0], name)) continue;
        // The last state that passed may be older than the reader.
        const auto& states = topic.states;
        if (reading.filter && !past_.model().passes(*reading.filter, name, states.size() - 1)) continue;
        if (reading.filter && topic.newest().value.is_null()) continue;
        const auto seen = reading.judge->last().find(name);
        const Value last = seen == reading.judge->last().end() ? Value() : seen->second.value;
        if (!(last == topic.newest().value)) {
          complain(reading.topics[0] + " saw last that " + name + " is " + to_display_string(last) + ", and it is " +
                   to_display_string(topic.newest().value));
        }
      }
      continue;
    }
    std::vector<Value> now_true;
    for (const std::string& name : reading.topics) now_true.push_back(past_.model().topic(name).newest().value);
    const bool all_set =
        std::none_of(now_true.begin(), now_true.end(), [](const Value& value) { return value.is_null(); });
    if (!all_set || reading.last == now_true) continue;
    std::string text = "a reader saw last";
    for (std::size_t i = 0; i < reading.topics.size(); ++i) {
      text += " " + reading.topics[i] + " = " +
              (reading.last.empty() ? "nothing" : to_display_string(reading.last[i])) + ", and it is " +
              to_display_string(now_true[i]);
    }
    complain(text);
  }
}

}  // namespace hoiku::model
