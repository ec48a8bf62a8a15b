#include "hoiku/client/bus.hpp"

#include <utility>

#include "client/src/bus_core.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku {

detail::TopicCore Bus::core(std::string name) const {
  const Result<void> valid = check_topic_name(name);
  if (!valid) throw Error(valid.failure());
  return detail::TopicCore(core_, std::move(name));
}

ReadableValue<ConnectionState>& Bus::connection() const { return core_->connection(); }
namespace {

// The core outlives the wait, whatever becomes of the handle.
Task<> writable_of(detail::BusPtr core) { co_await core->writable(); }
Task<> flush_of(detail::BusPtr core) { co_await core->flush(); }

}  // namespace

Task<> Bus::writable() const { return writable_of(core_); }
Task<> Bus::flush() const { return flush_of(core_); }

BusStatistics Bus::statistics() const { return core_->statistics(); }
std::string Bus::endpoint() const { return core_->endpoint(); }

}  // namespace hoiku
