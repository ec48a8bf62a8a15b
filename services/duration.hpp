// duration.hpp: durations as a person writes them on a command line and in a recorded feed: 20ms, 1.5s, 2min.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hoiku::services {

// Nothing where it is no duration. Never negative, at most a day.
std::optional<std::chrono::microseconds> parse_duration(std::string_view text);

// Whole milliseconds: "20ms".
std::string duration_text(std::chrono::microseconds duration);

}  // namespace hoiku::services
