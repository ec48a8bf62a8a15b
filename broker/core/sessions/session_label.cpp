#include "broker/core/sessions/session_label.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

constexpr std::size_t name_bytes_max = 40;

// Whether check_topic_name() allows the character in a segment.
bool is_allowed_in_segment(char32_t c) {
  return c != '/' && c != '*' && c != '$' && !text::is_control(c) && !text::is_white_space(c) && !text::is_invisible(c);
}

}  // namespace

std::string session_label(const Session& session) {
  std::string label;
  std::string_view rest = session.name.text();
  std::size_t left = name_bytes_max;
  while (!rest.empty()) {
    const auto point = text::first_code_point(rest);
    const std::size_t bytes = point ? point->bytes : 1;
    if (bytes > left) break;
    if (point && is_allowed_in_segment(point->value)) {
      label += rest.substr(0, bytes);
    } else {
      label += '-';
    }
    rest.remove_prefix(bytes);
    left -= bytes;
  }
  if (label.empty()) label = "client";
  return fmt::format("{}-{:x}", label, static_cast<std::uint64_t>(session.id));
}

}  // namespace hoiku::broker
