#include "attacked_broker.hpp"

#include <utility>

#include "broker/store/memory_store.hpp"

namespace hoiku::wire_tests {

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

}  // namespace hoiku::wire_tests
