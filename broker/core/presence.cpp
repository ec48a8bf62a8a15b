#include "broker/core/presence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace hoiku::broker {
namespace {

constexpr std::size_t name_bytes_max = 40;

char in_segment(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const bool is_special = c == '/' || c == '*' || c == '$' || byte <= ' ' || byte == 0x7F;
  return is_special ? '-' : c;
}

}  // namespace

std::string presence_label(const Session& session) {
  std::size_t end = std::min(session.name.size(), name_bytes_max);
  // Not within a UTF-8 character.
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(session.name[at]) & 0xC0) == 0x80; };
  while (end > 0 && end < session.name.size() && continues(end)) --end;
  std::string label = session.name.substr(0, end);
  std::transform(label.begin(), label.end(), label.begin(), in_segment);
  if (label.empty()) label = "client";
  return fmt::format("{}-{:x}", label, static_cast<std::uint64_t>(session.id));
}

}  // namespace hoiku::broker
