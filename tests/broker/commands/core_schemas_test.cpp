// Schemas of messages: registered, looked up, and used by predicates that name fields.
#include "hoiku/proto/schema.hpp"
#include "tests/broker/core_fixture.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku::broker {
namespace {

using test::files_of;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* pose_text = R"(
enum Mode
  IDLE 0
  DRIVING 1
end
message Pose
  double x 1
  double y 2
  Mode mode 3
  optional double speed 4
end
)";

class CoreSchemas : public CoreTest {
 protected:
  CoreSchemas() {
    robot.connect();
    screen.connect();
  }

  proto::RequestId put_pose(const std::string& text = pose_text) {
    robot.send({proto::RegisterSchema{++robot.last_id, "its.Pose", files_of(text)}});
    turn();
    return robot.last_id;
  }
  std::string files_known(const std::string& type) {
    screen.send({proto::GetSchema{++screen.last_id, type}});
    turn();
    return screen.answered<proto::SchemaDone>(screen.last_id).files;
  }
  static Value pose(const std::string& json) {
    static const MessageSchema schema = test::schema_of("Pose", pose_text);
    return Value(MessageBytes{"its.Pose", schema.from_json(json).value()});
  }
  void set(const Value& value) {
    robot.set("pose", value);
    turn();
  }
  std::string why_failed(const FakeClient& client, proto::RequestId id) {
    return client.answered<proto::Failed>(id).failure.message;
  }
  proto::RequestId wait(const std::string& predicate, std::chrono::nanoseconds hold = 0ns) {
    const auto id = screen.wait("pose", predicate, hold);
    turn();
    return id;
  }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
};

// ---- the registry

TEST_F(CoreSchemas, ARegisteredSchemaIsReturned) {
  EXPECT_EQ(files_known("its.Pose"), "");
  robot.answered<proto::Done>(put_pose());
  EXPECT_EQ(files_known("its.Pose"), files_of(pose_text));
  EXPECT_EQ(statistics().schemas, 1u);
  robot.answered<proto::Done>(put_pose());
  EXPECT_EQ(statistics().schemas, 1u);
}

TEST_F(CoreSchemas, InvalidSchemasAreRefused) {
  robot.send({proto::RegisterSchema{++robot.last_id, "its.Pose", "nonsense"}});
  turn();
  EXPECT_EQ(robot.failed(robot.last_id), ErrorCode::invalid_argument);
  robot.send({proto::RegisterSchema{++robot.last_id, "", ""}});
  turn();
  EXPECT_EQ(robot.failed(robot.last_id), ErrorCode::invalid_argument);
  EXPECT_EQ(files_known(""), "");
  EXPECT_EQ(statistics().schemas, 0u);
}

TEST_F(CoreSchemas, ANewerSchemaReplacesAnOlderOneAndNotViceVersa) {
  const std::string more = "message Pose\n double x 1\n double y 2\nend";
  const std::string less = "message Pose\n double x 1\nend";
  put_pose(less);
  put_pose(more);
  EXPECT_EQ(files_known("its.Pose"), files_of(more));
  robot.answered<proto::Done>(put_pose(less));
  EXPECT_EQ(files_known("its.Pose"), files_of(more));
}

TEST_F(CoreSchemas, RegisteringAnOldSchemaAgainRemovesNoField) {
  const std::string old = "message Pose\n double x 1\nend";
  const std::string newer = "message Pose\n double left 1\n double y 2\nend";
  const std::string newest = "message Pose\n double y 2\n double z 3\nend";
  for (const std::string& text : {old, newer, newest}) put_pose(text);
  for (const std::string& text : {old, newer}) {
    robot.answered<proto::Done>(put_pose(text));
    EXPECT_EQ(files_known("its.Pose"), files_of(newest));
  }
  const auto id = wait("value.y > 3");
  set(pose(R"({"y":4})"));
  EXPECT_EQ(screen.answered<proto::WaitDone>(id).match->value, pose(R"({"y":4})"));
}

TEST_F(CoreSchemas, AnIncompatibleSchemaIsRefusedAlsoMuchLater) {
  put_pose("message Pose\n double x 1\n double y 2\nend");
  put_pose("message Pose\n double x 1\n bool z 3\nend");
  const auto id = put_pose("message Pose\n double x 1\n string y 2\nend");
  EXPECT_EQ(robot.failed(id), ErrorCode::type_mismatch);
  EXPECT_THAT(why_failed(robot, id), AllOf(HasSubstr("its.Pose"), HasSubstr("field 2"), HasSubstr("'double'")));
  EXPECT_EQ(files_known("its.Pose"), files_of("message Pose\n double x 1\n bool z 3\nend"));
}

TEST_F(CoreSchemas, AreBounded) {
  restart(limited([](Limits& limits) {
    limits.schemas_max = 2;
    limits.schema_bytes_max = 500;
    limits.schemas_bytes_max = 20'000;
  }));
  robot.connect();
  const auto with_type = [&](const std::string& name, const std::string& fields = "") {
    robot.send(
        {proto::RegisterSchema{++robot.last_id, "its." + name, files_of("message " + name + "\n" + fields + "\nend")}});
    turn();
    return robot.last_id;
  };
  robot.answered<proto::Done>(with_type("A"));
  robot.answered<proto::Done>(with_type("B"));
  EXPECT_EQ(robot.failed(with_type("C")), ErrorCode::limit_exceeded);
  std::string many;
  for (int i = 1; i < 100; ++i) many += "int32 f" + std::to_string(i) + " " + std::to_string(i) + "\n";
  EXPECT_EQ(robot.failed(with_type("A", many)), ErrorCode::too_large);
  // Retired fields are remembered, so they count against the limit.
  ErrorCode refused{};
  for (int i = 1; i < 1000 && refused == ErrorCode{}; ++i) {
    const auto id = with_type("B", "int32 f" + std::to_string(i) + " " + std::to_string(i));
    if (std::holds_alternative<proto::Failed>(robot.answer(id))) refused = robot.failed(id);
  }
  EXPECT_EQ(refused, ErrorCode::limit_exceeded);
}

TEST_F(CoreSchemas, QueuedAnswersKeepNoSchemas) {
  std::string many = "message Pose\n";
  for (int i = 1; i < 5000; ++i)
    many += "int32 field_of_a_long_name_" + std::to_string(i) + " " + std::to_string(i) + "\n";
  robot.answered<proto::Done>(put_pose(many + "end"));
  screen.acknowledges = false;
  for (int i = 0; i < 100; ++i) screen.send({proto::GetSchema{++screen.last_id, "its.Pose"}});
  turn();
  EXPECT_LT(screen.frames.size(), 20u);  // as much as may be unacknowledged
  screen.acknowledges = true;
  while (!screen.has_answer(screen.last_id)) {
    screen.acknowledge();
    turn();
  }
  EXPECT_EQ(screen.answered<proto::SchemaDone>(screen.last_id).files.size(), files_of(many + "end").size());
}

TEST_F(CoreSchemas, ATopicHoldsMessagesOfOneTypeOnly) {
  set(pose("{}"));
  const auto id = robot.set("pose", Value(MessageBytes{"its.Other", ""}));
  turn();
  EXPECT_EQ(robot.failed(id), ErrorCode::type_mismatch);
}

// ---- predicates

TEST_F(CoreSchemas, AWaitIsDecidedByAField) {
  put_pose();
  set(pose(R"({"x":1})"));
  const auto id = wait("value.x > 3");
  set(pose(R"({"x":2,"y":5})"));
  EXPECT_FALSE(screen.has_answer(id));
  set(pose(R"({"x":4})"));
  EXPECT_EQ(screen.answered<proto::WaitDone>(id).match->value, pose(R"({"x":4})"));
  const auto at_once = wait("value.x == 4 && value.mode == IDLE");
  EXPECT_EQ(screen.answered<proto::WaitDone>(at_once).match->value, pose(R"({"x":4})"));
}

TEST_F(CoreSchemas, ATransitionIsDecidedByFieldsOfBothValues) {
  put_pose();
  set(pose(R"({"x":1,"mode":"IDLE"})"));
  const auto far = screen.wait_transition("pose", "abs(value.x - old_value.x) > 0.5");
  const auto start = screen.wait_transition("pose", "value.mode == DRIVING && old_value.mode == \"IDLE\"");
  turn();
  set(pose(R"({"x":1.25})"));
  EXPECT_FALSE(screen.has_answer(far));
  set(pose(R"({"x":1.25,"mode":"DRIVING"})"));
  EXPECT_TRUE(screen.has_answer(start));
  set(pose(R"({"x":3})"));
  EXPECT_EQ(screen.answered<proto::TransitionDone>(far).match->version.number, 4u);
  const auto past = screen.wait_transition("pose", "value.x == 1.25", version("pose", 1));
  turn();
  EXPECT_EQ(screen.answered<proto::TransitionDone>(past).match->version.number, 2u);
}

TEST_F(CoreSchemas, AHoldOverAFieldIgnoresOtherFields) {
  put_pose();
  set(pose(R"({"x":4})"));
  const auto id = wait("value.x > 3", 1s);
  advance_by_deadlines(500ms);
  set(pose(R"({"x":5})"));
  advance_by_deadlines(499ms);
  EXPECT_FALSE(screen.has_answer(id));
  advance_by_deadlines(1ms);
  EXPECT_EQ(screen.answered<proto::WaitDone>(id).match->value, pose(R"({"x":5})"));
}

TEST_F(CoreSchemas, EqualPredicatesAreOne) {
  put_pose();
  set(pose("{}"));
  for (const char* predicate : {"value.x > 3", "3 < value.x", "value.x > 3.0"}) wait(predicate);
  EXPECT_EQ(statistics().predicates, 1u);
}

TEST_F(CoreSchemas, WithoutASchemaThereAreNoFields) {
  set(pose("{}"));
  const auto id = wait("value.x > 3");
  EXPECT_EQ(screen.failed(id), ErrorCode::invalid_predicate);
  EXPECT_THAT(why_failed(screen, id), AllOf(HasSubstr("its.Pose"), HasSubstr("registered")));
  const auto change = screen.wait_transition("pose", "value.x > 3");
  turn();
  EXPECT_EQ(screen.failed(change), ErrorCode::invalid_predicate);
}

TEST_F(CoreSchemas, AWaitIsCheckedWhenTheTopicsTypeIsKnown) {
  put_pose();
  const auto good = wait("value.x > 3");
  const auto wrong = wait("value.z > 3");
  const auto other = wait("value > 3");
  EXPECT_FALSE(screen.has_answer(wrong));
  set(pose(R"({"x":4})"));
  EXPECT_TRUE(std::holds_alternative<proto::WaitDone>(screen.answer(good)));
  EXPECT_THAT(why_failed(screen, wrong), HasSubstr("its.Pose has no field 'z'; it has x, y, mode, speed"));
  EXPECT_EQ(screen.failed(other), ErrorCode::type_mismatch);
}

TEST_F(CoreSchemas, AWaitFailsWhenTheTypeIsKnownWithoutASchema) {
  const auto id = wait("value.x > 3");
  set(pose(R"({"x":4})"));
  EXPECT_EQ(screen.failed(id), ErrorCode::invalid_predicate);
  EXPECT_THAT(why_failed(screen, id), HasSubstr("its.Pose"));
}

TEST_F(CoreSchemas, AWaitKeepsItsMeaningWhenTheSchemaIsReplaced) {
  put_pose("message Pose\n double x 1\n double y 2\nend");
  set(pose("{}"));
  const auto before = wait("value.x > 3");
  put_pose("message Pose\n double y 1\n double x 2\nend");
  const auto after = wait("value.x > 3");
  set(pose(R"({"x":4})"));  // by its number
  EXPECT_TRUE(screen.has_answer(before));
  EXPECT_FALSE(screen.has_answer(after));
  set(pose(R"({"y":4})"));
  EXPECT_TRUE(screen.has_answer(after));
}

// The declaration gives the topic no type, so the predicate cannot be resolved yet.
TEST_F(CoreSchemas, ADeclarationWithoutATypeResolvesNoWait) {
  const auto id = wait("value.x > 3");
  robot.declare("pose", 1s);
  turn();
  put_pose();
  set(pose(R"({"x":4})"));
  EXPECT_TRUE(screen.has_answer(id));
}

class CoreSchemaFilters : public CoreSchemas {
 protected:
  proto::RequestId read(const std::string& pattern, const std::string& filter) {
    proto::Subscribe command;
    command.topics = {pattern};
    command.filter = *Predicate::parse(filter);
    const auto id = screen.subscribe(command);
    turn();
    return id;
  }
};

TEST_F(CoreSchemaFilters, AFilterThatBeginsAfterTheSchemaDoesNotShareEarlierResults) {
  read("**", "value.x > 3");
  set(pose(R"({"x":5})"));
  put_pose();
  const auto pattern = read("**", "value.x > 3");
  const auto plain = read("pose", "value.x > 3");
  EXPECT_EQ(screen.take_deliveries(pattern).size(), 1u);
  EXPECT_EQ(screen.take_deliveries(plain).size(), 1u);
}

TEST_F(CoreSchemaFilters, AFilterKeepsItsMeaningWhenTheSchemaIsReplaced) {
  put_pose("message Pose\n double x 1\n double y 2\nend");
  set(pose("{}"));
  const auto before = read("pose", "value.x > 3");
  put_pose("message Pose\n double y 1\n double x 2\nend");
  const auto after = read("pose", "value.x > 3");
  set(pose(R"({"x":4})"));  // by its number
  EXPECT_EQ(screen.take_deliveries(before).size(), 1u);
  EXPECT_EQ(screen.take_deliveries(after).size(), 0u);
  set(pose(R"({"y":4})"));
  EXPECT_EQ(screen.take_deliveries(before).size(), 0u);
  EXPECT_EQ(screen.take_deliveries(after).size(), 1u);
}

// A test reads the whole message for a field, so a turn tests fewer large messages.
TEST_F(CoreSchemas, ASearchAmongLargeMessagesTakesSeveralTurns) {
  restart(limited([](Limits& limits) { limits.turn_steps_max = 10; }));
  robot.connect();
  screen.connect();
  put_pose("message Pose\n double x 1\n string name 5\nend");
  const MessageSchema large = test::schema_of("Pose", "message Pose\n double x 1\n string name 5\nend");
  for (int i = 1; i <= 5; ++i) {
    set(Value(MessageBytes{"its.Pose", *large.from_json("{\"x\":" + std::to_string(i) + ",\"name\":\"" +
                                                        std::string(1000, 'n') + "\"}")}));
  }
  advance(1ms);
  const auto wait = screen.wait_transition("pose", "value.x > 4", version("pose", 1));
  turn();
  EXPECT_FALSE(screen.has_answer(wait));
  for (int i = 0; i < 5; ++i) advance(1ms);
  EXPECT_TRUE(screen.has_answer(wait));
}

TEST_F(CoreSchemas, BytesThatAreNotAMessageMatchNothing) {
  put_pose();
  set(pose("{}"));
  const auto id = wait("value.x < 3 && value.y != 0");
  set(Value(MessageBytes{"its.Pose", "\xff\xff\xff"}));
  EXPECT_FALSE(screen.has_answer(id));
  set(pose(R"({"y":1})"));
  EXPECT_TRUE(screen.has_answer(id));
}

TEST_F(CoreSchemas, LeaveNothingElseBehind) {
  put_pose();
  set(pose("{}"));
  wait("value.x > 3");
  set(Value());
  robot.goodbye();
  screen.goodbye();
  turn();
  expect_nothing_left();
}

// ---- filters

TEST_F(CoreSchemas, AFilterMayNameFields) {
  put_pose();
  proto::Subscribe fast;
  fast.topics = {"**"};
  fast.filter = Predicate::parse("value.x > 3 && value.mode == \"DRIVING\"").value();
  const auto reader = screen.subscribe(fast);
  turn();
  for (const char* json : {R"({"x": 5})", R"({"x": 5, "mode": "DRIVING"})", R"({"x": 1, "mode": "DRIVING"})"})
    set(pose(json));
  robot.set("text", "no message");
  turn();
  const auto taken = screen.take_deliveries(reader);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].second, pose(R"({"x": 5, "mode": "DRIVING"})"));
}

TEST_F(CoreSchemas, AFilterOverFieldsPassesNothingUntilTheSchemaIsRegistered) {
  proto::Subscribe fast;
  fast.topics = {"**"};
  fast.filter = Predicate::parse("value.x > 3").value();
  const auto reader = screen.subscribe(fast);
  turn();
  set(pose(R"({"x": 5})"));
  EXPECT_TRUE(screen.take_deliveries(reader).empty());
  put_pose();
  set(pose(R"({"x": 6})"));
  EXPECT_EQ(screen.take_deliveries(reader).size(), 1u);
}

TEST_F(CoreSchemas, AFilterOverUnknownFieldsIsRefused) {
  put_pose();
  set(pose(R"({"x": 5})"));
  proto::Subscribe wrong;
  wrong.topics = {"pose"};
  wrong.filter = Predicate::parse("value.z > 3").value();
  const auto reader = screen.subscribe(wrong);
  turn();
  EXPECT_EQ(screen.failed(reader), ErrorCode::invalid_predicate);
  EXPECT_THAT(why_failed(screen, reader), HasSubstr("has no field 'z'"));
}

}  // namespace
}  // namespace hoiku::broker
