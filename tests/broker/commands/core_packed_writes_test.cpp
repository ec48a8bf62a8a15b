// Writes of topics by their numbers, packed into one command.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class CorePackedWrites : public CoreTest {
 protected:
  CorePackedWrites() { robot.connect(); }
  proto::Sets sets(std::vector<proto::Sets::Name> names, std::vector<std::pair<std::uint32_t, Value>> writes) {
    proto::Sets made;
    made.id = robot.last_id + 1;
    made.names = std::move(names);
    for (const auto& [topic, value] : writes) made.add(topic, value);
    robot.last_id += writes.size();
    return made;
  }
  Transition state_of(const std::string& topic) {
    const auto got = robot.get(topic);
    turn();
    return *robot.answered<proto::GetDone>(got).current;
  }

  FakeClient robot{*this, "robot", 1};
};

TEST_F(CorePackedWrites, EachIsACommitAndIsAnswered) {
  const proto::Sets command =
      sets({{1, "a"}, {2, "b"}}, {{1, Value(1)}, {2, Value("x")}, {1, Value(2)}, {1, Value(2)}});
  robot.send({command});
  turn();
  const auto done = [&](std::uint64_t place) { return robot.answered<proto::SetDone>(command.id + place); };
  EXPECT_EQ(done(0).version.number, 1u);
  EXPECT_EQ(done(1).version.number, 1u);
  EXPECT_EQ(done(2).version.number, 2u);
  EXPECT_FALSE(done(3).changed);
  EXPECT_LT(done(0).revision, done(1).revision);
  EXPECT_LT(done(1).revision, done(2).revision);
  EXPECT_EQ(state_of("a").value, Value(2));
  EXPECT_EQ(state_of("b").value, Value("x"));
  EXPECT_EQ(state_of("b").writer, "robot");
}

TEST_F(CorePackedWrites, ANumberStaysInItsSessionUntilItIsGivenAgain) {
  robot.send({sets({{7, "a"}}, {{7, Value(1)}})});
  robot.send({sets({}, {{7, Value(2)}})});
  turn();
  EXPECT_EQ(state_of("a").value, Value(2));
  robot.send({sets({{7, "b"}}, {{7, Value(3)}})});
  turn();
  EXPECT_EQ(state_of("a").value, Value(2));
  EXPECT_EQ(state_of("b").value, Value(3));
}

TEST_F(CorePackedWrites, ANumberWithoutANameIsRefusedAlone) {
  const proto::Sets command = sets({{1, "a"}}, {{1, Value(1)}, {2, Value(2)}, {4096, Value(3)}, {1, Value(4)}});
  robot.send({command});
  turn();
  EXPECT_EQ(robot.failed(command.id + 1), ErrorCode::invalid_argument);
  EXPECT_EQ(robot.failed(command.id + 2), ErrorCode::invalid_argument);
  EXPECT_EQ(state_of("a").value, Value(4));
}

TEST_F(CorePackedWrites, AnotherSessionHasNumbersOfItsOwn) {
  FakeClient brain{*this, "brain", 2};
  brain.connect();
  robot.send({sets({{1, "a"}}, {{1, Value(1)}})});
  proto::Sets foreign;
  foreign.id = ++brain.last_id;
  foreign.add(1, Value(2));
  brain.send({foreign});
  turn();
  EXPECT_EQ(brain.failed(foreign.id), ErrorCode::invalid_argument);
}

TEST_F(CorePackedWrites, EachIsRefusedAsASetIs) {
  robot.set("number", Value(1));
  const proto::Sets command =
      sets({{1, "a//b"}, {2, "$hoiku/x"}, {3, "number"}, {4, "text"}, {5, std::string(5000, 'x')}},
           {{1, Value(1)}, {2, Value(1)}, {3, Value("x")}, {4, Value("\xFF")}, {5, Value(1)}});
  robot.send({command});
  turn();
  EXPECT_EQ(robot.failed(command.id), ErrorCode::invalid_topic);
  EXPECT_EQ(robot.failed(command.id + 1), ErrorCode::permission_denied);
  EXPECT_EQ(robot.failed(command.id + 2), ErrorCode::type_mismatch);
  EXPECT_EQ(robot.failed(command.id + 3), ErrorCode::invalid_argument);
  EXPECT_EQ(robot.failed(command.id + 4), ErrorCode::invalid_topic);
}

TEST_F(CorePackedWrites, PostsAreSettledAndOnlyRefusalsAnswered) {
  proto::Sets command = sets({{1, "a"}, {2, "a//b"}}, {{1, Value(1)}, {2, Value(2)}, {1, Value(3)}});
  command.is_post = true;
  robot.send({command});
  turn();
  EXPECT_FALSE(robot.has_answer(command.id));
  EXPECT_EQ(robot.failed(command.id + 1), ErrorCode::invalid_topic);
  EXPECT_FALSE(robot.has_answer(command.id + 2));
  EXPECT_EQ(robot.settled, 1u);
  EXPECT_EQ(state_of("a").value, Value(3));
}

// A topic that was forgotten has left its place in the table to another one.
TEST_F(CorePackedWrites, ANumberNeverMeansTheTopicThatHasTakenAPlace) {
  restart(limited([](Limits& limits) { limits.removed_topics_max = 0; }));
  robot.connect();
  robot.send({sets({{1, "a"}}, {{1, Value(1)}, {1, Value()}})});
  turn();
  robot.set("b", Value(2));  // where "a" was
  turn();
  const proto::Sets again = sets({}, {{1, Value(3)}, {1, Value(4)}});
  robot.send({again});
  turn();
  EXPECT_EQ(robot.answered<proto::SetDone>(again.id).version.number, 1u);
  EXPECT_EQ(state_of("b").value, Value(2));
  EXPECT_EQ(state_of("a").value, Value(4));
}

TEST_F(CorePackedWrites, TheWritesAfterTooManyAreNotExecuted) {
  restart(limited([](Limits& limits) { limits.requests_in_flight_max = 2; }));
  robot.connect();
  robot.acknowledges = false;
  std::vector<std::pair<std::uint32_t, Value>> writes;
  for (int i = 0; i < 10; ++i) writes.emplace_back(1, Value(i));
  robot.send({sets({{1, "a"}}, writes)});
  turn();
  ASSERT_TRUE(robot.fatal);
  EXPECT_EQ(robot.fatal->code, ErrorCode::limit_exceeded);
  FakeClient screen{*this, "screen", 2};
  screen.connect();
  const auto got = screen.get("a");
  turn();
  EXPECT_EQ(screen.answered<proto::GetDone>(got).current->value, Value(1));
}

}  // namespace
}  // namespace hoiku::broker
