// raw_writer.hpp: writes fields into memory that is known to be large enough. Tags take one byte: numbers up to 15.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "proto/src/wire/reader.hpp"

namespace hoiku::wire {

class RawWriter {
 public:
  explicit RawWriter(char* to) noexcept : to_(to) {}
  char* end() const noexcept { return to_; }

  void number(int field, std::uint64_t value) noexcept {
    tag(field, WireType::varint);
    varint(value);
  }
  void zigzag(int field, std::int64_t value) noexcept { number(field, to_zigzag(value)); }
  void fixed(int field, std::uint64_t value) noexcept {
    tag(field, WireType::fixed64);
    for (int i = 0; i < 8; ++i) *to_++ = static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void length(int field, std::size_t bytes) noexcept {
    tag(field, WireType::length);
    varint(bytes);
  }
  // Returns the text where it was written.
  std::string_view text(int field, std::string_view content) noexcept {
    length(field, content.size());
    char* const begin = to_;
    if (!content.empty()) std::memcpy(begin, content.data(), content.size());
    to_ += content.size();
    return {begin, content.size()};
  }

 private:
  void tag(int field, WireType type) noexcept { *to_++ = static_cast<char>(field << 3 | static_cast<int>(type)); }
  void varint(std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) *to_++ = static_cast<char>(static_cast<std::uint8_t>(value | 0x80));
    *to_++ = static_cast<char>(static_cast<std::uint8_t>(value));
  }

  char* to_;
};

// The bytes of such a field with a number, and of one with contents.
constexpr std::size_t number_bytes(std::uint64_t number) noexcept { return 1 + varint_bytes(number); }
constexpr std::size_t text_bytes(std::size_t size) noexcept { return 1 + varint_bytes(size) + size; }

}  // namespace hoiku::wire
