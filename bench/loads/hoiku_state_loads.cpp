// hoiku_state_loads.cpp: the loads on hoikud that are about state and sessions, not about speed: fill, follow, idle.
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "bench/loads/hoiku_side.hpp"
#include "bench/loads/tally.hpp"

namespace hoiku::bench {
namespace {

constexpr std::size_t burst = 64;           // posts between two checks for room
constexpr std::size_t connecting_max = 50;  // idle sessions that connect at once
constexpr Duration idle_connect_limit = std::chrono::seconds(30);

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

using Subscriptions = std::vector<std::unique_ptr<PatternSubscription>>;

// Connects one session to the nursery of all of them, and subscribes.
Task<> connect_idle(Nursery& nursery, const HoikuSide& side, const Load& load, std::size_t number, int& lost,
                    Subscriptions& all) {
  const auto count_lost = on_connection_event([&lost](const ConnectionEvent& event) {
    if (event.kind == ConnectionEvent::Kind::lost) ++lost;
  });
  const std::string name = std::to_string(number);
  const Bus bus = co_await Bus::connect(nursery, endpoint_of(load), client_name("idle-" + name), link_kind(side.link),
                                        connect_timeout(idle_connect_limit), count_lost);
  all.emplace_back(new PatternSubscription(bus.watch("bench/idle/" + name)));
  co_await bus.topic<Bytes>("bench/idle/" + name).get();  // answered after the subscription has arrived
}

Task<> be_idle(const HoikuSide& side, const Load& load, int& lost) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const long before = resident_kilobytes();
    Subscriptions all;
    const auto sessions = static_cast<std::size_t>(load.sessions);
    for (std::size_t from = 0; from < sessions; from += connecting_max) {
      co_await open_nursery([&](Nursery& connecting) -> Task<> {
        for (std::size_t i = from; i < std::min(sessions, from + connecting_max); ++i)
          connecting.start_soon(connect_idle, std::ref(nursery), std::cref(side), std::cref(load), load.first + i,
                                std::ref(lost), std::ref(all));
        co_return;
      });
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
