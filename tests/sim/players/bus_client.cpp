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
    : world_(world), play_(past, std::move(name), std::move(dice)) {}

Task<> BusClient::live(TimePoint quiet, TimePoint end) {
  play_.quiet = quiet;
  play_.end = end;
  while (now() < play_.end) {
    TimePoint leave_at = now() + play_.dice.between(300ms, 4s);
    if (leave_at > play_.quiet)
      leave_at = play_.end;  // a client that is there in the end stays, to be asked what it knows
    try {
      co_await visit(leave_at);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unavailable) play_.complain(std::string("cannot connect: ") + error.what());
    } catch (const ExceptionGroup& errors) {
      errors.for_each_leaf([this](const std::exception& error) { judge_end_of_bus(error); });
    }
    if (now() < play_.end && play_.dice.chance(50)) co_await sleep(play_.dice.between(0ms, 300ms));
  }
}

// The broker ends the Bus of a post that it refuses, or of a declaration that it refuses when the Bus repeats it.
void BusClient::judge_end_of_bus(const std::exception& error) {
  if (play_.has_risked_its_bus && dynamic_cast<const TypeMismatch*>(&error) != nullptr)
    return play_.did(Deed::refused_post);
  play_.complain(std::string("its Bus ended: ") + error.what());
}

Task<> BusClient::visit(TimePoint leave_at) {
  std::exception_ptr refused;
  play_.has_risked_its_bus = false;
  auto stay = [&](Nursery& nursery) -> Task<> {
    std::optional<Bus> connected;
    try {
      connected = co_await world_.connect(nursery, client_name(play_.name), session_timeout(500ms));
    } catch (const Error&) {
      refused = std::current_exception();
    }
    if (!connected) co_return;
    const Bus bus = *connected;
    bus_ = bus;
    for (const auto act :
         {&BusClient::write, &BusClient::wait, &BusClient::wait, &BusClient::read_topic, &BusClient::read_topic,
          &BusClient::read_composite, &BusClient::watch, &BusClient::watch_every, &BusClient::list_readers,
          &BusClient::post, &BusClient::own, &BusClient::watch_broker, &BusClient::exchange_messages,
          &BusClient::declare, &BusClient::list, &BusClient::wait_transition, &BusClient::follow}) {
      if (play_.dice.chance(60)) nursery.start_soon([this, act, bus] { return repeat(act, bus); });
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
    co_await sleep(play_.dice.between(0ms, 100ms));
    const TimePoint until = now() + play_.dice.between(0ms, 1500ms);
    co_await move_on_at(until >= play_.quiet ? play_.end + 1s : until,
                        [&]() -> Task<> { co_await (this->*act)(bus, until); });
  }
}

Task<> BusClient::wait(Bus bus, TimePoint) {
  ++play_.acts;
  const std::string name = play_.dice.topic();
  const auto predicate = play_.dice.predicate(name);
  const bool edge = predicate && uses_old_value(*predicate);
  const auto hold = edge ? std::chrono::nanoseconds(0) : play_.dice.hold();
  const TimePoint start = now();
  try {
    const TransitionPtr match = co_await wait_for(bus.topic<Value>(name), predicate, hold);
    if (predicate && !edge && !holds(*predicate, match->value, Value(), match->quality))
      play_.complain("waited for " + predicate->key() + " and got " + to_display_string(match->value));
    if (!play_.past.ever({name}, {match->value})) play_.complain("waited for " + name + " and got what never was");
    play_.did(hold.count() > 0 ? Deed::wait_for_a_hold : Deed::wait_value);
  } catch (const TypeMismatch& error) {
    if (!predicate || play_.past.always_fitted(*predicate, name))
      play_.complain(std::string("a wait failed: ") + error.what());
  }
  if (now() == start) co_await checkpoint();
}

Task<TransitionPtr> BusClient::wait_for(hoiku::Topic<Value> topic, std::optional<Predicate> predicate,
                                        std::chrono::nanoseconds hold) {
  if (predicate) return topic.wait_latest(*predicate, held_for(hold));
  return topic.wait_latest(held_for(hold));
}

Task<> BusClient::read_topic(Bus bus, TimePoint) {
  const std::string name = play_.dice.topic();
  Listed reading(*this, {name});
  auto values = bus.topic<Value>(name).eventual_values();
  for (;;) {
    const Value value = co_await values.next();
    ++play_.acts;
    if (!reading->last.empty() && reading->last[0] == value)
      play_.complain(name + " gave the same value twice in a row");
    if (!play_.past.ever({name}, {value})) play_.complain(name + " gave what never was: " + to_display_string(value));
    reading->last = {value};
    play_.did(Deed::read_topic);
    if (play_.dice.chance(30)) co_await sleep(play_.dice.between(0ms, 80ms));
  }
}

Task<> BusClient::read_composite(Bus bus, TimePoint) {
  Listed reading(*this, {play_.dice.topic(), play_.dice.topic(), play_.dice.topic()});
  auto both = compose_values(bus.topic<Value>(reading->topics[0]), bus.topic<Value>(reading->topics[1]),
                             bus.topic<Value>(reading->topics[2]));
  auto values = both.eventual_values();
  for (;;) {
    auto [a, b, c] = co_await values.next();
    ++play_.acts;
    reading->last = {a, b, c};
    play_.did(Deed::read_composite);
    if (!play_.past.ever(reading->topics, reading->last)) {
      play_.complain("a composite showed what never was: " + reading->topics[0] + " " + to_display_string(a) + ", " +
                     reading->topics[1] + " " + to_display_string(b) + ", " + reading->topics[2] + " " +
                     to_display_string(c));
    }
    if (play_.dice.chance(30)) co_await sleep(play_.dice.between(0ms, 80ms));
  }
}

Task<> BusClient::watch(Bus bus, TimePoint) { return watch_pattern(bus, play_.dice.pattern(), Mode::latest); }
Task<> BusClient::watch_every(Bus bus, TimePoint) { return watch_pattern(bus, play_.dice.pattern(), Mode::every); }

detail::SubscribeOptions BusClient::random_reading(const std::string& pattern, Mode mode) {
  detail::SubscribeOptions reading(mode);
  if (play_.dice.chance(40)) reading.filter = play_.dice.filter(pattern);
  if (mode == Mode::latest && play_.dice.chance(30)) reading.interval = play_.dice.interval();
  return reading;
}

std::optional<ReaderJudge::Filter> BusClient::known_of(const std::optional<Predicate>& filter) const {
  if (!filter) return std::nullopt;
  return ReaderJudge::Filter{
      [this, filter = *filter](const std::string& topic, const Version& version) {
        return play_.past.passes(topic, version, filter).value_or(false);
      },
      [this, filter = *filter](const std::string& topic, const Version& from, const Version& to) {
        return play_.past.not_passing(topic, from, to, filter);
      }};
}

Task<> BusClient::watch_pattern(Bus bus, std::string pattern, Mode mode) {
  const detail::SubscribeOptions options = random_reading(pattern, mode);
  Listed reading(*this, {pattern});
  reading->filter = options.filter;
  const auto subscribe = [&] {
    if (options.filter) return bus.watch(pattern, where(*options.filter), at_most_every(options.interval), mode);
    return bus.watch(pattern, mode, at_most_every(options.interval));
  };
  PatternSubscription subscription(subscribe());
  try {
    co_await judge_items(subscription, *reading, mode);
  } catch (const TypeMismatch& error) {
    if (!options.filter || play_.past.always_fitted(*options.filter, pattern))
      play_.complain(std::string("a reader failed: ") + error.what());
  }
}

Task<> BusClient::judge_items(PatternSubscription& subscription, Reading& reading, Mode mode) {
  const auto find = [this](const std::string& topic, const Version& version) {
    return play_.past.find(topic, version);
  };
  ReaderJudge& judge = reading.judge.emplace(reading.topics.front(), mode, find, known_of(reading.filter));
  for (;;) {
    const AnyTransition transition = co_await subscription.next();
    ++play_.acts;
    for (const std::string& sentence : judge.judge(transition)) play_.complain(sentence);
    for (const std::string& sentence : judge.judge(subscription.statistics())) play_.complain(sentence);
    if (transition.topic.starts_with('$')) play_.did(Deed::watch_broker);
    if (transition.topic.starts_with("pose") && reading.filter) play_.did(Deed::watch_fields);
    play_.did(mode == Mode::every ? Deed::watch_every : reading.filter ? Deed::watch_filtered : Deed::watch);
    if (play_.dice.chance(20)) co_await sleep(play_.dice.between(0ms, 80ms));
  }
}

// Lists the readers at the broker; the counts of each have to add up.
Task<> BusClient::list_readers(Bus bus, TimePoint) {
  if (now() >= play_.quiet) co_await sleep_until(play_.end + 1s);
  const std::vector<ReaderInfo> readers = co_await bus.readers();
  ++play_.acts;
  play_.did(Deed::list_readers);
  for (const ReaderInfo& reader : readers) {
    if (reader.written !=
        reader.delivered + reader.in_flight + reader.conflated + reader.filtered + reader.lagged + reader.pending)
      play_.complain("a reader of " + reader.client + " does not add up");
  }
}

void BusClient::check_at_rest() {
  for (const Reading& reading : readings_) {
    if (reading.judge) {
      for (const auto& [name, topic] : play_.past.model().topics()) {
        if (!matches(reading.topics[0], name)) continue;
        // The last state that passed may be older than the reader.
        const auto& states = topic.states;
        if (reading.filter && !play_.past.model().passes(*reading.filter, name, states.size() - 1)) continue;
        if (reading.filter && topic.newest().value.is_null()) continue;
        const auto seen = reading.judge->last().find(name);
        const Value last = seen == reading.judge->last().end() ? Value() : seen->second.value;
        if (!(last == topic.newest().value)) {
          play_.complain(reading.topics[0] + " saw last that " + name + " is " + to_display_string(last) +
                         ", and it is " + to_display_string(topic.newest().value));
        }
      }
      continue;
    }
    std::vector<Value> now_true;
    for (const std::string& name : reading.topics) now_true.push_back(play_.past.model().topic(name).newest().value);
    const bool all_set =
        std::none_of(now_true.begin(), now_true.end(), [](const Value& value) { return value.is_null(); });
    if (!all_set || reading.last == now_true) continue;
    std::string text = "a reader saw last";
    for (std::size_t i = 0; i < reading.topics.size(); ++i) {
      text += " " + reading.topics[i] + " = " +
              (reading.last.empty() ? "nothing" : to_display_string(reading.last[i])) + ", and it is " +
              to_display_string(now_true[i]);
    }
    play_.complain(text);
  }
}

}  // namespace hoiku::model
