#include "broker/server/check_limits.hpp"

#include <string>

namespace hoiku::broker {

Result<void> check_limits(const Limits& limits) {
  const std::string frame = "frame-bytes-max (" + std::to_string(limits.frame_bytes_max) + ")";
  if (limits.frame_bytes_max > frame_max) {
    return Failure{ErrorCode::invalid_argument,
                   frame + " must be at most " + std::to_string(frame_max) +
                       ": that much is kept for each slow client, and takes the broker's whole attention"};
  }
  if (limits.value_bytes_max > value_max_in(limits.frame_bytes_max)) {
    return Failure{ErrorCode::invalid_argument,
                   frame + " must exceed two values of value-bytes-max (" + std::to_string(limits.value_bytes_max) +
                       ") by " + std::to_string(frame_overhead) +
                       ", or a change from one of the largest values to another would fit into no frame"};
  }
  return {};
}

}  // namespace hoiku::broker
