// Set and Get, and the committed state while a write is pending.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class CoreWriting : public CoreTest {
 protected:
  CoreWriting() {
    robot.connect();
    screen.connect();
  }
  proto::SetDone done(proto::RequestId id) { return robot.answered<proto::SetDone>(id); }

  FakeClient robot{*this, "robot", 1};
  FakeClient screen{*this, "screen", 2};
};

TEST_F(CoreWriting, ASetIsAcknowledgedWithItsVersionAndRevision) {
  const auto first = robot.set("a", 1);
  const auto second = robot.set("b", 1);
  const auto third = robot.set("a", 2);
  turn();
  EXPECT_EQ(done(first).version.number, 1u);
  EXPECT_EQ(done(first).revision, 1u);
  EXPECT_TRUE(done(first).changed);
  EXPECT_EQ(done(second).revision, 2u);
  EXPECT_EQ(done(third).version.number, 2u);
  EXPECT_EQ(done(third).version.epoch, done(first).version.epoch);
  EXPECT_NE(done(second).version.epoch, done(first).version.epoch);
}

TEST_F(CoreWriting, AnEqualSetIsATouch) {
  const auto first = robot.set("a", 1);
  turn();
  const auto touch = robot.set("a", 1);
  turn();
  EXPECT_FALSE(done(touch).changed);
  EXPECT_EQ(done(touch).version, done(first).version);
  EXPECT_EQ(done(touch).revision, done(first).revision);
  EXPECT_EQ(statistics().commits, 1u);
}

TEST_F(CoreWriting, ATransitionHasItsWriterAndItsTime) {
  proto::Set set;
  set.id = ++robot.last_id;
  set.topic = "a";
  set.value = Value(1);
  set.source_time = WallTime{3us};
  robot.send({set});
  turn();
  const auto get = screen.get("a");
  turn();
  const auto current = screen.answered<proto::GetDone>(get).current;
  EXPECT_EQ(current->writer, "robot");
  EXPECT_EQ(current->changed_at, at().wall);
  EXPECT_EQ(current->source_time, WallTime{3us});
}

TEST_F(CoreWriting, CompareAndSetConflictsNameTheCurrentVersion) {
  const auto first = robot.set("a", 1);
  turn();
  const auto good = robot.set("a", 2, done(first).version);
  const auto bad = robot.set("a", 3, done(first).version);
  turn();
  EXPECT_TRUE(done(good).changed);
  const auto failed = robot.answered<proto::Failed>(bad);
  EXPECT_EQ(failed.failure.code, ErrorCode::version_conflict);
  EXPECT_EQ(failed.current, done(good).version);
}

TEST_F(CoreWriting, CompareAndSetWithVersionZeroCreatesOnce) {
  const auto first = robot.set("a", 1, Version{0, 0});
  const auto second = robot.set("a", 2, Version{0, 0});
  turn();
  EXPECT_TRUE(done(first).changed);
  EXPECT_EQ(robot.failed(second), ErrorCode::version_conflict);
}

TEST_F(CoreWriting, TheNameOfAMessagesTypeIsLimitedAndIsShortInErrors) {
  const std::string longest(255, 'T');
  const std::string longer(256, 'T');
  const MessageBytes message{longer, ""};
  const auto set = robot.set("a", message);
  const auto commit = robot.commit({proto::TopicWrite{"a", message, {}, {}}});
  const auto own = robot.own("a", message);
  const auto declared = robot.declare_type("a", ValueType::message, longer);
  robot.send({proto::RegisterSchema{++robot.last_id, longer, ""}});
  const auto schema = robot.last_id;
  robot.send({proto::GetSchema{++robot.last_id, longer}});
  turn();
  for (const auto refused : {set, commit, own, declared, schema, robot.last_id})
    EXPECT_EQ(robot.failed(refused), ErrorCode::too_large);
  EXPECT_EQ(statistics().topics, 0u);

  robot.declare_type("a", ValueType::message, longest);
  const auto other = robot.set("a", MessageBytes{std::string(255, 'U'), ""});
  const auto declared_as_other = robot.declare_type("a", ValueType::message, std::string(255, 'U'));
  const auto waits = robot.wait("a", "value.x > 1");
  turn();
  for (const auto refused : {other, declared_as_other, waits}) {
    const std::string& message_text = robot.answered<proto::Failed>(refused).failure.message;
    EXPECT_THAT(message_text, testing::HasSubstr("TTT…'"));
    EXPECT_LT(message_text.size(), 400u);
  }
}

// Other programs would show replacement characters, and two values that look alike would differ.
TEST_F(CoreWriting, TextsThatAreNotUtf8AreRefused) {
  for (const char* text : {"\xFF", "caf\xE9", "\xED\xA0\x80", "cut off \xE2\x82"}) {
    SCOPED_TRACE(text);
    const MessageBytes message{text, ""};
    const auto set = robot.set("a", text);
    const auto commit = robot.commit({proto::TopicWrite{"b", 1, {}, {}}, proto::TopicWrite{"a", text, {}, {}}});
    const auto own = robot.own("a", text);
    const auto named = robot.set("a", message);
    const auto declared = robot.declare_type("a", ValueType::message, text);
    turn();
    for (const auto refused : {set, commit, own, named, declared})
      EXPECT_EQ(robot.failed(refused), ErrorCode::invalid_argument);
    EXPECT_EQ(statistics().topics, 0u);
  }
  const auto text = robot.set("a", "café 🤖");
  const auto bytes = robot.set("b", Bytes{"\xFF"});
  const auto message = robot.set("c", MessageBytes{"its.Pose", "\xFF"});
  turn();
  for (const auto taken : {text, bytes, message}) EXPECT_TRUE(done(taken).changed);
}

TEST_F(CoreWriting, BadSetsAreRefusedAndLeaveNothingBehind) {
  restart(limited([](Limits& limits) { limits.value_bytes_max = 100; }));
  robot.connect();
  const auto name = robot.set("a//b", 1);
  const auto wildcard = robot.set("a/*", 1);
  const auto reserved = robot.set("$hoiku/x", 1);
  const auto large = robot.set("a", std::string(101, 'x'));
  const auto message = robot.set("a", MessageBytes{std::string(50, 't'), std::string(51, 'x')});
  const auto version = robot.set("a", 1, Version{7, 7});
  const auto unset = robot.set("a", Value());
  turn();
  EXPECT_EQ(robot.failed(name), ErrorCode::invalid_topic);
  EXPECT_EQ(robot.failed(wildcard), ErrorCode::invalid_topic);
  EXPECT_EQ(robot.failed(reserved), ErrorCode::permission_denied);
  EXPECT_EQ(robot.failed(large), ErrorCode::too_large);
  EXPECT_EQ(robot.failed(message), ErrorCode::too_large);
  EXPECT_EQ(robot.failed(version), ErrorCode::version_conflict);
  EXPECT_FALSE(done(unset).changed);
  EXPECT_EQ(done(unset).version, Version{});
  EXPECT_EQ(statistics().topics, 0u);
  EXPECT_EQ(statistics().commits, 0u);
}

TEST_F(CoreWriting, TheNameOfAMessagesTypeCountsOnceAsAPartOfItsValue) {
  restart(limited([](Limits& limits) { limits.value_bytes_max = 100; }));
  robot.connect();
  const auto largest = robot.set("a", MessageBytes{std::string(50, 't'), std::string(50, 'x')});
  turn();
  EXPECT_TRUE(done(largest).changed);
}

TEST_F(CoreWriting, ReservedTopicsAreReadOnlyAlsoWhileTheyAreRead) {
  screen.subscribe({"$hoiku/x"});
  const auto set = robot.set("$hoiku/x", 1);
  turn();
  EXPECT_EQ(robot.failed(set), ErrorCode::permission_denied);
}

TEST_F(CoreWriting, AnErrorShortensALongName) {
  const auto set = robot.set(std::string(100'000, 'x'), 1);
  turn();
  EXPECT_LT(robot.answered<proto::Failed>(set).failure.message.size(), 500u);
}

TEST_F(CoreWriting, GetOfATopicThatIsNotSetIsVersionZero) {
  const auto get = robot.get("nobody/home");
  turn();
  const auto current = robot.answered<proto::GetDone>(get).current;
  EXPECT_EQ(current->topic, "nobody/home");
  EXPECT_EQ(current->version, Version{});
  EXPECT_TRUE(current->value.is_null());
  EXPECT_EQ(statistics().topics, 0u);
}

TEST_F(CoreWriting, GetOfABadNameIsRefused) {
  const auto get = robot.get("a/**");
  turn();
  EXPECT_EQ(robot.failed(get), ErrorCode::invalid_topic);
}

TEST_F(CoreWriting, AnUnsetTopicWithoutReadersIsRemovedAndItsVersionsContinue) {
  const auto first = robot.set("a", 1);
  robot.set("a", Value());
  turn();
  EXPECT_EQ(statistics().topics, 0u);
  const auto get = screen.get("a");
  turn();
  EXPECT_EQ(screen.answered<proto::GetDone>(get).current->version, version("a", 2));
  const auto again = robot.set("a", "another type");
  turn();
  EXPECT_EQ(done(again).version, (Version{done(first).version.epoch, 3}));
}

TEST_F(CoreWriting, AForgottenTopicBeginsANewEpoch) {
  restart(limited([](Limits& limits) { limits.removed_topics_max = 1; }));
  robot.connect();
  const auto first = robot.set("a", 1);
  robot.set("a", Value());
  robot.set("b", 1);
  robot.set("b", Value());
  turn();
  const auto unseen = robot.set("a", 2, Version{done(first).version.epoch, 2});
  const auto again = robot.set("a", "another type");
  turn();
  EXPECT_EQ(robot.failed(unseen), ErrorCode::version_conflict);
  EXPECT_EQ(done(again).version.number, 1u);
  EXPECT_NE(done(again).version.epoch, done(first).version.epoch);
}

TEST_F(CoreWriting, NoVersionIsOfAStateThatItsWriterHasNotSeen) {
  const auto first = robot.set("lock", "A");
  turn();
  const Version seen = done(first).version;
  robot.set("lock", Value());
  const auto other = robot.set("lock", "B");
  const auto stale = screen.set("lock", "C", seen);
  const auto unset = screen.set("lock", "C", Version{});
  turn();
  EXPECT_EQ(screen.failed(stale), ErrorCode::version_conflict);
  EXPECT_EQ(screen.failed(unset), ErrorCode::version_conflict);
  robot.set("lock", Value());
  const auto conflict = screen.set("lock", "C", done(other).version);
  const auto free = screen.set("lock", "C", Version{});
  turn();
  EXPECT_EQ(screen.failed(conflict), ErrorCode::version_conflict);
  EXPECT_EQ(screen.answered<proto::SetDone>(free).version.number, 5u);
}

TEST_F(CoreWriting, AnUnsetTopicWithReadersKeepsItsVersions) {
  const auto subscription = screen.subscribe({"a"});
  const auto first = robot.set("a", 1);
  robot.set("a", Value());
  turn();
  const auto again = robot.set("a", 2);
  turn();
  EXPECT_EQ(done(again).version, (Version{done(first).version.epoch, 3}));
  screen.unsubscribe(subscription);
  robot.set("a", Value());
  turn();
  EXPECT_EQ(statistics().topics, 0u);
}

// ---- Pending writes

TEST_F(CoreWriting, NoWriteIsCommittedOrAnsweredBeforeItIsInTheLog) {
  const auto subscription = screen.subscribe({"a"});
  const auto wait = screen.wait("a", "value == 1");
  turn();
  screen.take_deliveries(subscription);
  const auto set = robot.set("a", 1);
  const auto get = screen.get("a");
  const auto records = core->take_records();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].sequence, 1u);
  EXPECT_EQ(records[0].transitions[0]->topic(), "a");
  turn();
  EXPECT_FALSE(robot.has_answer(set));
  EXPECT_FALSE(screen.has_answer(wait));
  EXPECT_THAT(screen.take_deliveries(subscription), IsEmpty());
  EXPECT_EQ(screen.answered<proto::GetDone>(get).current->version.number, 0u);

  core->committed(1, at());
  turn();
  EXPECT_TRUE(robot.has_answer(set));
  EXPECT_TRUE(screen.has_answer(wait));
  EXPECT_THAT(screen.take_deliveries(subscription), ElementsAre(Pair("a", Value(1))));
}

TEST_F(CoreWriting, ATouchOfAPendingStateIsAnsweredWithItsCommit) {
  const auto first = robot.set("a", 1);
  const auto touch = screen.set("a", 1);
  const auto later = robot.set("b", 1);
  ASSERT_THAT(core->take_records(), SizeIs(2));
  turn();
  EXPECT_FALSE(screen.has_answer(touch));
  core->committed(1, at());
  turn();
  EXPECT_TRUE(robot.has_answer(first));
  EXPECT_FALSE(robot.has_answer(later));
  EXPECT_FALSE(screen.answered<proto::SetDone>(touch).changed);
  EXPECT_EQ(screen.answered<proto::SetDone>(touch).version, done(first).version);
}

TEST_F(CoreWriting, LaterWritesAreJudgedByThePendingState) {
  const auto first = robot.set("a", 1);
  const Version pending = core->take_records().front().transitions.front()->version();
  const auto second = screen.set("a", 2, pending);
  const auto conflict = screen.set("a", 3, pending);
  const auto mismatch = screen.set("a", "text");
  const auto records = core->take_records();
  ASSERT_THAT(records, SizeIs(1));
  turn();
  EXPECT_EQ(screen.failed(conflict), ErrorCode::version_conflict);
  EXPECT_EQ(screen.failed(mismatch), ErrorCode::type_mismatch);
  core->committed(2, at());
  turn();
  EXPECT_EQ(done(first).version.number, 1u);
  EXPECT_EQ(screen.answered<proto::SetDone>(second).version.number, 2u);
}

TEST_F(CoreWriting, APendingRecordOutlivesItsSession) {
  robot.set("a", 1);
  const auto records = core->take_records();
  robot.goodbye();
  turn();
  core->committed(1, at());
  const auto get = screen.get("a");
  turn();
  EXPECT_EQ(screen.answered<proto::GetDone>(get).current->value, Value(1));
}

TEST_F(CoreWriting, ATopicIsNotRemovedWhileAWriteIsPending) {
  robot.set("a", 1);
  robot.set("a", Value());
  robot.set("a", 2);
  const auto records = core->take_records();
  ASSERT_THAT(records, SizeIs(3));
  core->committed(2, at());
  EXPECT_EQ(statistics().topics, 1u);
  core->committed(3, at());
  const auto get = screen.get("a");
  turn();
  EXPECT_EQ(screen.answered<proto::GetDone>(get).current->version.number, 3u);
}

// ---- Limits

TEST_F(CoreWriting, TopicsAreLimited) {
  restart(limited([](Limits& limits) { limits.topics_max = 2; }));
  robot.connect();
  robot.set("a", 1);
  const auto wait = robot.wait("b", "");
  const auto set = robot.set("c", 1);
  const auto subscription = robot.subscribe({"d"});
  const auto other_wait = robot.wait("e", "");
  const auto again = robot.set("a", 2);
  turn();
  EXPECT_EQ(robot.failed(set), ErrorCode::limit_exceeded);
  EXPECT_EQ(robot.failed(subscription), ErrorCode::limit_exceeded);
  EXPECT_EQ(robot.failed(other_wait), ErrorCode::limit_exceeded);
  EXPECT_TRUE(done(again).changed);
  robot.cancel(wait);
  const auto now_free = robot.set("c", 1);
  turn();
  EXPECT_TRUE(done(now_free).changed);
}

TEST_F(CoreWriting, TheValuesOfAllTopicsTogetherAreLimitedAndReadsGoOn) {
  restart(limited([](Limits& limits) { limits.values_bytes_max = 100; }));
  robot.connect();
  const auto text = [](std::size_t bytes) { return std::string(bytes, 'x'); };
  robot.set("a", text(60));
  const auto too_much = robot.set("b", text(41));
  const auto fits = robot.set("b", text(40));
  const auto larger = robot.set("a", text(61));
  const auto smaller = robot.set("a", text(50));
  const auto both = robot.commit({{"a", text(70), {}, {}}, {"b", text(30), {}, {}}});
  const auto both_too_much = robot.commit({{"a", text(70), {}, {}}, {"b", text(31), {}, {}}});
  const auto get = robot.get("a");
  turn();
  EXPECT_EQ(robot.answered<proto::Failed>(too_much).failure.message,
            "with the value for topic 'b' all values and last wills together exceed the limit of 100 bytes");
  EXPECT_TRUE(done(fits).changed);
  EXPECT_EQ(robot.failed(larger), ErrorCode::limit_exceeded);
  EXPECT_TRUE(done(smaller).changed);
  EXPECT_EQ(robot.answered<proto::CommitDone>(both).written.size(), 2u);
  EXPECT_EQ(robot.failed(both_too_much), ErrorCode::limit_exceeded);
  EXPECT_EQ(robot.answered<proto::GetDone>(get).current->value, Value(text(70)));
  robot.set("a", Value());
  const auto free_again = robot.set("c", text(70));
  turn();
  EXPECT_TRUE(done(free_again).changed);
}

TEST_F(CoreWriting, RequestsInFlightAreLimited) {
  restart(limited([](Limits& limits) { limits.requests_in_flight_max = 10; }));
  robot.connect();
  robot.acknowledges = false;
  std::vector<proto::RequestId> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(robot.set("a", i));
  turn();
  EXPECT_TRUE(done(ids[9]).changed);
  EXPECT_EQ(robot.failed(ids[10]), ErrorCode::limit_exceeded);
  EXPECT_EQ(robot.failed(ids[11]), ErrorCode::limit_exceeded);
  robot.acknowledge();
  const auto after = robot.set("a", 99);
  turn();
  EXPECT_TRUE(done(after).changed);
}

TEST_F(CoreWriting, AClientThatNeverAcknowledgesAnswersLosesItsSession) {
  restart(limited([](Limits& limits) { limits.requests_in_flight_max = 10; }));
  robot.connect();
  robot.acknowledges = false;
  for (int i = 0; i < 30; ++i) robot.get("a"), turn();
  EXPECT_EQ(robot.fatal->code, ErrorCode::limit_exceeded);
  expect_nothing_left();
}

TEST_F(CoreWriting, AMistakeOfTheWriterIsReportedBeforeALimit) {
  restart(limited([](Limits& limits) { limits.values_bytes_max = 10; }));
  robot.connect();
  const auto first = robot.set("a", std::string(10, 'x'));
  turn();
  const Version known = done(first).version;
  robot.set("a", std::string(10, 'y'));
  const auto lost = robot.set("a", std::string(11, 'z'), known);
  const auto number = robot.commit({{"a", MessageBytes("Pose", std::string(11, 'z')), {}, {}}});
  const auto both = robot.commit({{"a", std::string(11, 'z'), {}, {}}, {"b", 1, {}, {}}});
  turn();
  EXPECT_EQ(robot.failed(lost), ErrorCode::version_conflict);
  EXPECT_EQ(robot.answered<proto::Failed>(lost).current->number, known.number + 1);
  EXPECT_EQ(robot.failed(number), ErrorCode::type_mismatch);
  EXPECT_EQ(robot.failed(both), ErrorCode::limit_exceeded);
  EXPECT_THAT(robot.answered<proto::Failed>(both).failure.message, testing::HasSubstr("'a'"));
}

// Otherwise the new topic would make a pattern fail that reads as many topics as it may.
TEST_F(CoreWriting, ARefusedWriteCreatesNoTopic) {
  restart(limited([](Limits& limits) {
    limits.values_bytes_max = 18;
    limits.slots_per_session_max = 1;
  }));
  robot.connect();
  robot.set("a", std::string(10, 'x'));
  const auto pattern = robot.subscribe({"*"});
  turn();
  const auto refused = robot.set("b", std::string(9, 'x'));
  const auto lost = robot.set("b", 1, Version{1, 1});
  turn();
  EXPECT_EQ(robot.failed(refused), ErrorCode::limit_exceeded);
  EXPECT_EQ(robot.failed(lost), ErrorCode::version_conflict);
  EXPECT_FALSE(robot.has_answer(pattern));
  robot.set("b", 1);
  turn();
  EXPECT_EQ(robot.failed(pattern), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace hoiku::broker
