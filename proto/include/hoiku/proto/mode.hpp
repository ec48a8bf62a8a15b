// mode.hpp: how a subscription reads.
#pragma once

#include <cstdint>

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

enum class Mode : std::uint8_t {
  latest,  // the latest state of each topic
  every,   // each transition, in order, as far as the topic's history goes
};

}  // namespace proto
}  // namespace hoiku
