#include "hoiku/proto/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "hoiku/proto/text.hpp"

namespace hoiku {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// In rising order. If a size has two names, duration_text() writes the first.
constexpr std::array<Unit, 6> units{{{"us", 1'000},
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"min", 60'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000}}};

constexpr std::chrono::nanoseconds longest = std::chrono::hours(24 * 365);

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    const double nanoseconds = number * static_cast<double>(unit.nanoseconds);
    if (error == std::errc() && unit.name == name && number >= 0 && nanoseconds <= static_cast<double>(longest.count()))
      return std::chrono::nanoseconds(std::llround(nanoseconds));
  }
  return Failure{ErrorCode::invalid_argument,
                 text::quote(text) + " is not a duration: write a number and its unit, such as 200ms, 5s or 2min"};
}

std::string duration_text(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  Unit best = units.front();
  for (const Unit& unit : units) {
    if (count != 0 && count % unit.nanoseconds == 0 && unit.nanoseconds > best.nanoseconds) best = unit;
  }
  if (count == 0) best = units[2];
  return std::to_string(count / best.nanoseconds) + std::string(best.name);
}

std::string elapsed_text(std::chrono::nanoseconds elapsed) {
  const auto rounded = [count = elapsed.count()](std::int64_t to) { return (count + to / 2) / to; };
  if (rounded(1'000'000) < 1000) return std::to_string(rounded(1'000'000)) + "ms";
  for (const Unit& unit : {units[2], units[3], units[5]}) {
    const std::int64_t tenths = rounded(unit.nanoseconds / 10);
    const bool is_small = tenths < 100;
    const std::int64_t whole = is_small ? tenths / 10 : rounded(unit.nanoseconds);
    if (whole >= 60 && unit.name != "h") continue;
    const std::string fraction = is_small && tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "";
    return std::to_string(whole) + fraction + std::string(unit.name);
  }
  return {};
}

}  // namespace hoiku
