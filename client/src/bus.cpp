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
BusStatistics Bus::statistics() const { return core_->statistics(); }
std::string Bus::endpoint() const { return core_->endpoint(); }

}  // namespace hoiku
