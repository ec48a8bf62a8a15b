// lagged.hpp: the versions that a reader of every transition was not given.
#pragma once

#include <cstdint>

#include "hoiku/proto/transition.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The versions from `from` through `to` had left the topic's history before they could be sent. If the topic started
// over meanwhile (another epoch), `count` is what is known of the new epoch; it may be 0.
struct Lagged {
  Version from;
  Version to;
  std::uint64_t count = 0;
};

}  // namespace hoiku
