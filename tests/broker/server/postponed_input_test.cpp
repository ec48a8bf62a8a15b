#include "broker/server/postponed_input.hpp"

#include <gmock/gmock.h>

#include <string>

namespace hoiku::broker {
namespace {

using testing::ElementsAre;

using Input = PostponedInput::Input;

Input frame_of(std::uint64_t peer, std::string bytes) { return Input{peer, std::move(bytes)}; }
constexpr std::size_t overhead = sizeof(Input);

TEST(PostponedInput, LeavesInTheOrderOfItsPeer) {
  PostponedInput postponed(1000, 10'000);
  ASSERT_TRUE(postponed.add(frame_of(1, "a")));
  ASSERT_TRUE(postponed.add(frame_of(2, "x")));
  ASSERT_TRUE(postponed.add(frame_of(1, "b")));
  ASSERT_TRUE(postponed.add(Input{1, {}}));
  EXPECT_EQ(postponed.take(1).frame, "a");
  EXPECT_EQ(postponed.take(1).frame, "b");
  EXPECT_TRUE(postponed.contains(1));
  EXPECT_FALSE(postponed.take(1).frame);
  EXPECT_FALSE(postponed.contains(1));
  EXPECT_EQ(postponed.take(2).frame, "x");
  EXPECT_TRUE(postponed.empty());
}

TEST(PostponedInput, EachPeerHasItsTurn) {
  PostponedInput postponed(1000, 10'000);
  for (const std::uint64_t peer : {3u, 5u, 9u}) {
    ASSERT_TRUE(postponed.add(frame_of(peer, "a")));
    ASSERT_TRUE(postponed.add(frame_of(peer, "b")));
  }
  EXPECT_THAT(postponed.peers(), ElementsAre(3, 5, 9));
  postponed.take(3);
  EXPECT_THAT(postponed.peers(), ElementsAre(5, 9, 3));
  postponed.take(9);
  EXPECT_THAT(postponed.peers(), ElementsAre(3, 5, 9));
}

TEST(PostponedInput, TheBytesOfAPeerAreLimited) {
  PostponedInput postponed(2 * overhead + 10, 10'000);
  ASSERT_TRUE(postponed.add(frame_of(1, "12345")));
  EXPECT_FALSE(postponed.add(frame_of(1, "123456")));
  ASSERT_TRUE(postponed.add(frame_of(1, "12345")));
  EXPECT_FALSE(postponed.add(frame_of(1, "")));
  EXPECT_TRUE(postponed.add(Input{1, {}})) << "the end of the connection";
  EXPECT_TRUE(postponed.add(frame_of(2, "12345"))) << "another peer";
  postponed.take(1);
  postponed.take(1);
  EXPECT_TRUE(postponed.add(frame_of(1, "12345")));
}

TEST(PostponedInput, TheBytesOfAllPeersAreLimited) {
  PostponedInput postponed(1000, 2 * overhead + 10);
  ASSERT_TRUE(postponed.add(frame_of(1, "12345")));
  ASSERT_TRUE(postponed.add(frame_of(2, "12345")));
  EXPECT_FALSE(postponed.add(frame_of(3, "")));
  postponed.discard(2);
  EXPECT_FALSE(postponed.contains(2));
  EXPECT_TRUE(postponed.add(frame_of(3, "12345")));
  postponed.discard(7);
}

}  // namespace
}  // namespace hoiku::broker
