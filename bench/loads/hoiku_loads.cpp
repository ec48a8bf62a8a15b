// hoiku_loads.cpp: the loads on hoikud, as a program on the client library has them: publish, read, set.
#include <algorithm>
#include <stdexcept>

#include "bench/loads/hoiku_side.hpp"
#include "bench/loads/tally.hpp"

namespace hoiku::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t history_of_readers = 65'536;  // transitions: more than any window
// Posts between two looks at clock and window: as many as fill a frame that the broker takes in one turn.
constexpr std::size_t burst_max = 256;
constexpr std::size_t burst_bytes = std::size_t{16} << 10;
constexpr Duration pause = 50us;  // of a writer whose window is full

Bytes bytes_of(const Stamp& stamp, std::size_t size) { return Bytes(stamped(stamp, size)); }

// ---- publish

Task<> publish_at_a_rate(Topic<Bytes> topic, const Load& load) {
  auto ticks = periodic(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / load.rate)));
  Stamp stamp;
  for (std::uint64_t number = 1; number <= load.values; ++number) {
    co_await ticks.next();
    stamp.number = number | (number == load.values ? Stamp::last_mark : 0);
    stamp.made = monotonic_nanoseconds();
    topic.post(bytes_of(stamp, load.size));
    if (number == load.warm_up) tell_driver("measuring");
  }
}

Task<> wait_for_room(Window& window, std::uint64_t number) {
  while (window.is_full(number)) {
    co_await sleep(pause);
    window.check_progress();
  }
}

Task<> publish_at_full_speed(Bus bus, Topic<Bytes> topic, const Load& load, std::uint64_t& number) {
  Board board(load.board);
  Window window(board, load.followed, load.window);
  const std::int64_t end = monotonic_nanoseconds() + load.duration.count();
  Stamp stamp;
  const std::size_t burst = std::clamp<std::size_t>(burst_bytes / load.size, 1, burst_max);
  while (!stamp.is_last()) {
    co_await bus.writable();
    const bool is_time = monotonic_nanoseconds() >= end;
    for (std::size_t i = 0; i < burst && !stamp.is_last(); ++i) {
      stamp.number = ++number | (is_time ? Stamp::last_mark : 0);
      topic.post(bytes_of(stamp, load.size));
    }
    board.writer().newest.store(number, std::memory_order_relaxed);
    co_await wait_for_room(window, number);
  }
}

Task<> publish(const HoikuSide& side, const Load& load) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, side, load, "publisher");
    const auto topic = bus.topic<Bytes>(one_topic);
    if (side.mode == proto::Mode::every) co_await topic.declare(history(history_of_readers));
    std::uint64_t count = load.values;
    const std::int64_t began = monotonic_nanoseconds();
    if (load.rate > 0) {
      co_await publish_at_a_rate(topic, load);
    } else {
      co_await publish_at_full_speed(bus, topic, load, count);
    }
    tell_driver("published");
    co_await bus.flush();
    tell_published(count, began, monotonic_nanoseconds());
  });
}

// ---- read

// The states that the library says it has left out have to add up with what did not come.
void check_skipped(std::uint64_t missing, std::uint64_t skipped) {
  if (missing == skipped) return;
  throw std::runtime_error(std::to_string(missing) + " values did not come, and " + std::to_string(skipped) +
                           " are known to be skipped");
}

// Takes what one reader is given, until it has the last value.
class Reading {
 public:
  Reading(PatternSubscription& subscription, Tally& tally) : subscription_(subscription), tally_(tally) {}

  Task<> run() {
    while (!tally_.is_complete()) {
      TransitionBatch batch = co_await subscription_.batch();
      for (const AnyTransitionView& transition : batch) take(transition);
    }
    check_skipped(tally_.lost() - before_first_, skipped_);
  }

 private:
  void take(const AnyTransitionView& transition) {
    if (transition.value.type != ValueType::bytes) return;  // the state before the first value, or the mark after it
    const bool is_first = tally_.received() == 0;
    tally_.take(transition.value.content);
    if (is_first) {
      before_first_ = tally_.lost();  // versions that came and went before the first one that the reader saw
    } else {
      skipped_ += transition.lagged ? transition.lagged->count : transition.skipped;
    }
  }

  PatternSubscription& subscription_;
  Tally& tally_;
  std::uint64_t before_first_ = 0;
  std::uint64_t skipped_ = 0;
};

Task<> read_one(Bus bus, proto::Mode mode, Tally& tally, int& subscribing) {
  PatternSubscription subscription = bus.watch(one_topic, mode);
  co_await bus.topic<Bytes>(one_topic).get();  // answered after the subscription has arrived
  if (--subscribing == 0) tell_driver("ready");
  Reading reading(subscription, tally);
  co_await reading.run();
}

Task<> read(const HoikuSide& side, const Load& load) {
  Board board(load.board);
  std::vector<Tally> tallies;
  for (std::size_t i = 0; i < load.readers; ++i)
    tallies.emplace_back(Tally::Expected{load.size, load.warm_up}, board.reader(load.first + i));
  int subscribing = static_cast<int>(load.readers);
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    for (Tally& tally : tallies) {
      const Bus bus = co_await connect(nursery, side, load, "reader");
      nursery.start_soon(read_one, bus, side.mode, std::ref(tally), std::ref(subscribing));
    }
  });
  tell_tallies(tallies);
}

// ---- set

Task<> set_until(Topic<Bytes> topic, std::int64_t end, std::size_t size, std::uint64_t& sets) {
  Stamp stamp;
  while (monotonic_nanoseconds() < end) {
    stamp.number = ++sets;
    co_await topic.set(bytes_of(stamp, size));
  }
}

Task<> set(const HoikuSide& side, const Load& load) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, side, load, "writer");
    const auto topic = bus.topic<Bytes>(one_topic);
    const Version before = (co_await topic.latest())->version;
    std::uint64_t sets = 0;
    const std::int64_t began = monotonic_nanoseconds();
    co_await open_nursery([&](Nursery& setters) -> Task<> {
      for (std::size_t i = 0; i < load.in_flight; ++i)
        setters.start_soon(set_until, topic, began + load.duration.count(), load.size, std::ref(sets));
      co_return;
    });
    const std::int64_t ended = monotonic_nanoseconds();
    const Version after = (co_await topic.latest())->version;
    if (after.number - before.number != sets)
      throw std::runtime_error(std::to_string(sets) + " sets were acknowledged, and the topic's version is another");
    tell_sets(sets, ended - began);
  });
}

}  // namespace

int publish_to_hoiku(const HoikuSide& side, const Load& load) {
  return run([&] { return publish(side, load); });
}

int read_from_hoiku(const HoikuSide& side, const Load& load) {
  return run([&] { return read(side, load); });
}

int set_at_hoiku(const HoikuSide& side, const Load& load) {
  return run([&] { return set(side, load); });
}

}  // namespace hoiku::bench
