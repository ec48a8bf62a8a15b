#include "hoiku/broker.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "broker/embedded/public_statistics.hpp"
#include "broker/server/check_limits.hpp"
#include "broker/server/server.hpp"
#include "broker/store/memory_store.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/link/endpoint.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

// The time for clients to say goodbye, and the time to send the remaining ones their farewell.
constexpr auto goodbye_limit = 1s;
constexpr auto drain_limit = 1s;

void require_loopback(const std::string& text) {
  const Result<link::Endpoint> endpoint = link::parse_endpoint(text, link::EndpointUse::listen);
  if (!endpoint) throw Error(endpoint.failure());
  if (!link::is_loopback(*endpoint)) {
    throw Error(ErrorCode::invalid_argument,
                "other machines can reach " + text +
                    ": a broker inside a process listens on this machine only; run hoikud for others");
  }
}

}  // namespace

class Broker::Impl {
 public:
  Impl(const std::vector<std::string>& endpoints, const Limits& limits, LinkKind link) {
    for (const std::string& endpoint : endpoints) require_loopback(endpoint);
    if (const auto checked = broker::check_limits(limits); !checked) throw Error(checked.failure());
    serving_.emplace(broker::new_instance_options(limits),
                     link::make_server_link(endpoints, {.frame_bytes_max = limits.frame_bytes_max, .kind = link}),
                     std::make_unique<broker::MemoryStore>());
    endpoints_ = serving_->endpoints();
  }

  const std::vector<std::string>& endpoints() const noexcept { return endpoints_; }
  BrokerStatistics statistics() const {
    return serving_ ? broker::public_statistics(serving_->statistics()) : BrokerStatistics();
  }

  // The attendant: shielded; `closing` is set when all other tasks of the nursery have ended.
  static Task<> attend(std::shared_ptr<Impl> impl, Event& closing) {
    broker::Server& serving = *impl->serving_;
    co_await move_on_when(closing.wait(), [&]() -> Task<> { co_await serving.serve(); });
    co_await serving.serve_until_empty(goodbye_limit);
    co_await serving.drain(drain_limit);
    impl->serving_.reset();  // destroyed before its loop, even if a handle is kept
  }

 private:
  std::optional<broker::Server> serving_;  // empty: the server has ended
  std::vector<std::string> endpoints_;
};

Broker::Broker(Nursery& nursery, std::string endpoint, const Limits& limits, LinkKind link)
    : Broker(nursery, std::vector<std::string>{std::move(endpoint)}, limits, link) {}

Broker::Broker(Nursery& nursery, std::vector<std::string> endpoints, const Limits& limits, LinkKind link)
    : impl_(std::make_shared<Impl>(endpoints, limits, link)) {
  nursery.start_attendant(Impl::attend, impl_, std::ref(nursery.closing()));
}

std::vector<std::string> Broker::endpoints() const { return impl_->endpoints(); }
BrokerStatistics Broker::statistics() const { return impl_->statistics(); }

}  // namespace hoiku
