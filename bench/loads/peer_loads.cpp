// peer_loads.cpp: the loads on a peer: blocking calls on one socket.
#include <algorithm>
#include <ctime>

#include "bench/loads/loads.hpp"
#include "bench/loads/stamp.hpp"

namespace hoiku::bench {
namespace {

constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;

void sleep_until(std::int64_t moment) {
  const timespec at{static_cast<std::time_t>(moment / nanoseconds_a_second),
                    static_cast<long>(moment % nanoseconds_a_second)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
  }
}

}  // namespace

int publish_to_peer(PeerKind peer, const Load& load) {
  const auto client = connect_peer(peer, load.port);
  const auto period = static_cast<std::int64_t>(static_cast<double>(nanoseconds_a_second) / load.rate);
  std::int64_t due = monotonic_nanoseconds();
  for (std::uint64_t number = 1; number <= load.values; ++number) {
    due = std::max(due + period, monotonic_nanoseconds());  // a moment that was missed is not made up for
    sleep_until(due);
    client->post(stamped(number));
    if (number == load.warm_up) tell_driver("measuring");
  }
  tell_driver("published");
  return 0;
}

int read_from_peer(PeerKind peer, const Load& load) {
  const auto client = connect_peer(peer, load.port);
  client->subscribe();
  tell_driver("ready");
  Latencies latencies(load.warm_up, load.values);
  while (latencies.take(client->next())) {
  }
  latencies.tell();
  return 0;
}

int set_at_peer(PeerKind peer, const Load& load) {
  const auto client = connect_peer(peer, load.port);
  const std::int64_t began = monotonic_nanoseconds();
  const std::int64_t end = began + load.duration.count();
  std::uint64_t sets = 0;
  while (monotonic_nanoseconds() < end) client->set(stamped(++sets));
  tell_sets(sets, monotonic_nanoseconds() - began);
  return 0;
}

}  // namespace hoiku::bench
