// Bytes that no correct peer sends: decoding gives a frame or a Failure, and encoding repeats what was accepted.
#include <gtest/gtest.h>

#include <random>

#include "hoiku/proto/codec.hpp"
#include "tests/proto/codec/sample_frames.hpp"

namespace hoiku::proto {
namespace {

std::vector<std::string> valid_frames() {
  return {encode(samples::hello()), encode(samples::commands()), encode(samples::welcome()), encode(samples::fatal()),
          encode(samples::batch())};
}

template <class Frame>
void expect_failure_or_stable(const Result<Frame>& decoded, Result<Frame> (*decode)(std::string_view, const Limits&)) {
  if (!decoded) {
    EXPECT_FALSE(decoded.failure().message.empty());
    EXPECT_LT(decoded.failure().message.size(), 1000u);
    return;
  }
  Limits limits;
  limits.frame_bytes_max *= 2;  // what came in may have been shorter, as packed or repeated fields are
  const std::string bytes = encode(*decoded);
  const auto again = decode(bytes, limits);
  ASSERT_TRUE(again) << again.failure().message;
  EXPECT_EQ(encode(*again), bytes);
}

// True if either kind of frame was read.
bool try_both(std::string_view bytes) {
  const auto client = decode_client_frame(bytes);
  const auto server = decode_server_frame(bytes);
  expect_failure_or_stable<ClientFrame>(client, decode_client_frame);
  expect_failure_or_stable<ServerFrame>(server, decode_server_frame);
  return client || server;
}

TEST(CodecFuzz, EveryPrefixOfAFrameIsAFrameOrAFailure) {
  int refused = 0;
  for (const std::string& frame : valid_frames()) {
    for (std::size_t length = 0; length < frame.size(); ++length) {
      // Copies the prefix, so that the sanitizer notices a read beyond its end.
      const std::vector<char> cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
      refused += !try_both(std::string_view(cut.data(), cut.size()));
    }
  }
  EXPECT_GT(refused, 100);
}

std::string mutated(std::string bytes, std::mt19937_64& random) {
  for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
    const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
    const auto byte = static_cast<char>(static_cast<unsigned char>(random()));
    switch (random() % 6) {
      case 0:
        if (!bytes.empty()) bytes[at] = byte;
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 2:
        bytes.insert(at, 1, byte);
        break;
      case 3:
        bytes.erase(at, 1 + random() % 8);
        break;
      case 4:
        bytes.insert(at, bytes.substr(at / 2, 1 + random() % 40));
        break;
      default:
        bytes.insert(at, 1 + random() % 6, static_cast<char>(random() % 2 ? 0xFF : 0x80));
        break;
    }
  }
  return bytes;
}

TEST(CodecFuzz, TwentyThousandMutationsAreAFrameOrAFailure) {
  const auto frames = valid_frames();
  std::mt19937_64 random(11);
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bool read = try_both(mutated(frames[random() % frames.size()], random));
    (read ? accepted : refused) += 1;
  }
  EXPECT_GT(accepted, 500);
  EXPECT_GT(refused, 500);
}

TEST(CodecFuzz, TenThousandRandomTextsAreAFrameOrAFailure) {
  std::mt19937_64 random(12);
  for (int i = 0; i < 10'000; ++i) {
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(static_cast<unsigned char>(random()));
    try_both(bytes);
  }
}

}  // namespace
}  // namespace hoiku::proto
