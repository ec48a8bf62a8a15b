#include "hoiku/service.hpp"

namespace hoiku::detail {

int serve(std::string endpoint, ConnectOptions options, const ServiceBody& body) {
  return run([&](Nursery& nursery) -> Task<> {
    auto connecting = endpoint.empty() ? connect_bus(nursery, std::move(options))
                                       : connect_bus(nursery, std::move(endpoint), std::move(options));
    const Bus bus = co_await std::move(connecting);
    co_await body(nursery, bus);
  });
}

}  // namespace hoiku::detail
