#include "broker/server/check_limits.hpp"

#include <string>

namespace hoiku::broker {

Result<void> check_limits(const Limits& limits) {
  const std::string frame = "frame-bytes-max (" + std::to_string(limits.frame_bytes_max) + ")";
  if (limits.frame_bytes_max > frame_max) {
    return Failure{ErrorCode::invalid_argument,
                   frame + " must be at most " + std::to_string(frame_max) +
                       ": the broker keeps such a frame for each slow client, and processes it in one piece"};
  }
  if (limits.value_bytes_max > value_max_in(limits.frame_bytes_max)) {
    return Failure{ErrorCode::invalid_argument,
                   frame + " must exceed two values of value-bytes-max (" + std::to_string(limits.value_bytes_max) +
                       ") by " + std::to_string(frame_overhead) +
                       ": a transition between two of the largest values has to fit into a frame"};
  }
  return {};
}

}  // namespace hoiku::broker
