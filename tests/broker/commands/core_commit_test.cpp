// Commits of several topics: their effects on each kind of reader and wait.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class CoreCommit : public CoreTest {
 protected:
  CoreCommit() {
    robot.connect();
    screen.connect();
  }
  static proto::TopicWrite write(std::string topic, Value value, std::optional<Version> if_version = {}) {
    return proto::TopicWrite{std::move(topic), std::move(value), if_version, {}};
  }
  const proto::CommitDone& done(proto::RequestId id) { return robot.answered<proto::CommitDone>(id); }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
};

// The pattern reads the first new topic of the commit, and exceeds the limit with the second.
TEST_F(CoreCommit, APatternThatGetsTooManyTopicsFailsAndTheCommitSucceeds) {
  restart(limited([](Limits& limits) { limits.slots_per_session_max = 2; }));
  robot.connect();
  screen.connect();
  robot.declare("a/1", 1s);
  const auto pattern = screen.subscribe({"a/**"});
  turn();
  const auto commit = robot.commit({write("a/x", 1), write("a/y", 2), write("a/z", 3)});
  turn();
  ASSERT_THAT(done(commit).written, SizeIs(3));
  EXPECT_EQ(screen.answered<proto::Failed>(pattern).failure.message,
            "pattern 'a/**': the session would read more than 2 topics");
  for (const auto& [topic, value] : {std::pair("a/x", 1), {"a/y", 2}, {"a/z", 3}}) {
    const auto get = robot.get(topic);
    turn();
    EXPECT_EQ(robot.answered<proto::GetDone>(get).current->value, Value(value));
  }
}

TEST_F(CoreCommit, ARefusedCommitCreatesNoTopics) {
  restart(limited([](Limits& limits) {
    limits.topics_max = 2;
    limits.slots_per_session_max = 1;
  }));
  robot.connect();
  screen.connect();
  const auto pattern = screen.subscribe({"**"});
  const auto conflict = robot.commit({write("a", 1), write("b", 2, Version{1, 1})});
  const auto too_many = robot.commit({write("a", 1), write("b", 2), write("c", 3)});
  turn();
  EXPECT_EQ(robot.failed(conflict), ErrorCode::version_conflict);
  EXPECT_EQ(robot.failed(too_many), ErrorCode::limit_exceeded);
  EXPECT_FALSE(screen.has_answer(pattern));
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreCommit, IsOneRevisionAndOneRecord) {
  const auto commit = robot.commit({write("a", 1), write("b", "x")});
  const auto records = core->take_records();
  ASSERT_THAT(records, SizeIs(1));
  ASSERT_THAT(records[0].transitions, SizeIs(2));
  EXPECT_EQ(records[0].transitions[0]->topic(), "a");
  EXPECT_EQ(records[0].transitions[1]->revision(), records[0].sequence);
  turn();
  EXPECT_FALSE(robot.has_answer(commit));
  core->committed(1, at());
  turn();
  EXPECT_EQ(done(commit).revision, 1u);
  ASSERT_THAT(done(commit).written, SizeIs(2));
  EXPECT_TRUE(done(commit).written[0].changed);
  EXPECT_EQ(done(commit).written[1].version.number, 1u);
  EXPECT_EQ(statistics().commits, 1u);
}

TEST_F(CoreCommit, ArrivesInOneFrameAtACompositeAndAtAPattern) {
  robot.set("a", 0);
  robot.set("b", 0);
  const auto composite = screen.subscribe({"a", "b"});
  const auto pattern = screen.subscribe({"*"}, {}, proto::Mode::every);
  turn();
  screen.take_deliveries(composite);
  screen.take_deliveries(pattern);
  const std::size_t frames = screen.frames.size();
  robot.commit({write("b", 1), write("a", 1)});
  turn();
  EXPECT_EQ(screen.frames.size(), frames + 1);
  EXPECT_THAT(screen.take_deliveries(composite), ElementsAre(Pair("a", Value(1)), Pair("b", Value(1))));
  EXPECT_THAT(screen.take_deliveries(pattern), testing::UnorderedElementsAre(Pair("a", Value(1)), Pair("b", Value(1))));
}

TEST_F(CoreCommit, AnswersTheWaitsOfAllItsTopics) {
  const auto first = screen.wait("a", "value == 1");
  const auto second = screen.wait("b", "value == 1");
  const auto change = screen.wait_transition("b", "value == 1");
  const auto other = screen.wait("b", "value == 2");
  turn();
  robot.commit({write("a", 1), write("b", 1)});
  turn();
  EXPECT_EQ(screen.answered<proto::WaitDone>(first).match->revision, 1u);
  EXPECT_EQ(screen.answered<proto::WaitDone>(second).match->revision, 1u);
  EXPECT_TRUE(screen.has_answer(change));
  EXPECT_FALSE(screen.has_answer(other));
}

TEST_F(CoreCommit, ACommitOfEqualValuesIsAnsweredWithTheirVersions) {
  robot.set("a", 1);
  robot.set("b", 1);
  turn();
  const auto touch = robot.commit({write("a", 1), write("b", 1)});
  turn();
  EXPECT_EQ(done(touch).revision, 2u);
  EXPECT_FALSE(done(touch).written[0].changed);
  EXPECT_FALSE(done(touch).written[1].changed);
  EXPECT_EQ(statistics().commits, 2u);
  const auto never_set = robot.commit({write("c", Value())});
  turn();
  EXPECT_EQ(done(never_set).revision, 0u);
  EXPECT_EQ(done(never_set).written[0].version, Version{});
  EXPECT_EQ(statistics().topics, 2u);
}

TEST_F(CoreCommit, ACommitEqualToPendingStatesWaitsForTheLastOfThem) {
  robot.set("a", 1);
  robot.set("b", 1);
  const auto touch = robot.commit({write("b", 1), write("a", 1)});
  core->take_records();
  core->committed(1, at());
  turn();
  EXPECT_FALSE(robot.has_answer(touch));
  core->committed(2, at());
  turn();
  EXPECT_EQ(done(touch).revision, 2u);
}

TEST_F(CoreCommit, IsJudgedByThePendingStatesOfItsTopics) {
  robot.commit({write("a", 1), write("b", 1)});
  const std::vector<Record> first = core->take_records();
  const Version a = first.front().transitions[0]->version();
  const Version b = first.front().transitions[1]->version();
  const auto good = robot.commit({write("a", 2, a), write("b", 2, b)});
  const auto conflict = robot.commit({write("a", 3, Version{a.epoch, 2}), write("b", 3, b)});
  turn();
  EXPECT_EQ(robot.failed(conflict), ErrorCode::version_conflict);
  EXPECT_EQ(robot.answered<proto::Failed>(conflict).current->number, 2u);
  core->take_records();
  core->committed(2, at());
  turn();
  EXPECT_EQ(done(good).revision, 2u);
  EXPECT_EQ(statistics().commits, 2u);
}

TEST_F(CoreCommit, ARefusedCommitLeavesNothingBehind) {
  robot.set("number", 1);
  turn();
  const std::pair<std::vector<proto::TopicWrite>, ErrorCode> cases[] = {
      {{}, ErrorCode::invalid_argument},
      {{write("a", 1), write("b", 1), write("a", 2)}, ErrorCode::invalid_argument},
      {{write("a", 1), write("b//c", 1)}, ErrorCode::invalid_topic},
      {{write("a", 1), write("$hoiku/x", 1)}, ErrorCode::permission_denied},
      {{write("a", 1), write("number", "text")}, ErrorCode::type_mismatch},
      {{write("a", 1), write("number", 2, Version{1, 7})}, ErrorCode::version_conflict},
      {{write("a", 1), write("b", std::string(Limits{}.value_bytes_max + 1, 'x'))}, ErrorCode::too_large},
      {std::vector<proto::TopicWrite>(Limits{}.commit_topics_max + 1, write("a", 1)), ErrorCode::limit_exceeded},
  };
  for (const auto& [writes, code] : cases) {
    const auto refused = robot.commit(writes);
    turn();
    EXPECT_EQ(robot.failed(refused), code);
    EXPECT_EQ(statistics().topics, 1u);
  }
  EXPECT_EQ(statistics().commits, 1u);
}

TEST_F(CoreCommit, ACommitThatUnsetsTopicsRemovesUnusedOnes) {
  robot.commit({write("a", 1), write("b", 1)});
  const auto wait = screen.wait("a", "value == 2");
  turn();
  robot.commit({write("a", 2), write("b", Value())});
  turn();
  EXPECT_TRUE(screen.has_answer(wait));
  EXPECT_EQ(statistics().topics, 1u);
  robot.commit({write("a", Value()), write("b", Value())});
  turn();
  EXPECT_EQ(statistics().topics, 0u);
}

}  // namespace
}  // namespace hoiku::broker
