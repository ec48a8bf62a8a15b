// hoiku_loads.cpp: the loads on hoikud, as a program on the client library has them.
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "bench/loads/loads.hpp"
#include "bench/loads/stamp.hpp"
#include "hoiku/async.hpp"
#include "hoiku/hoiku.hpp"

namespace hoiku::bench {
namespace {

constexpr const char* topic_name = "load/value";

std::string endpoint_of(const Load& load) { return "tcp://127.0.0.1:" + std::to_string(load.port); }

Task<Bus> connect(Nursery& nursery, const Load& load, LinkKind link, std::string name) {
  return Bus::connect(nursery, endpoint_of(load), client_name(std::move(name)), link_kind(link));
}

Task<> publish(LinkKind link, Load load) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, load, link, "publisher");
    const auto topic = bus.topic<Bytes>(topic_name);
    auto ticks = periodic(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / load.rate)));
    for (std::uint64_t number = 1; number <= load.values; ++number) {
      co_await ticks.next();
      topic.post(Bytes(stamped(number)));
      if (number == load.warm_up) tell_driver("measuring");
    }
    tell_driver("published");
    co_await bus.flush();
  });
}

Task<> read_every(Topic<Bytes> topic, Latencies& latencies) {
  auto transitions = topic.transitions();
  co_await topic.get();  // answered after the subscription has arrived
  tell_driver("ready");
  for (;;) {
    const auto transition = co_await transitions.next();
    if (transition.value && !latencies.take(transition.value->data)) co_return;
  }
}

Task<> read_latest(Topic<Bytes> topic, Latencies& latencies) {
  auto values = topic.eventual_values();
  co_await topic.get();
  tell_driver("ready");
  for (;;) {
    const Bytes value = co_await values.next();
    if (!latencies.take(value.data)) co_return;
  }
}

Task<> read(LinkKind link, proto::Mode mode, Load load) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, load, link, "reader");
    const auto topic = bus.topic<Bytes>(topic_name);
    Latencies latencies(load.warm_up, load.values);
    if (mode == proto::Mode::every) {
      co_await read_every(topic, latencies);
    } else {
      co_await read_latest(topic, latencies);
    }
    latencies.tell();
  });
}

Task<> set(LinkKind link, Load load) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Bus bus = co_await connect(nursery, load, link, "writer");
    const auto topic = bus.topic<Bytes>(topic_name);
    const std::int64_t began = monotonic_nanoseconds();
    const std::int64_t end = began + load.duration.count();
    std::uint64_t sets = 0;
    while (monotonic_nanoseconds() < end) co_await topic.set(Bytes(stamped(++sets)));
    tell_sets(sets, monotonic_nanoseconds() - began);
  });
}

// ---- Idle Buses

// Each connection takes a descriptor, and the hard limit is higher than the one that a shell sets by default.
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

long resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    long kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmRSS: %ld", &kilobytes) == 1) return kilobytes;
  }
  return 0;
}

Task<> be_idle(LinkKind link, int buses, Load load, int& lost) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const auto count_lost = on_connection_event([&lost](const ConnectionEvent& event) {
      if (event.kind == ConnectionEvent::Kind::lost) ++lost;
    });
    const long before = resident_kilobytes();
    std::vector<Bus> all;
    for (int i = 0; i < buses; ++i) {
      all.push_back(co_await Bus::connect(nursery, endpoint_of(load), client_name("idle-" + std::to_string(i)),
                                          link_kind(link), count_lost));
    }
    tell_driver("connected {\"kilobytes\": " + std::to_string(resident_kilobytes() - before) + "}");
    co_await sleep(load.duration);
    tell_driver("{\"lost\": " + std::to_string(lost) + "}");
  });
}

}  // namespace

int publish_to_hoiku(LinkKind link, const Load& load) {
  return run([&] { return publish(link, load); });
}

int read_from_hoiku(LinkKind link, proto::Mode mode, const Load& load) {
  return run([&] { return read(link, mode, load); });
}

int set_at_hoiku(LinkKind link, const Load& load) {
  return run([&] { return set(link, load); });
}

int idle(LinkKind link, int buses, const Load& load) {
  allow_many_descriptors();
  int lost = 0;
  return run([&] { return be_idle(link, buses, load, lost); });
}

}  // namespace hoiku::bench
