// duration.hpp: durations as people write them on a command line or in a file: 20ms, 1.5s, 2min, 1h.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// Reads a number and its unit: us, ms, s, min (or m), h. Never negative, at most a year; rounded to a nanosecond.
// Errors: invalid_argument, which quotes the text and shows the form.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// The duration in the largest unit that needs no fraction: "1500ms", "90s", "2min". parse_duration() reads the same
// duration back, unless it has a part of a microsecond, which is dropped.
std::string duration_text(std::chrono::nanoseconds duration);

// An elapsed time, rounded for people: to a millisecond below one second, otherwise to two digits. Examples: "350ms",
// "2.1s", "42s", "1.5min". Never negative.
std::string elapsed_text(std::chrono::nanoseconds elapsed);

}  // namespace hoiku
