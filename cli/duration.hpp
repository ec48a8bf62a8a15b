// duration.hpp: durations as a person types them: 200ms, 5s, 1.5s, 2min, 1h.
#pragma once

#include <chrono>
#include <string_view>

#include "hoiku/proto/error.hpp"

namespace hoiku::cli {

// invalid_argument names the text and shows what is meant. Never negative; at most a year.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace hoiku::cli
