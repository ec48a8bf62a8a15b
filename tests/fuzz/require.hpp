// require.hpp: how a target reports a broken promise.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "hoiku/proto/error.hpp"

namespace hoiku::fuzz {

inline void require(bool is_so, const char* sentence) {
  if (is_so) return;
  std::fprintf(stderr, "%s\n", sentence);
  std::abort();
}

inline void require_sentence(const Failure& failure) {
  require(!failure.message.empty() && failure.message.size() < 1000, "a refusal is one sentence");
}

}  // namespace hoiku::fuzz
