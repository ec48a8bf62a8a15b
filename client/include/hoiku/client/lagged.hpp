// lagged.hpp: the one way in which an `every` reader can miss something: it is told what.
#pragma once

#include <cstdint>

#include "hoiku/proto/transition.hpp"

namespace hoiku {

// The versions from `from` through `to` were not given: they had gone from the topic's history before they could be sent.
// Where the topic was begun anew meanwhile (another epoch), `count` is what is known of the new one, perhaps 0.
struct Lagged {
  Version from;
  Version to;
  std::uint64_t count = 0;
};

}  // namespace hoiku
