// The cost of hostile frames: decoding allocates for the items that a frame may have, not for those that it has. A
// program of its own, because it counts all that `new` allocates.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>

#include "hoiku/proto/codec.hpp"
#include "tests/proto/codec/wire_field.hpp"

namespace {
std::size_t allocated = 0;
std::size_t allocated_most = 0;
}  // namespace

void* operator new(std::size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  allocated += malloc_usable_size(memory);
  allocated_most = std::max(allocated_most, allocated);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  allocated -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace hoiku::proto {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

std::size_t most_allocated_in(const std::function<void()>& act) {
  const std::size_t before = allocated;
  allocated_most = allocated;
  act();
  return allocated_most - before;
}

// As many copies as a frame has room for.
std::string many(const std::string& item) {
  std::string out;
  out.reserve(4 * mebibyte);
  while (out.size() + item.size() + 64 <= 4 * mebibyte) out += item;
  return out;
}

struct Hostile {
  const char* what;
  std::string frame;
};

const std::string comparison = "\x08\x04\x10\x01" + field(6, "\x08\x05") + field(6, "\x08\x07" + field(4, "3"));
const std::string wait = field(5, field(6, field(2, comparison)));

TEST(DecodeMemory, OfAFrameThatIsRefused) {
  for (const Hostile& hostile : {
           Hostile{"commands", many(field(5, ""))},
           Hostile{"topics of a subscription", field(5, field(4, many(field(1, ""))))},
           Hostile{"writes of a commit", field(5, field(12, many(field(1, ""))))},
           Hostile{"children of a predicate", field(5, field(6, field(2, "\x08\x01" + many(field(6, "")))))},
           Hostile{"names of a path", field(5, field(6, field(2, "\x08\x05" + many(field(5, "")))))},
           Hostile{"waits", many(wait)},
           Hostile{"unknown fields of a set", field(5, field(2, many(field(15, ""))))},
       }) {
    const std::size_t bytes =
        most_allocated_in([&] { EXPECT_FALSE(decode_client_frame(hostile.frame)) << hostile.what; });
    EXPECT_LT(bytes, 4 * mebibyte) << hostile.what;
  }
}

TEST(DecodeMemory, OfAFrameOfABrokerThatIsRefused) {
  for (const Hostile& hostile : {
           Hostile{"deliveries", many(field(6, ""))},
           Hostile{"ends of snapshots", many(field(7, ""))},
           Hostile{"answers", many(field(8, ""))},
           Hostile{"rows", field(8, field(6, many(field(1, ""))))},
           Hostile{"readers", field(8, field(13, many(field(1, ""))))},
           Hostile{"topics of a reader", field(8, field(13, field(1, many(field(3, "")))))},
           Hostile{"written topics", field(8, field(9, many(field(2, ""))))},
       }) {
    const std::size_t bytes =
        most_allocated_in([&] { EXPECT_FALSE(decode_server_frame(hostile.frame)) << hostile.what; });
    EXPECT_LT(bytes, 24 * mebibyte) << hostile.what;
  }
}

TEST(DecodeMemory, OfAFrameWithAsManyItemsAsItMayHave) {
  std::string frame;
  for (std::size_t items = 4; items <= Limits().command_items_max; items += 4) frame += wait;
  const std::size_t bytes = most_allocated_in([&] { EXPECT_TRUE(decode_client_frame(frame)); });
  EXPECT_GT(bytes, frame.size());
  EXPECT_LT(bytes, 10 * mebibyte);
}

}  // namespace
}  // namespace hoiku::proto
