// reader.hpp: iterates over the fields of a serialised Protobuf message, in the order of the bytes.
//
// Promises   takes any bytes, allocates nothing, and reads each byte once; stops at the first malformed field.
// Lifetime   fields are views of the bytes.
// Two ways   next() gives a field as a whole. next_key() gives its key, and the caller then takes the content with the
//            function of its type, which is faster. take_if() does both for the field that most messages have there.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hoiku::wire {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length = 2, group = 3, end_group = 4, fixed32 = 5 };

// A field's number and type, as its tag has them.
constexpr std::uint32_t key(std::uint32_t number, WireType type) noexcept {
  return number << 3 | static_cast<std::uint32_t>(type);
}
constexpr std::uint32_t key(int number, WireType type) noexcept {
  return key(static_cast<std::uint32_t>(number), type);
}

struct WireField {
  std::uint32_t number = 0;
  WireType type{};
  std::uint64_t bits = 0;     // of a varint, fixed64 or fixed32
  std::string_view contents;  // of a field with a length
  std::string_view bytes;     // the whole field, with its tag
};

// The signed number of a field in the zigzag form (sint32, sint64).
constexpr std::int64_t from_zigzag(std::uint64_t bits) noexcept {
  return static_cast<std::int64_t>((bits >> 1) ^ (0 - (bits & 1)));
}

constexpr std::uint64_t to_zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

// The bytes that the number takes as a varint: 7 bits each, without a division. 9 / 64 is near enough to 1 / 7 for 64
// bits.
constexpr std::size_t varint_bytes(std::uint64_t value) noexcept {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;
}

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) noexcept : at_(bytes.data()), end_(at_ + bytes.size()) {}

  // The next field. Empty at the end, and if the bytes are malformed. A group is one field, without its contents.
  std::optional<WireField> next() noexcept {
    if (at_ == end_ || malformed_) return std::nullopt;
    WireField field;
    const char* const begin = at_;
    if (!read(field) || field.type == WireType::end_group) return fail();
    if (field.type == WireType::group && !skip_group(field.number)) return fail();
    field.bytes = {begin, static_cast<std::size_t>(at_ - begin)};
    return field;
  }
  // The key of the next field, whose content has to be taken or skipped then. 0 at the end, and if the bytes are
  // malformed.
  std::uint32_t next_key() noexcept {
    if (at_ == end_) return 0;
    std::uint32_t found = 0;
    if (!tag(found) || type_of(found) == WireType::end_group) return stop();
    return found;
  }
  // These four take the content of the field whose key was given last. What is malformed stays as it is.
  void take(std::uint64_t& varint_content) noexcept {
    if (!varint(varint_content, 10)) stop();
  }
  void take_fixed(std::uint64_t& content) noexcept {
    if (!fixed(content, 8)) stop();
  }
  void take(std::string_view& content) noexcept {
    if (!contents(content)) stop();
  }
  void skip(std::uint32_t key_of_it) noexcept {
    WireField field;
    if (!read_content(field, key_of_it) || (field.type == WireType::group && !skip_group(field.number))) stop();
  }
  // Takes the content of the next field if it has that key, in one byte. False: nothing is taken.
  bool take_if(std::uint32_t expected_key, std::uint64_t& varint_content) noexcept {
    if (!is_next(expected_key)) return false;
    ++at_;
    take(varint_content);
    return true;
  }
  bool take_if(std::uint32_t expected_key, std::string_view& content) noexcept {
    if (!is_next(expected_key)) return false;
    ++at_;
    take(content);
    return true;
  }
  // The next number of a packed field. Empty as for next().
  std::optional<std::uint64_t> next_number() noexcept {
    if (at_ == end_ || malformed_) return std::nullopt;
    std::uint64_t number = 0;
    malformed_ = !varint(number, 10);
    return malformed_ ? std::nullopt : std::optional(number);
  }
  bool is_malformed() const noexcept { return malformed_; }
  // The bytes after the last field.
  std::string_view rest() const noexcept { return {at_, bytes_left()}; }

 private:
  static constexpr std::size_t groups_max = 100;  // nested in one another; the limit of Protobuf

  std::size_t bytes_left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  bool is_next(std::uint32_t expected_key) const noexcept {
    return at_ != end_ && static_cast<unsigned char>(*at_) == expected_key && expected_key < 0x80;
  }

  static constexpr WireType type_of(std::uint32_t found_key) noexcept { return static_cast<WireType>(found_key & 7); }

  bool tag(std::uint32_t& out) noexcept {
    std::uint64_t bits = 0;
    if (!varint(bits, 5)) return false;
    out = static_cast<std::uint32_t>(bits);  // as Protobuf reads longer tags
    return out >> 3 != 0 && (out & 7) <= 5;
  }

  bool read(WireField& field) noexcept {
    std::uint32_t found = 0;
    return tag(found) && read_content(field, found);
  }

  // Reads the content of a field with that key; a group has none.
  bool read_content(WireField& field, std::uint32_t found_key) noexcept {
    field.number = found_key >> 3;
    field.type = type_of(found_key);
    switch (field.type) {
      case WireType::varint:
        return varint(field.bits, 10);
      case WireType::fixed64:
        return fixed(field.bits, 8);
      case WireType::fixed32:
        return fixed(field.bits, 4);
      case WireType::length:
        return contents(field.contents);
      default:
        return true;
    }
  }

  bool contents(std::string_view& out) noexcept {
    std::uint64_t bytes = 0;
    if (!varint(bytes, 5) || bytes > bytes_left()) return false;
    out = {at_, static_cast<std::size_t>(bytes)};
    at_ += bytes;
    return true;
  }

  bool varint(std::uint64_t& out, unsigned bytes_max) noexcept {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
      out = static_cast<unsigned char>(*at_++);
      return true;
    }
    return long_varint(out, bytes_max);
  }

  bool long_varint(std::uint64_t& out, unsigned bytes_max) noexcept {
    out = 0;
    for (unsigned i = 0; i < bytes_max && i < bytes_left(); ++i) {
      const auto byte = static_cast<unsigned char>(at_[i]);
      out |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) {
        at_ += i + 1;
        return true;
      }
    }
    return false;
  }

  bool fixed(std::uint64_t& out, unsigned bytes) noexcept {
    if (bytes_left() < bytes) return false;
    out = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      out |= static_cast<std::uint64_t>(static_cast<unsigned char>(at_[i])) << (8 * i);
    }
    at_ += bytes;
    return true;
  }

  bool skip_group(std::uint32_t number) noexcept {
    std::array<std::uint32_t, groups_max> open;
    std::size_t depth = 0;
    open[depth++] = number;
    while (depth > 0) {
      WireField field;
      if (at_ == end_ || !read(field)) return false;
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
  // Ends the reading.
  std::uint32_t stop() noexcept {
    malformed_ = true;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool malformed_ = false;
};

}  // namespace hoiku::wire
