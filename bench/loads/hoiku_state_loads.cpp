// hoiku_state_loads.cpp: the loads on hoikud that are about state and sessions, not about speed: fill, follow, idle.
#include <memory>
#include <vector>

#include "bench/loads/hoiku_side.hpp"
#include "bench/loads/tally.hpp"

namespace hoiku::bench {
namespace {

constexpr std::size_t burst = 64;  // posts between two checks for room

Task<> fill(const HoikuSide& side, const Load& load) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, side, load, "filler");
    const Topics topics{"bench/kept", load.topics};
    Stamp stamp;
    stamp.number = load.number;
    const Bytes value(stamped(stamp, load.size));
    const std::int64_t began = monotonic_nanoseconds();
    for (std::size_t i = 0; i < topics.count; ++i) {
      if (i % burst == 0) co_await bus.writable();
      bus.topic<Bytes>(topics.name(i)).post(value);
    }
    co_await bus.flush();
    tell_sets(topics.count, monotonic_nanoseconds() - began);
  });
}

Task<> follow(const HoikuSide& side, const Load& load) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, side, load, "follower");
    PatternSubscription all = bus.watch("bench/kept/*");
    co_await bus.topic<Bytes>("bench/kept/0").get();  // answered after the subscription has arrived
    tell_driver("ready");
    Followed followed(load.topics);
    for (;;) {
      const AnyTransition transition = co_await all.next();
      if (const auto* bytes = transition.value.get_if<Bytes>()) followed.take(transition.topic, bytes->data);
    }
  });
}

Task<> be_idle(const HoikuSide& side, const Load& load, int& lost) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const auto count_lost = on_connection_event([&lost](const ConnectionEvent& event) {
      if (event.kind == ConnectionEvent::Kind::lost) ++lost;
    });
    const long before = resident_kilobytes();
    std::vector<std::unique_ptr<PatternSubscription>> all;
    for (int i = 0; i < load.sessions; ++i) {
      const std::string number = std::to_string(load.first + static_cast<std::size_t>(i));
      const Bus bus = co_await Bus::connect(nursery, endpoint_of(load), client_name("idle-" + number),
                                            link_kind(side.link), count_lost);
      all.emplace_back(new PatternSubscription(bus.watch("bench/idle/" + number)));
      co_await bus.topic<Bytes>("bench/idle/" + number).get();
    }
    tell_connected(resident_kilobytes() - before);
    co_await sleep(load.duration);
    tell_lost(lost);
  });
}

}  // namespace

int fill_hoiku(const HoikuSide& side, const Load& load) {
  return run([&] { return fill(side, load); });
}

int follow_hoiku(const HoikuSide& side, const Load& load) {
  return run([&] { return follow(side, load); });
}

int idle_at_hoiku(const HoikuSide& side, const Load& load) {
  int lost = 0;
  return run([&] { return be_idle(side, load, lost); });
}

}  // namespace hoiku::bench
