#include "broker/server/held_input.hpp"

#include <gmock/gmock.h>

#include <string>

namespace hoiku::broker {
namespace {

using testing::ElementsAre;

using Input = HeldInput::Input;

Input frame_of(std::uint64_t peer, std::string bytes) { return Input{peer, std::move(bytes)}; }
constexpr std::size_t overhead = sizeof(Input);

TEST(HeldInput, LeavesInTheOrderOfItsPeer) {
  HeldInput held(1000, 10'000);
  ASSERT_TRUE(held.add(frame_of(1, "a")));
  ASSERT_TRUE(held.add(frame_of(2, "x")));
  ASSERT_TRUE(held.add(frame_of(1, "b")));
  ASSERT_TRUE(held.add(Input{1, {}}));
  EXPECT_EQ(held.take(1).frame, "a");
  EXPECT_EQ(held.take(1).frame, "b");
  EXPECT_TRUE(held.contains(1));
  EXPECT_FALSE(held.take(1).frame);
  EXPECT_FALSE(held.contains(1));
  EXPECT_EQ(held.take(2).frame, "x");
  EXPECT_TRUE(held.empty());
}

TEST(HeldInput, EachPeerHasItsTurn) {
  HeldInput held(1000, 10'000);
  for (const std::uint64_t peer : {3u, 5u, 9u}) {
    ASSERT_TRUE(held.add(frame_of(peer, "a")));
    ASSERT_TRUE(held.add(frame_of(peer, "b")));
  }
  EXPECT_THAT(held.peers(), ElementsAre(3, 5, 9));
  held.take(3);
  EXPECT_THAT(held.peers(), ElementsAre(5, 9, 3));
  held.take(9);
  EXPECT_THAT(held.peers(), ElementsAre(3, 5, 9));
}

TEST(HeldInput, TheBytesOfAPeerAreLimited) {
  HeldInput held(2 * overhead + 10, 10'000);
  ASSERT_TRUE(held.add(frame_of(1, "12345")));
  EXPECT_FALSE(held.add(frame_of(1, "123456")));
  ASSERT_TRUE(held.add(frame_of(1, "12345")));
  EXPECT_FALSE(held.add(frame_of(1, "")));
  EXPECT_TRUE(held.add(Input{1, {}})) << "the end of the connection";
  EXPECT_TRUE(held.add(frame_of(2, "12345"))) << "another peer";
  held.take(1);
  held.take(1);
  EXPECT_TRUE(held.add(frame_of(1, "12345")));
}

TEST(HeldInput, TheBytesOfAllPeersAreLimited) {
  HeldInput held(1000, 2 * overhead + 10);
  ASSERT_TRUE(held.add(frame_of(1, "12345")));
  ASSERT_TRUE(held.add(frame_of(2, "12345")));
  EXPECT_FALSE(held.add(frame_of(3, "")));
  held.discard(2);
  EXPECT_FALSE(held.contains(2));
  EXPECT_TRUE(held.add(frame_of(3, "12345")));
  held.discard(7);
}

}  // namespace
}  // namespace hoiku::broker
