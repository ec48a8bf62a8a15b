// writer.hpp: writes Protobuf's wire format, forwards only. Costs a quarter of the generated code, because nothing is
// copied into a message first. The tests read its bytes with the generated code.
//
// Promises   leaves out fields that hold their default, as proto3 does, unless the method says otherwise.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "proto/src/wire/reader.hpp"

namespace hoiku::wire {

class WireWriter {
 public:
  // Takes the bytes written so far out of the writer.
  std::string take() {
    out_.resize(end_);
    return std::move(out_);
  }

  void number(int field, std::uint64_t value) {
    if (value != 0) number_even_if_zero(field, value);
  }

  void number_even_if_zero(int field, std::uint64_t value) {
    reserve(small_max);
    varint(tag(field, 0));
    varint(value);
  }

  // A number of a packed field, which message() has begun.
  void only_number(std::uint64_t value) {
    reserve(small_max);
    varint(value);
  }

  void zigzag_even_if_zero(int field, std::int64_t value) { number_even_if_zero(field, to_zigzag(value)); }

  void fixed(int field, std::uint64_t value) {
    if (value != 0) fixed_even_if_zero(field, value);
  }

  void fixed_even_if_zero(int field, std::uint64_t value) {
    reserve(small_max);
    varint(tag(field, 1));
    little_endian<8>(value);
  }

  void fixed32_even_if_zero(int field, std::uint32_t value) {
    reserve(small_max);
    varint(tag(field, 5));
    little_endian<4>(value);
  }

  void float64_even_if_zero(int field, double value) { fixed_even_if_zero(field, std::bit_cast<std::uint64_t>(value)); }

  void bytes(int field, std::string_view content) {
    if (!content.empty()) bytes_even_if_empty(field, content);
  }

  void bytes_even_if_empty(int field, std::string_view content) {
    reserve(small_max + content.size());
    varint(tag(field, 2));
    varint(content.size());
    content.copy(out_.data() + end_, content.size());
    end_ += content.size();
  }

  // Appends fields that are encoded already.
  void raw(std::string_view fields) {
    reserve(fields.size());
    fields.copy(out_.data() + end_, fields.size());
    end_ += fields.size();
  }

  // Writes a nested message, whose fields `write` writes; also if it stays empty. The length precedes the message and
  // is known after it: `expected_bytes` decides how much room to leave. A wrong guess costs moving the message, no
  // more.
  template <class Write>
  void message(int field, std::size_t expected_bytes, Write write) {
    reserve(small_max);
    varint(tag(field, 2));
    const std::size_t length_at = end_;
    const std::size_t room = varint_bytes(expected_bytes);
    end_ += room;
    write();
    const std::size_t size = end_ - length_at - room;
    const std::size_t needed = varint_bytes(size);
    if (needed != room) {
      reserve(small_max);
      std::memmove(out_.data() + length_at + needed, out_.data() + length_at + room, size);
    }
    end_ = length_at;
    varint(size);
    end_ += size;
  }

 private:
  static constexpr std::size_t small_max = 24;  // a tag and a number, each ten bytes at most

  static std::uint64_t tag(int field, unsigned type) { return static_cast<std::uint64_t>(field) << 3 | type; }

  // Makes room for that many more bytes. The string is kept longer than its contents, because growing it byte by byte
  // would cost more than the bytes.
  void reserve(std::size_t bytes) {
    if (out_.size() - end_ < bytes) out_.resize(std::max(2 * out_.size(), end_ + bytes + 232));
  }
  template <int bytes>
  void little_endian(std::uint64_t value) {
    char* to = out_.data() + end_;
    for (int i = 0; i < bytes; ++i) *to++ = static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
    end_ += bytes;
  }
  // Writes through a local pointer: a char may alias anything, so the compiler would reload the members after each
  // byte.
  void varint(std::uint64_t value) {
    char* to = out_.data() + end_;
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(static_cast<std::uint8_t>(value | 0x80));
    *to++ = static_cast<char>(static_cast<std::uint8_t>(value));
    end_ = static_cast<std::size_t>(to - out_.data());
  }

  std::string out_;
  std::size_t end_ = 0;
};

}  // namespace hoiku::wire
