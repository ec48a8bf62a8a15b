#include "cli/duration.hpp"

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace hoiku::cli {

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  using namespace std::chrono;
  static constexpr std::array<std::pair<std::string_view, double>, 6> units{
      {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"m", 60e9}, {"h", 3600e9}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr double year = 365.0 * 24 * 3600e9;
  for (const auto& [name, factor] : units) {
    if (error == std::errc() && unit == name && number >= 0 && number * factor <= year)
      return nanoseconds(static_cast<nanoseconds::rep>(number * factor));
  }
  return Failure{
      ErrorCode::invalid_argument,
      "'" + std::string(text) + "' is not a duration: write a number and its unit, such as 200ms, 5s or 2min"};
}

}  // namespace hoiku::cli
