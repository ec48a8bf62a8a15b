// reader.hpp: iterates over the fields of a serialised Protobuf message, in the order of the bytes.
//
// Promises   takes any bytes, allocates nothing, and reads each byte once; stops at the first malformed field.
// Lifetime   fields are views of the bytes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hoiku::wire {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length = 2, group = 3, end_group = 4, fixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type{};
  std::uint64_t bits = 0;     // of a varint, fixed64 or fixed32
  std::string_view contents;  // of a field with a length
};

// The signed number of a field in the zigzag form (sint32, sint64).
constexpr std::int64_t from_zigzag(std::uint64_t bits) noexcept {
  return static_cast<std::int64_t>((bits >> 1) ^ (0 - (bits & 1)));
}

constexpr std::uint64_t to_zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

// The bytes that the number takes as a varint.
constexpr std::size_t varint_bytes(std::uint64_t value) noexcept {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) noexcept : rest_(bytes) {}

  // The next field. Empty at the end, and if the bytes are malformed. A group is one field, without its contents.
  std::optional<WireField> next() noexcept {
    if (rest_.empty() || malformed_) return std::nullopt;
    WireField field;
    if (!read(field) || field.type == WireType::end_group) return fail();
    if (field.type == WireType::group && !skip_group(field.number)) return fail();
    return field;
  }
  // The next number of a packed field. Empty as for next().
  std::optional<std::uint64_t> next_number() noexcept {
    if (rest_.empty() || malformed_) return std::nullopt;
    std::uint64_t number = 0;
    malformed_ = !varint(number, 10);
    return malformed_ ? std::nullopt : std::optional(number);
  }
  bool is_malformed() const noexcept { return malformed_; }
  std::string_view rest() const noexcept { return rest_; }  // the bytes after the last field

 private:
  static constexpr std::size_t groups_max = 100;  // nested in one another; the limit of Protobuf

  bool read(WireField& field) noexcept {
    std::uint64_t tag = 0;
    if (!varint(tag, 5)) return false;
    tag &= 0xFFFF'FFFF;  // as Protobuf reads longer tags
    if ((tag >> 3) == 0 || (tag & 7) > 5) return false;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    switch (field.type) {
      case WireType::varint:
        return varint(field.bits, 10);
      case WireType::fixed64:
        return fixed(field.bits, 8);
      case WireType::fixed32:
        return fixed(field.bits, 4);
      case WireType::length: {
        std::uint64_t bytes = 0;
        if (!varint(bytes, 5) || bytes > rest_.size()) return false;
        field.contents = rest_.substr(0, static_cast<std::size_t>(bytes));
        rest_.remove_prefix(static_cast<std::size_t>(bytes));
        return true;
      }
      default:
        return true;
    }
  }

  bool varint(std::uint64_t& out, unsigned bytes_max) noexcept {
    out = 0;
    for (unsigned i = 0; i < bytes_max && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      out |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool fixed(std::uint64_t& out, unsigned bytes) noexcept {
    if (rest_.size() < bytes) return false;
    out = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      out |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(bytes);
    return true;
  }

  bool skip_group(std::uint32_t number) noexcept {
    std::array<std::uint32_t, groups_max> open;
    std::size_t depth = 0;
    open[depth++] = number;
    while (depth > 0) {
      WireField field;
      if (rest_.empty() || !read(field)) return false;
      if (field.type == WireType::group) {
        if (depth == groups_max) return false;
        open[depth++] = field.number;
      } else if (field.type == WireType::end_group && open[--depth] != field.number) {
        return false;
      }
    }
    return true;
  }

  std::optional<WireField> fail() noexcept {
    malformed_ = true;
    return std::nullopt;
  }

  std::string_view rest_;
  bool malformed_ = false;
};

}  // namespace hoiku::wire
