#include "link/src/zmtp/frame_header.hpp"

namespace hoiku::link::zmtp {
namespace {

constexpr unsigned char more_flag = 0x01;
constexpr unsigned char long_flag = 0x02;
constexpr unsigned char command_flag = 0x04;
constexpr std::size_t short_header_bytes = 2;
constexpr std::uint64_t short_body_bytes_max = 0xFF;

}  // namespace

Result<std::optional<FrameHeader>> read_frame_header(std::string_view bytes) {
  std::optional<FrameHeader> header;
  if (bytes.empty()) return header;
  const auto flags = static_cast<unsigned char>(bytes[0]);
  if ((flags & ~(more_flag | long_flag | command_flag)) != 0)
    return Failure{ErrorCode::protocol_violation, "it sends a frame with flags that ZMTP does not have"};
  if ((flags & more_flag) != 0)
    return Failure{ErrorCode::protocol_violation, "it sends a message of several parts; one part is wanted"};

  const std::size_t header_bytes = (flags & long_flag) != 0 ? frame_header_bytes_max : short_header_bytes;
  if (bytes.size() < header_bytes) return header;
  header.emplace();
  header->kind = (flags & command_flag) != 0 ? FrameKind::command : FrameKind::message;
  header->header_bytes = header_bytes;
  for (const char byte : bytes.substr(1, header_bytes - 1))
    header->body_bytes = header->body_bytes << 8 | static_cast<unsigned char>(byte);
  return header;
}

void append_frame_header(std::string& out, FrameKind kind, std::uint64_t body_bytes) {
  const unsigned char kind_flag = kind == FrameKind::command ? command_flag : 0;
  if (body_bytes <= short_body_bytes_max) {
    out += static_cast<char>(kind_flag);
    out += static_cast<char>(body_bytes);
    return;
  }
  out += static_cast<char>(kind_flag | long_flag);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(body_bytes >> shift & 0xFF);
}

}  // namespace hoiku::link::zmtp
