// The tree of cancel scopes, without coroutines.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>

#include "hoiku/async/detail/runtime.hpp"

namespace hoiku::detail {
namespace {

class FixedClock final : public Clock {
 public:
  TimePoint now() noexcept override { return time; }
  void wake_at(TimePoint) override {}
  TimePoint time{};
};

class ScopeTree : public ::testing::Test {
 protected:
  boost::asio::io_context context_;
  FixedClock clock_;
  Runtime runtime_{context_, clock_};
};

TEST_F(ScopeTree, CancellingReachesEveryDescendantButNotPastAShield) {
  ScopeNode outer, middle, shielded, below;
  outer.attach(runtime_, &runtime_.root());
  middle.attach(runtime_, &outer);
  shielded.attach(runtime_, &middle);
  shielded.set_shield(true);
  below.attach(runtime_, &shielded);
  outer.cancel({});
  EXPECT_TRUE(middle.effective());
  EXPECT_FALSE(shielded.effective());
  EXPECT_FALSE(below.effective());
  EXPECT_FALSE(runtime_.root().effective());
  shielded.set_shield(false);
  EXPECT_TRUE(below.effective());
}

TEST_F(ScopeTree, FiveThousandNestedScopesNeedNoStack) {
  std::deque<ScopeNode> nodes(5000);
  ScopeNode* parent = &runtime_.root();
  for (ScopeNode& node : nodes) {
    node.attach(runtime_, parent);
    parent = &node;
  }
  nodes.front().cancel({});
  EXPECT_TRUE(nodes.back().effective());
  while (!nodes.empty()) nodes.pop_back();
}

TEST_F(ScopeTree, AScopeThatWasCancelledBeforeIsEffectiveWhenItIsEntered) {
  ScopeNode node;
  node.cancel({});
  node.attach(runtime_, &runtime_.root());
  EXPECT_TRUE(node.effective());
  EXPECT_TRUE(node.absorbs());
}

TEST_F(ScopeTree, TheOutermostEffectiveScopeAbsorbs) {
  ScopeNode outer, inner;
  outer.attach(runtime_, &runtime_.root());
  inner.attach(runtime_, &outer);
  inner.cancel({});
  EXPECT_TRUE(inner.absorbs());
  outer.cancel({});
  EXPECT_FALSE(inner.absorbs());
  EXPECT_TRUE(outer.absorbs());
}

TEST_F(ScopeTree, ACancelledScopeKeepsNoDeadline) {
  ScopeNode node;
  node.set_deadline(TimePoint(std::chrono::seconds(5)));
  node.attach(runtime_, &runtime_.root());
  EXPECT_EQ(runtime_.deadlines().size(), 1u);
  node.cancel({});
  EXPECT_TRUE(runtime_.deadlines().empty());
  node.set_deadline(TimePoint(std::chrono::seconds(6)));
  EXPECT_TRUE(runtime_.deadlines().empty());
}

}  // namespace
}  // namespace hoiku::detail
