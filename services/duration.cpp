#include "services/duration.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace hoiku::services {

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
  using namespace std::chrono;
  static constexpr std::array<std::pair<std::string_view, double>, 3> units{{{"ms", 1e3}, {"s", 1e6}, {"min", 60e6}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr double day = 24 * 3600e6;
  for (const auto& [name, factor] : units) {
    if (unit == name && number >= 0 && number * factor <= day)
      return microseconds(static_cast<microseconds::rep>(number * factor));
  }
  return std::nullopt;
}

std::string duration_text(std::chrono::microseconds duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + "ms";
}

}  // namespace hoiku::services
