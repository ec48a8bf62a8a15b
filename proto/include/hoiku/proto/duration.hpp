// duration.hpp: durations as a person writes them, on a command line and in a file: 20ms, 1.5s, 2min, 1h.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"

namespace hoiku {

// A number and its unit: us, ms, s, min (or m), h. Never negative, at most a year; rounded to a nanosecond.
// invalid_argument names the text and shows what is meant.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// In the largest unit that says it in whole numbers: "1500ms", "90s", "2min". What parse_duration reads back as the same,
// unless it has a part of a microsecond, which is dropped.
std::string duration_text(std::chrono::nanoseconds duration);

// An elapsed time, rounded for people: to a millisecond below one second, otherwise to two digits: "350ms", "2.1s", "42s",
// "1.5min". Never negative.
std::string elapsed_text(std::chrono::nanoseconds elapsed);

}  // namespace hoiku
