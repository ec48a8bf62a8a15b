// frame_header.hpp: what precedes the body of each ZMTP frame: its kind and its size.
//
// Promises   pure.
// Errors     protocol_violation; the subject of the message is "it", the peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"

namespace hoiku::link::zmtp {

inline constexpr std::size_t frame_header_bytes_max = 9;

enum class FrameKind : std::uint8_t { message, command };

struct FrameHeader {
  FrameKind kind = FrameKind::message;
  std::uint64_t body_bytes = 0;
  std::size_t header_bytes = 0;
};

// Reads the header at the front of `bytes`. Returns nothing while it is not whole. Refuses a message of several parts:
// Hoiku's messages have one.
Result<std::optional<FrameHeader>> read_frame_header(std::string_view bytes);

// Appends the header of a frame whose body has `body_bytes` bytes.
void append_frame_header(std::string& out, FrameKind kind, std::uint64_t body_bytes);

}  // namespace hoiku::link::zmtp
