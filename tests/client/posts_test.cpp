#include "client/src/bus/posts.hpp"

#include <gtest/gtest.h>

namespace hoiku::client {
namespace {

TEST(Posts, RememberATopicOnlyWhileItsPostMayBeReplaced) {
  Posts posts;
  for (proto::RequestId id = 1; id <= 100; ++id) {
    const std::string topic = "event/" + std::to_string(id);
    posts.add(id, 8, topic);
    EXPECT_EQ(posts.replaceable(topic), id);
    posts.settle(id);
    EXPECT_EQ(posts.replaceable(topic), 0u);
  }
  EXPECT_EQ(posts.replaceable_topics(), 0u);
}

TEST(Posts, AnOlderPostThatIsSettledLateTakesNothingFromTheNewerOne) {
  Posts posts;
  posts.add(1, 8, "a");
  posts.add(2, 8, "");  // of the same topic, but of those that nothing replaces
  posts.add(3, 8, "a");
  posts.settle(1);
  posts.settle(2);
  EXPECT_EQ(posts.replaceable("a"), 3u);
  posts.settle(3);
  EXPECT_EQ(posts.replaceable("a"), 0u);
}

TEST(Posts, AreSettledTogetherUpToOneOfThem) {
  Posts posts;
  for (proto::RequestId id = 1; id <= 5; ++id) posts.add(id, 8, "a" + std::to_string(id));
  posts.settle_through(3);
  EXPECT_EQ(posts.settled_through(), 3u);
  EXPECT_EQ(posts.replaceable("a3"), 0u);
  EXPECT_EQ(posts.replaceable("a4"), 4u);
  posts.settle(5);  // refused
  EXPECT_EQ(posts.settled_through(), 3u);
  posts.settle_through(4);
  EXPECT_EQ(posts.settled_through(), 5u);
}

TEST(Posts, OneThatIsReplacedGivesItsRoomBack) {
  Posts posts;
  posts.add(1, Posts::post_bytes_max / 2, "");
  posts.add(2, Posts::post_bytes_max / 2, "a");
  EXPECT_FALSE(posts.has_room(8));
  EXPECT_TRUE(posts.has_room(8, 2));
  posts.settle(2);
  EXPECT_TRUE(posts.has_room(8));
}

}  // namespace
}  // namespace hoiku::client
