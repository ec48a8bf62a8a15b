#include "link/src/zmtp/frame_header.hpp"

#include <gmock/gmock.h>

namespace hoiku::link::zmtp {
namespace {

using testing::HasSubstr;

std::string header_of(FrameKind kind, std::uint64_t body_bytes) {
  std::string bytes;
  append_frame_header(bytes, kind, body_bytes);
  return bytes;
}

TEST(ZmtpFrameHeader, IsReadAsItWasWritten) {
  for (const FrameKind kind : {FrameKind::message, FrameKind::command}) {
    for (const std::uint64_t size : {0ULL, 1ULL, 255ULL, 256ULL, 65'536ULL, 4'194'304ULL, ~0ULL}) {
      const std::string bytes = header_of(kind, size);
      const auto header = read_frame_header(bytes + "body").value();
      ASSERT_TRUE(header) << size;
      EXPECT_EQ(header->kind, kind);
      EXPECT_EQ(header->body_bytes, size);
      EXPECT_EQ(header->header_bytes, bytes.size());
    }
  }
}

TEST(ZmtpFrameHeader, HasTheBytesOfTheSpecification) {
  EXPECT_EQ(header_of(FrameKind::message, 255), std::string("\x00\xFF", 2));
  EXPECT_EQ(header_of(FrameKind::message, 256), std::string("\x02\x00\x00\x00\x00\x00\x00\x01\x00", 9));
  EXPECT_EQ(header_of(FrameKind::command, 5), std::string("\x04\x05", 2));
  EXPECT_EQ(header_of(FrameKind::command, 0x1234), std::string("\x06\x00\x00\x00\x00\x00\x00\x12\x34", 9));
}

TEST(ZmtpFrameHeader, IsWaitedForUntilItIsWhole) {
  for (const std::uint64_t body : {1ULL, 300ULL}) {
    const std::string bytes = header_of(FrameKind::message, body);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(read_frame_header(std::string_view(bytes).substr(0, size)).value()) << size;
  }
}

TEST(ZmtpFrameHeader, ASmallBodyMayHaveALongHeader) {
  const auto header = read_frame_header(std::string_view("\x02\0\0\0\0\0\0\0\x01", 9)).value();
  EXPECT_EQ(header->body_bytes, 1U);
}

TEST(ZmtpFrameHeader, PartsAndUnknownFlagsAreRefusedAtTheFirstByte) {
  for (const char flags : {'\x01', '\x03', '\x05', '\x07'})
    EXPECT_THAT(read_frame_header(std::string_view(&flags, 1)).failure().message, HasSubstr("several parts"));
  for (const char flags : {'\x08', '\x10', '\x80', '\xFF'})
    EXPECT_THAT(read_frame_header(std::string_view(&flags, 1)).failure().message, HasSubstr("flags"));
}

}  // namespace
}  // namespace hoiku::link::zmtp
