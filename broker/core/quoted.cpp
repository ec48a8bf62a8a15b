#include "broker/core/quoted.hpp"

namespace hoiku::broker {

std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string quoted(std::string_view name) {
  constexpr std::size_t shown_max = 80;
  return "'" + shortened(name, shown_max) + "'";
}

}  // namespace hoiku::broker
