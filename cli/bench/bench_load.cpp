#include "cli/bench/bench_load.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hoiku::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t window_max = 8192;  // values; and bytes of them, as the broker's histories have a limit
constexpr std::uint64_t window_bytes_max = 16 << 20;
constexpr std::uint64_t history_min = 64;  // what the broker keeps of a topic anyway
constexpr std::size_t commit_max = 64;     // topics in one commit
constexpr int burst = 64;                  // posts between two checks for room
constexpr Duration probe_period = 5ms;
constexpr Duration tick_min = 1ms;        // of a rate: above 1,000 a second, several values a tick
constexpr Duration catching_up_max = 5s;  // of the readers, after the last value
constexpr Duration cleaning_up_max = 2s;

std::uint64_t number_in(const Bytes& bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data.data(), std::min(bytes.data.size(), sizeof number));
  return number;
}

}  // namespace

BenchLoad::BenchLoad(BenchVerb verb, std::string prefix)
    : verb_(verb), prefix_(std::move(prefix)), readings_(verb.readers) {}

BenchFigures BenchLoad::figures() const {
  BenchFigures figures;
  figures.mode = verb_.mode;
  figures.acknowledged = verb_.set;
  figures.readers = readings_.size();
  figures.published = published_;
  for (const Reading& each : readings_) {
    figures.delivered += each.delivered;
    figures.skipped += each.skipped;
  }
  const TimePoint ended = ended_ == TimePoint{} ? now() : ended_;
  figures.is_complete = is_complete_;
  figures.publishing = (published_at_ == TimePoint{} ? ended : published_at_) - began_;
  figures.reading = ended - began_;
  figures.latencies = latencies_;
  return figures;
}

Task<> BenchLoad::run(Connect connect) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, "hoiku-bench");
    for (std::uint64_t i = 0; i < verb_.topics; ++i)
      topics_.push_back(bus.topic<Bytes>(prefix_ + "/value/" + std::to_string(i)));
    co_await finally(measure(connect, bus), unset_all(bus), cleaning_up_max);
  });
}

// Each topic has a first value before anybody reads, so that readers can count from there.
Task<> BenchLoad::prepare(Bus bus) {
  const std::uint64_t kept = std::max(history_min, 2 * window() / verb_.topics);
  for (const Topic<Bytes>& topic : topics_) {
    if (verb_.mode == Mode::every) co_await topic.declare(history(kept));
  }
  const Bytes first = value_of(0);
  for (std::size_t from = 0; from < topics_.size(); from += commit_max) {
    co_await bus.commit([&](Transaction& part) {
      for (std::size_t i = from; i < std::min(topics_.size(), from + commit_max); ++i) part.set(topics_[i], first);
    });
  }
}

Task<> BenchLoad::measure(const Connect& connect, Bus bus) {
  co_await prepare(bus);
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus probing = co_await connect(nursery, "hoiku-bench-probe");
    for (Reading& reading : readings_) {
      const Bus own = co_await connect(nursery, "hoiku-bench-reader");
      nursery.start_soon([this, own, &reading]() { return read(own, reading); });
    }
    co_await ready_.wait_value([&](std::uint64_t count) { return count == readings_.size(); });
    nursery.start_soon([this, probing]() { return read_probe(probing); });
    nursery.start_soon([this, probing]() { return probe(probing); });
    co_await publish(bus);
    co_await move_on_after(catching_up_max, [&]() -> Task<> {
      co_await slowest_.wait_value([&](std::uint64_t count) { return count >= published_; });
      is_complete_ = true;
    });
    end_now();
    nursery.cancel_scope().cancel();
  });
}

void BenchLoad::end_now() {
  if (ended_ == TimePoint{}) ended_ = now();
}

// ---- the publisher

Task<> BenchLoad::publish(Bus bus) {
  began_ = now();
  const TimePoint end = saturating_add(began_, verb_.duration);
  if (verb_.interval > Duration(0)) {
    co_await publish_at_a_rate(end);
  } else {
    co_await publish_all(bus, end);
  }
  co_await bus.flush();
  published_at_ = now();
}

Task<> BenchLoad::publish_all(Bus bus, TimePoint end) {
  while (now() < end) {
    if (!verb_.set) co_await bus.writable();
    const int count = verb_.set ? 1 : burst;
    for (int i = 0; i < count; ++i) co_await put_next();
    co_await checkpoint();  // whoever else is in this loop reads meanwhile
    co_await wait_for_readers();
  }
}

Task<> BenchLoad::publish_at_a_rate(TimePoint end) {
  auto ticks = periodic(std::max(Duration(verb_.interval), tick_min));
  for (;;) {
    co_await ticks.next();
    if (now() >= end) co_return;
    const auto due = static_cast<std::uint64_t>((now() - began_) / Duration(verb_.interval)) + 1;
    while (published_ < due) co_await put_next();
    co_await wait_for_readers();
  }
}

// Values go to the topics in turn.
Task<> BenchLoad::put_next() {
  const Topic<Bytes>& topic = topics_[published_ % topics_.size()];
  const std::uint64_t number = published_ + 1;
  if (verb_.set) {
    co_await topic.set(value_of(number));
  } else {
    topic.post(value_of(number));
  }
  published_ = number;
}

Task<> BenchLoad::wait_for_readers() {
  if (verb_.mode != Mode::every || published_ < slowest_.value() + window()) co_return;
  co_await slowest_.wait_value([&](std::uint64_t count) { return published_ <= count + window() / 2; });
}

std::uint64_t BenchLoad::window() const { return std::min<std::uint64_t>(window_max, window_bytes_max / verb_.size); }

Bytes BenchLoad::value_of(std::uint64_t number) const {
  Bytes value;
  value.data.resize(verb_.size);
  std::memcpy(value.data.data(), &number, sizeof number);
  return value;
}

// ---- the readers

Task<> BenchLoad::read(Bus bus, Reading& reading) {
  PatternSubscription all = bus.watch(prefix_ + "/value/*", verb_.mode);
  for (;;) {
    const AnyTransition first = co_await all.next();
    take(first, reading);
    while (const std::optional<AnyTransition> more = all.try_next()) take(*more, reading);
    note_progress();
  }
}

void BenchLoad::take(const AnyTransition& transition, Reading& reading) {
  if (transition.end_of_snapshot) {
    ready_.set(ready_.value() + 1);
    return;
  }
  const auto* bytes = transition.value.get_if<Bytes>();
  if (bytes == nullptr || number_in(*bytes) == 0) return;  // the first value of a topic
  ++reading.delivered;
  reading.skipped += transition.lagged ? transition.lagged->count : transition.skipped;
}

void BenchLoad::note_progress() {
  std::uint64_t least = readings_.front().delivered + readings_.front().skipped;
  for (const Reading& each : readings_) least = std::min(least, each.delivered + each.skipped);
  slowest_.set(least);
}

// ---- the probe: its values carry the time at which they were posted

Task<> BenchLoad::probe(Bus bus) {
  const auto topic = bus.topic<std::int64_t>(prefix_ + "/probe");
  auto ticks = periodic(probe_period);
  for (;;) {
    co_await ticks.next();
    topic.post(now().time_since_epoch().count());
  }
}

Task<> BenchLoad::read_probe(Bus bus) {
  auto transitions = bus.topic<std::int64_t>(prefix_ + "/probe").transitions();
  for (;;) {
    const auto transition = co_await transitions.next();
    if (!transition.value) continue;
    latencies_.push_back(now() - TimePoint(Duration(*transition.value)));
  }
}

// ---- the end

Task<> BenchLoad::unset_all(Bus bus) {
  end_now();
  for (std::size_t from = 0; from < topics_.size(); from += commit_max) {
    co_await bus.commit([&](Transaction& part) {
      for (std::size_t i = from; i < std::min(topics_.size(), from + commit_max); ++i) part.unset(topics_[i]);
    });
  }
  co_await bus.topic_value(prefix_ + "/probe").unset();
}

}  // namespace hoiku::cli
