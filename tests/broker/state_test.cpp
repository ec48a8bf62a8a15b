#include "broker/core/state.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hoiku/proto/change.hpp"
#include "hoiku/proto/size.hpp"

namespace hoiku::broker {
namespace {

const SharedText topic_name("robot/mood");
const SharedText usual_writer("brain");

StateParts parts(std::uint64_t number, const ValueView& value, const SharedText& writer = usual_writer) {
  StateParts made;
  made.topic = topic_name;
  made.version = {7, number};
  made.revision = 10 * number;
  made.value = value;
  made.changed_at = WallTime(std::chrono::microseconds(1000 * number));
  made.writer = writer;
  made.quality = Quality::stale;
  made.source_time = WallTime(std::chrono::microseconds(-5));
  return made;
}

std::vector<Value> values() {
  return {Value(),
          Value(true),
          Value(-7),
          Value(0.5),
          Value(""),
          Value("happy"),
          Value(Bytes("x")),
          Value(std::string(5000, 'x')),
          Value(Bytes()),
          Value(MessageBytes("its.Pose", "\x08\x01")),
          Value(MessageBytes())};
}

TEST(State, IsWhatItWasMadeOf) {
  for (const Value& value : values()) {
    const State state = State::make(parts(3, value), nullptr);
    EXPECT_EQ(state->topic(), "robot/mood");
    EXPECT_EQ(state->version(), (Version{7, 3}));
    EXPECT_EQ(state->revision(), 30u);
    EXPECT_EQ(state->view(), ValueView(value));
    EXPECT_EQ(state->value(), value);
    EXPECT_EQ(state->type(), value.type());
    EXPECT_EQ(state->is_unset(), value.is_null());
    EXPECT_EQ(state->payload_bytes(), value.payload_bytes());
    EXPECT_EQ(state->writer(), "brain");
    EXPECT_EQ(state->quality(), Quality::stale);
    EXPECT_EQ(state->source_time()->time_since_epoch().count(), -5);
    EXPECT_EQ(state->bound(), proto::size_of(*state->transition()).bound());
    EXPECT_EQ(state->transition()->value, value);
    EXPECT_EQ(state->transition()->changed_at, state->changed_at());
  }
  release_copies();
}

TEST(State, ItsChangeSaysHowItDiffersFromTheStateBefore) {
  const Value one(1);
  const Value two(2);
  const State first = State::make(parts(1, one), nullptr);
  const State second = State::make(parts(2, two), first);
  const State third = State::make(parts(3, one, SharedText("hand")), second);
  const auto change_of = [](const State& state) { return *proto::ChangeReader(state->change()).next(); };
  EXPECT_EQ(change_of(first).writer, "brain");  // there was none before
  EXPECT_EQ(change_of(second).revision_step, 10u);
  EXPECT_EQ(change_of(second).time_step, std::chrono::microseconds(1000));
  EXPECT_EQ(change_of(second).value, ValueView(two));
  EXPECT_EQ(change_of(second).quality, Quality::stale);
  EXPECT_FALSE(change_of(second).writer);
  EXPECT_EQ(change_of(third).writer, "hand");
}

TEST(State, ACopyOutlivesItsReleaseWhereItIsHeld) {
  const Value value("happy");
  const State state = State::make(parts(1, value), nullptr);
  const auto held = state->transition();
  EXPECT_EQ(held, state->transition());
  release_copies();
  EXPECT_EQ(held->value, value);
  EXPECT_NE(held, state->transition());
  release_copies();
}

TEST(State, ACopyKeepsItsStateUntilItIsReleased) {
  const Value value("happy");
  const Value* copy = nullptr;
  {
    const State state = State::make(parts(1, value), nullptr);
    copy = &state->value();
  }
  EXPECT_EQ(*copy, value);
  release_copies();
}

}  // namespace
}  // namespace hoiku::broker
