#include "attacked_broker.hpp"

#include <csignal>
#include <fstream>
#include <utility>

#include "broker/store/memory_store.hpp"
#include "program.hpp"

namespace hoiku::wire_tests {
namespace {

// Returns a line of /proc/PID/status, in bytes.
std::size_t memory_of(pid_t process, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
  return 0;
}

}  // namespace

Task<> HonestClient::start(Nursery& nursery, std::string endpoint) {
  Bus bus = co_await Bus::connect(nursery, std::move(endpoint), client_name("honest"), session_timeout(1h),
                                  link_kind(LinkKind::zmtp));
  nursery.start_soon([this, bus]() -> Task<> { co_await work(bus.topic<int>("honest")); });
  co_await expect_to_work();
}

Task<> HonestClient::expect_to_work() {
  const int before = acknowledged_;
  co_await eventually([this, before] { return acknowledged_ >= before + 3; });
}

Task<> HonestClient::work(Topic<int> topic) {
  for (;;) {
    co_await topic.set(acknowledged_ + 1);
    ++acknowledged_;
  }
}

void AttackedBroker::survives(const link::zmtp::TimeLimits& limits, const std::function<Task<>()>& attack) {
  allow_many_descriptors();
  run_within_patience([&]() -> Task<> { co_await run(limits, attack); });
}

Task<> AttackedBroker::run(const link::zmtp::TimeLimits& limits, const std::function<Task<>()>& attack) {
  const std::vector<std::string> listen{listen_endpoint("tcp", folder_), listen_endpoint("ipc", folder_)};
  auto link = link::make_zmtp_server_link(listen, {}, std::make_shared<Signal>(), limits);
  endpoints_ = link->endpoints();
  broker::Server broker(broker::new_instance_options(Limits{}), std::move(link),
                        std::make_unique<broker::MemoryStore>());
  co_await open_nursery([&](Nursery& serving) -> Task<> {
    serving.start_soon([&]() -> Task<> { co_await broker.serve(); });
    HonestClient honest;
    co_await open_nursery([&](Nursery& clients) -> Task<> {
      co_await honest.start(clients, tcp());
      const std::size_t descriptors = open_descriptors();
      co_await attack();
      co_await honest.expect_to_work();
      co_await eventually([&] { return open_descriptors() == descriptors && broker.statistics().sessions == 1; });
      clients.cancel_scope().cancel();
    });
    serving.cancel_scope().cancel();
  });
}

std::size_t AttackedHoikud::survives(const std::string& transport, std::size_t descriptors_max,
                                     const std::function<Task<>(std::string)>& attack) {
  allow_many_descriptors();
  const std::string limit = descriptors_max == 0 ? "" : "ulimit -n " + std::to_string(descriptors_max) + " && ";
  Program hoikud("/bin/sh", {"-c", limit + "exec \"$0\" \"$@\"", HOIKUD_PATH, "--link", "zmtp", "--listen",
                             listen_endpoint(transport, folder_)});
  const std::string endpoint = endpoint_of(hoikud);
  std::size_t growth = 0;
  run_within_patience([&]() -> Task<> {
    HonestClient honest;
    co_await open_nursery([&](Nursery& clients) -> Task<> {
      co_await honest.start(clients, endpoint);
      const std::size_t descriptors = open_descriptors(hoikud.process());
      const std::size_t memory = memory_of(hoikud.process(), "VmRSS");
      co_await attack(endpoint);
      co_await honest.expect_to_work();
      co_await eventually([&] { return open_descriptors(hoikud.process()) == descriptors; });
      if (!is_sanitized) growth = memory_of(hoikud.process(), "VmHWM") - memory;
      clients.cancel_scope().cancel();
    });
  });
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
  return growth;
}

}  // namespace hoiku::wire_tests
