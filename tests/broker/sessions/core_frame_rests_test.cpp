// Frames with more work than one session may cause in a turn: executed in pieces, while the others have their turn.
#include <random>

#include "broker/core/input_budget.hpp"
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

using proto::Mode;
using testing::ElementsAre;

// A frame executes one command when it arrives, and two in each later turn, as long as no other session is behind.
class CoreFrameRests : public RobotAndScreenTest {
 protected:
  CoreFrameRests() {
    start(limited([](Limits& limits) { limits.turn_input_steps_max = 2 * steps_of_command; }));
  }
  proto::Set set_of(FakeClient& client, const std::string& topic, Value value, bool is_post = false) {
    return proto::Set{++client.last_id, topic, std::move(value), {}, {}, is_post};
  }
  // One frame that sets the topic to the numbers 1 to `count`.
  void send_sets(FakeClient& client, const std::string& topic, int count, bool is_post = false) {
    std::vector<proto::Command> commands;
    for (int i = 1; i <= count; ++i) commands.push_back(set_of(client, topic, i, is_post));
    client.send(std::move(commands));
  }
  void next_turn() {
    core->search(at());
    turn();
  }
  int turns_until_nobody_is_behind() {
    int turns = 0;
    for (; core->is_behind(); ++turns) next_turn();
    return turns;
  }
  Value value_of(const std::string& topic) {
    const auto got = screen->get(topic);
    turn();
    const auto& current = screen->answered<proto::GetDone>(got).current;
    return current ? current->value : Value();
  }
  // The numbers that the reader was sent.
  std::vector<int> values(proto::RequestId subscription) {
    std::vector<int> all;
    for (const auto& [topic, value] : screen->take_deliveries(subscription)) {
      if (const auto* number = value.get_if<std::int64_t>()) all.push_back(static_cast<int>(*number));
    }
    return all;
  }
};

TEST_F(CoreFrameRests, CommandsAreExecutedInOrderAndOthersInBetween) {
  const auto all = screen->subscribe({"a"}, {}, Mode::every);
  turn();
  send_sets(*robot, "a", 6);
  EXPECT_TRUE(core->is_behind(robot->peer));
  EXPECT_FALSE(core->is_behind(screen->peer));
  EXPECT_EQ(value_of("a"), Value(1));
  next_turn();
  EXPECT_EQ(value_of("a"), Value(3));
  const auto other = screen->set("b", 7);
  turn();
  EXPECT_TRUE(screen->has_answer(other));
  EXPECT_EQ(turns_until_nobody_is_behind(), 2);
  EXPECT_FALSE(core->is_behind(robot->peer));
  EXPECT_THAT(values(all), ElementsAre(1, 2, 3, 4, 5, 6));
  for (proto::RequestId id = 1; id <= 6; ++id) EXPECT_EQ(robot->answered<proto::SetDone>(id).version.number, id);
}

TEST_F(CoreFrameRests, PackedWritesAreExecutedInPieces) {
  const auto all = screen->subscribe({"a"}, {}, Mode::every);
  turn();
  proto::Sets sets;
  sets.id = robot->last_id + 1;
  sets.names = {{1, "a"}};
  for (int i = 1; i <= 6; ++i) sets.add(1, Value(i));
  robot->last_id += 6;
  robot->send({sets, set_of(*robot, "b", 1)});
  EXPECT_TRUE(core->is_behind(robot->peer));
  EXPECT_EQ(value_of("a"), Value(1));
  next_turn();
  EXPECT_EQ(value_of("a"), Value(3));
  turns_until_nobody_is_behind();
  EXPECT_THAT(values(all), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(value_of("b"), Value(1));
}

TEST_F(CoreFrameRests, AFrameIsAcknowledgedAtOnceAndSettledWhenItIsExecuted) {
  send_sets(*robot, "a", 6, true);
  turn();
  EXPECT_EQ(robot->acknowledged_by_broker, 1u);
  EXPECT_EQ(robot->settled, 0u);
  next_turn();
  EXPECT_EQ(robot->settled, 0u);
  turns_until_nobody_is_behind();
  EXPECT_EQ(robot->settled, 1u);
}

TEST_F(CoreFrameRests, AnotherFrameOfTheSessionFindsTheFirstExecuted) {
  const auto all = screen->subscribe({"a"}, {}, Mode::every);
  turn();
  send_sets(*robot, "a", 6);
  robot->acknowledge();
  EXPECT_TRUE(core->is_behind(robot->peer)) << "a frame without commands waits for nothing";
  robot->set("a", 7);
  turn();
  EXPECT_THAT(values(all), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_FALSE(core->is_behind(robot->peer));
  EXPECT_EQ(turns_until_nobody_is_behind(), 0);
}

TEST_F(CoreFrameRests, ACutConnectionLosesNothingAndRepeatsNothing) {
  send_sets(*robot, "a", 6);
  next_turn();
  robot->cut();
  next_turn();
  robot->connect();
  EXPECT_TRUE(robot->welcome->resumed);
  EXPECT_EQ(robot->acknowledged_by_broker, 1u);
  turns_until_nobody_is_behind();
  const auto got = screen->get("a");
  turn();
  EXPECT_EQ(screen->answered<proto::GetDone>(got).current->version.number, 6u);
  EXPECT_EQ(screen->answered<proto::GetDone>(got).current->value, Value(6));
  EXPECT_EQ(robot->answered<proto::SetDone>(6).version.number, 6u);
}

TEST_F(CoreFrameRests, AGoodbyeAtTheEndIsExecutedLastAndSettlesAll) {
  std::vector<proto::Command> commands;
  for (int i = 1; i <= 4; ++i) commands.push_back(set_of(*robot, "a", i, true));
  commands.emplace_back(proto::Goodbye());
  robot->send(std::move(commands));
  turn();
  EXPECT_EQ(statistics().sessions, 2u);
  turns_until_nobody_is_behind();
  EXPECT_EQ(statistics().sessions, 1u);
  EXPECT_EQ(value_of("a"), Value(4));
  EXPECT_EQ(robot->frames.back()->acknowledged, 1u);
}

TEST_F(CoreFrameRests, ASessionThatIsBehindIsNotSilent) {
  robot->cut();
  robot->connect(200ms);
  send_sets(*robot, "a", 6);
  advance(300ms);
  EXPECT_EQ(statistics().sessions, 2u);
  turns_until_nobody_is_behind();
  EXPECT_EQ(value_of("a"), Value(6));
  advance(300ms);
  EXPECT_EQ(statistics().sessions, 1u);
}

TEST_F(CoreFrameRests, SessionsThatAreBehindShareATurn) {
  send_sets(*robot, "a", 5);
  send_sets(*screen, "b", 5);
  turn();
  next_turn();
  EXPECT_EQ(robot->answers.size(), 2u);
  EXPECT_EQ(screen->answers.size(), 2u);
  next_turn();
  EXPECT_EQ(robot->answers.size(), 3u);
  EXPECT_EQ(screen->answers.size(), 3u);
}

// Work that waits for its commit is the writer's as well.
TEST_F(CoreFrameRests, ReadersOfATopicMakeThePiecesOfItsWritersSmaller) {
  start(limited([](Limits& limits) { limits.turn_input_steps_max = 8 * steps_of_command; }));
  for (std::size_t i = 0; i < 6 * steps_of_command; ++i) screen->subscribe({"a"});
  turn();
  send_sets(*robot, "a", 9);
  EXPECT_EQ(turns_until_nobody_is_behind(), 4);
  send_sets(*robot, "b", 9);
  EXPECT_EQ(turns_until_nobody_is_behind(), 1);
}

TEST_F(CoreFrameRests, ATurnHasOneBudgetForAllItsFrames) {
  start(limited([](Limits& limits) { limits.turn_input_steps_max = 3 * steps_of_command; }));
  for (int i = 0; i < 2; ++i) robot->set("a", i);
  EXPECT_TRUE(core->has_input_budget());
  robot->set("a", 2);
  EXPECT_FALSE(core->has_input_budget());
  core->search(at());
  EXPECT_TRUE(core->has_input_budget());
}

// An error ends the session in the middle of a frame.
TEST_F(CoreFrameRests, ASessionThatEndsInAFrameSettlesTheFramesBefore) {
  start(limited([](Limits& limits) { limits.requests_in_flight_max = 2; }));
  robot->acknowledges = false;
  robot->post("a", 0);
  turn();
  std::vector<proto::Command> commands;
  for (int i = 1; i <= 6; ++i) commands.push_back(set_of(*robot, "a", i));
  commands.push_back(set_of(*robot, "a", 7, true));
  robot->send(std::move(commands));
  turn();
  ASSERT_TRUE(robot->fatal);
  EXPECT_EQ(robot->fatal->code, ErrorCode::limit_exceeded);
  EXPECT_EQ(robot->settled, 1u) << "the post in the frame was not executed";
}

// What a random frame does is the same in pieces. (A wait is not: it sees which writes of its frame are committed.)
class FramesInPieces : public CoreTest {
 protected:
  struct Told {
    std::map<proto::RequestId, std::string> answers;
    std::map<std::pair<std::uint64_t, std::string>, std::string> transitions;
  };

  std::vector<proto::Command> random_commands(FakeClient& client) {
    std::vector<proto::Command> commands;
    for (auto left = below(12); left > 0; --left) commands.push_back(random_command(client));
    return commands;
  }
  proto::Command random_command(FakeClient& client) {
    const proto::RequestId id = ++client.last_id;
    switch (below(7)) {
      case 0:
        return proto::Get{id, topic()};
      case 1: {
        proto::Commit commit{id, {}};
        for (const char* name : {"a", "b", "c"}) commit.writes.push_back({name, value(), {}, {}});
        return commit;
      }
      case 2:
        return proto::Own{id, topic(), value(), true, {}};
      case 3:
        return proto::Release{id, id - 1 - below(5)};
      case 4: {
        proto::Sets sets;
        sets.id = id;
        sets.names = {{1, topic()}, {2, topic()}};
        sets.is_post = below(2) == 0;
        for (auto left = below(7); left > 0; --left) sets.add(static_cast<std::uint32_t>(1 + below(3)), value());
        if (sets.size() > 0) client.last_id += sets.size() - 1;
        return sets;
      }
      default:
        return proto::Set{id, topic(),      value(), below(4) == 0 ? std::optional(Version{}) : std::nullopt,
                          {}, below(3) == 0};
    }
  }
  std::string topic() { return std::string(1, static_cast<char>('a' + below(4))); }
  Value value() { return below(5) == 0 ? Value() : Value(static_cast<std::int64_t>(below(9))); }
  std::uint64_t below(std::uint64_t end) { return dice() % end; }

  Told history(std::uint64_t seed, std::size_t turn_input_steps_max) {
    dice.seed(seed);
    now = TimePoint(1h);
    by_peer.clear();
    restart(limited([&](Limits& limits) { limits.turn_input_steps_max = turn_input_steps_max; }));
    FakeClient robot(*this, "robot", 1);
    FakeClient screen(*this, "screen", 2);
    robot.connect();
    screen.connect();
    screen.subscribe({"**"}, {}, Mode::every);
    turn();
    for (int frame = 0; frame < 20; ++frame) {
      robot.send(random_commands(robot));
      do {
        core->search(at());
        turn();
      } while (core->is_behind());
      now += 1ms;
    }
    robot.goodbye();
    do {
      core->search(at());
      turn();
    } while (core->is_behind());
    Told told;
    for (const auto& [id, answer] : robot.answers) told.answers[id] = text_of(answer);
    for (const auto& delivery : screen.deliveries) {
      const Transition& seen = *delivery.transition;
      // A frame of the broker has those of one topic together.
      told.transitions[{seen.revision, seen.topic}] = std::to_string(seen.version.number) + " " + text_of(seen.value);
    }
    return told;
  }
  static std::string text_of(const Value& value) {
    const auto* number = value.get_if<std::int64_t>();
    return number == nullptr ? "null" : std::to_string(*number);
  }
  static std::string text_of(const proto::Answer& answer) {
    std::string text = std::to_string(answer.index());
    if (const auto* done = std::get_if<proto::SetDone>(&answer))
      text += " " + std::to_string(done->version.number) + " " + std::to_string(done->revision);
    if (const auto* failed = std::get_if<proto::Failed>(&answer)) text += " " + failed->failure.message;
    return text;
  }

  std::mt19937_64 dice;
};

TEST_F(FramesInPieces, AreWhatTheyAreInOnePiece) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Told whole = history(seed, Limits{}.turn_input_steps_max);
    ASSERT_FALSE(whole.transitions.empty());
    for (const std::size_t steps : {1u, 70u, 300u}) {
      const Told pieces = history(seed, steps);
      ASSERT_EQ(pieces.transitions, whole.transitions);
      for (const auto& [id, answer] : whole.answers) {
        const auto same = pieces.answers.find(id);
        ASSERT_TRUE(same != pieces.answers.end() && same->second == answer)
            << "#" << id << ": " << answer << ", but in pieces "
            << (same == pieces.answers.end() ? "none" : same->second);
      }
      ASSERT_EQ(pieces.answers.size(), whole.answers.size());
    }
  }
}

}  // namespace
}  // namespace hoiku::broker
