#include "link/src/zmtp/command.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "link/src/zmtp/frame_header.hpp"

namespace hoiku::link::zmtp {
namespace {

constexpr std::size_t length_bytes = 4;  // before the value of a property

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Takes a name, whose length is its first byte, from the front of `bytes`. Returns nothing if there is none.
std::optional<std::string_view> take_name(std::string_view& bytes) {
  if (bytes.empty()) return {};
  const std::size_t size = static_cast<unsigned char>(bytes[0]);
  if (size == 0 || bytes.size() - 1 < size) return {};
  const std::string_view name = bytes.substr(1, size);
  bytes.remove_prefix(1 + size);
  return name;
}

}  // namespace

std::optional<Command> read_command(std::string_view body) {
  const auto name = take_name(body);
  if (!name) return {};
  return Command{*name, body};
}

std::optional<std::vector<Property>> read_properties(std::string_view data) {
  std::vector<Property> properties;
  while (!data.empty()) {
    const auto name = take_name(data);
    if (!name || data.size() < length_bytes) return {};
    std::uint32_t size = 0;
    for (const char byte : data.substr(0, length_bytes)) size = size << 8 | static_cast<unsigned char>(byte);
    data.remove_prefix(length_bytes);
    if (data.size() < size) return {};
    properties.emplace_back(*name, data.substr(0, size));
    data.remove_prefix(size);
  }
  return properties;
}

bool is_same_property(std::string_view name, std::string_view other) noexcept {
  return std::equal(name.begin(), name.end(), other.begin(), other.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string write_command(std::string_view name, std::string_view data) {
  std::string frame;
  append_frame_header(frame, FrameKind::command, 1 + name.size() + data.size());
  frame += static_cast<char>(name.size());
  frame += name;
  frame += data;
  return frame;
}

void append_property(std::string& data, std::string_view name, std::string_view value) {
  data += static_cast<char>(name.size());
  data += name;
  const auto size = static_cast<std::uint32_t>(value.size());
  for (int shift = 24; shift >= 0; shift -= 8) data += static_cast<char>(size >> shift & 0xFF);
  data += value;
}

}  // namespace hoiku::link::zmtp
