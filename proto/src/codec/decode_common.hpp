// decode_common.hpp: how a frame is decoded: in place, field by field, into our structs.
//
// As in Protobuf, a field with an unknown number or of another type on the wire is skipped, and of a field that occurs
// twice the last one counts. (Protobuf merges a message that occurs twice; no encoder writes one.)
//
// Promises   decoding allocates for what a frame's structs hold, and for no more than `items_max` items, however many
//            the frame has. It stops at the first failure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/value_view.hpp"
#include "proto/src/wire/reader.hpp"

namespace hoiku::proto {

Failure violation(std::string message);
WallTime wall_time(std::int64_t microseconds);
std::chrono::milliseconds milliseconds(std::uint64_t count);
std::chrono::nanoseconds nanoseconds(std::uint64_t count);
std::optional<Quality> known_quality(std::uint64_t bits) noexcept;

// ---- The fields that a message may have, for FrameDecoder::read()

using wire::key;
constexpr std::uint32_t key_of(const wire::WireField& field) noexcept { return key(field.number, field.type); }

// A known field: its key, and what takes it.
template <class Take>
struct KnownField {
  std::uint32_t key = 0;
  Take take;
};

// take(std::uint64_t bits)
template <class Take>
auto varint(int number, Take take) {
  const auto with_bits = [take](const wire::WireField& field) { take(field.bits); };
  return KnownField<decltype(with_bits)>{key(number, wire::WireType::varint), with_bits};
}
// take(std::string_view contents)
template <class Take>
auto contents(int number, Take take) {
  const auto with_contents = [take](const wire::WireField& field) { take(field.contents); };
  return KnownField<decltype(with_contents)>{key(number, wire::WireType::length), with_contents};
}
// take(const WireField& field), of a field with contents
template <class Take>
auto whole(int number, Take take) {
  return KnownField<Take>{key(number, wire::WireType::length), take};
}

inline auto into_fixed(int number, std::uint64_t& to) {
  const auto take = [&to](const wire::WireField& field) { to = field.bits; };
  return KnownField<decltype(take)>{key(number, wire::WireType::fixed64), take};
}
template <class Integer>
  requires(std::is_integral_v<Integer>)
auto into(int number, Integer& to) {
  return varint(number, [&to](std::uint64_t bits) { to = static_cast<Integer>(bits); });
}
inline auto into(int number, bool& to) {
  return varint(number, [&to](std::uint64_t bits) { to = bits != 0; });
}
inline auto into(int number, std::optional<std::uint64_t>& to) {
  return varint(number, [&to](std::uint64_t bits) { to = bits; });
}
inline auto into(int number, std::chrono::milliseconds& to) {
  return varint(number, [&to](std::uint64_t bits) { to = milliseconds(bits); });
}
template <class Nanoseconds>  // or an optional of them
  requires(std::is_convertible_v<std::chrono::nanoseconds, Nanoseconds>)
auto into(int number, Nanoseconds& to) {
  return varint(number, [&to](std::uint64_t bits) { to = nanoseconds(bits); });
}
inline auto into(int number, std::optional<WallTime>& to) {  // zigzag
  return varint(number, [&to](std::uint64_t bits) { to = wall_time(wire::from_zigzag(bits)); });
}
template <class Text>  // std::string, std::string_view
  requires(std::is_convertible_v<std::string_view, Text> || std::is_same_v<Text, std::string>)
auto into(int number, Text& to) {
  return contents(number, [&to](std::string_view bytes) { to = bytes; });
}

// ---- Decoding

class FrameDecoder {
 protected:
  FrameDecoder(std::size_t frame_bytes_max, std::size_t items_max)
      : frame_bytes_max_(frame_bytes_max), items_left_(items_max), items_max_(items_max) {}

  // Passes each known field of the message to what takes it, until one fails.
  template <class... Fields>
  void read(std::string_view message, const Fields&... known) {
    read_all(message, [&](const wire::WireField& field) {
      const std::uint32_t found = key_of(field);
      static_cast<void>(((known.key == found && (known.take(field), true)) || ...));
    });
  }
  // Passes each field to `take`, until one fails.
  template <class Take>
  void read_all(std::string_view message, const Take& take) {
    wire::WireReader reader(message);
    while (const auto field = reader.next()) {
      take(*field);
      if (failure_) return;
    }
    if (reader.is_malformed()) fail(violation("a frame is malformed or truncated"));
  }

  // Keeps the first failure.
  void fail(Failure failure) {
    if (!failure_) failure_ = std::move(failure);
  }
  bool has_failed() const noexcept { return failure_.has_value(); }
  // Empty at a failure.
  template <class T>
  Result<T> result(T decoded) {
    if (failure_) return std::move(*failure_);
    return decoded;
  }

  void check_size(std::string_view frame);  // too_large
  void count_items(std::size_t items);      // too_large
  // Counts the message's fields of each of these numbers, up to the first malformed one. All 0 if they are too many.
  template <std::size_t numbers>
  std::array<std::size_t, numbers> count_items_of(std::string_view message, const int (&fields)[numbers]) {
    std::array<std::size_t, numbers> counts{};
    wire::WireReader reader(message);
    while (const auto found = reader.next()) {
      for (std::size_t i = 0; i < numbers; ++i) counts[i] += key_of(*found) == key(fields[i], wire::WireType::length);
    }
    for (const std::size_t count : counts) count_items(count);
    if (failure_) counts.fill(0);
    return counts;
  }
  // Counts one more item, and appends it to the list.
  template <class List, class Decode>
  void append(List& list, const Decode& decode) {
    count_items(1);
    if (!failure_) list.push_back(decode());
  }

  // Reads a message that has an id, and one of the fields of the numbers `first` to `last`, of which it returns the
  // last one; number 0: none.
  wire::WireField read_one_of(std::string_view message, RequestId& id, int id_field, int first, int last);
  // Reads a message that has one field.
  std::string_view only_text(std::string_view message, int field);
  std::uint64_t only_number(std::string_view message, int field);

  // The functions below return a default if they fail.
  Version version(std::string_view message);
  ValueView value_view(std::string_view message);
  Value value(std::string_view message) { return value_view(message).copy(); }
  Mode mode(std::uint64_t bits);
  Quality quality(std::uint64_t bits);

 private:
  std::size_t frame_bytes_max_;
  std::size_t items_left_;
  std::size_t items_max_;
  std::optional<Failure> failure_;
};

}  // namespace hoiku::proto
