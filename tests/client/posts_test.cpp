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
    EXPECT_TRUE(posts.settle(id));
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

}  // namespace
}  // namespace hoiku::client
