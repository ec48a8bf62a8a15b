#include "cli/messages.hpp"

#include <gmock/gmock.h>

#include "cli/output.hpp"
#include "cli/table.hpp"
#include "hoiku/client/errors.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku::cli {
namespace {

using testing::HasSubstr;

Messages with_point() {
  Messages messages;
  messages.add("its.Point", test::schema_of("Point", "message Point\n double x 1\n string name 2\nend"));
  messages.add("its.Unknown", std::nullopt);
  return messages;
}

TEST(Messages, AreShownInJsonWhereTheirTypeIsKnown) {
  const Messages messages = with_point();
  const Value point = messages.read("its.Point", R"({"x": 1.5, "name": "ä"})");
  EXPECT_EQ(messages.text(point), R"({"x":1.5,"name":"ä"})");
  EXPECT_EQ(messages.json(point), R"({"message":"its.Point","value":{"x":1.5,"name":"ä"}})");
}

TEST(Messages, DoNotSpeakToTheTerminal) {
  const Messages messages = with_point();
  const Value point = messages.read("its.Point", R"({"name": "\u009b\u061c\u2066\u202e❤"})");
  EXPECT_EQ(messages.json(point), R"({"message":"its.Point","value":{"x":0,"name":"\u009b\u061c\u2066\u202e❤"}})");
}

TEST(Messages, AreShownAsBytesOtherwise) {
  const Messages messages = with_point();
  for (const Value& value :
       {Value(MessageBytes{"its.Unknown", "\x08\x01"}), Value(MessageBytes{"its.Other", "\x08\x01"}),
        Value(MessageBytes{"its.Point", "\xff"}), Value("{}"), Value(3), Value()}) {
    EXPECT_EQ(messages.text(value), to_display_string(value));
    EXPECT_EQ(messages.json(value), to_json(value));
  }
}

TEST(Messages, AreReadByTheirFields) {
  const Messages messages = with_point();
  const auto why_not = [&](const std::string& type, const std::string& json) {
    try {
      (void)messages.read(type, json);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(why_not("its.Point", R"({"z": 1})"), HasSubstr("z"));
  EXPECT_THAT(why_not("its.Point", R"({"x": "far"})"), HasSubstr("x"));
  EXPECT_THAT(why_not("its.Unknown", "{}"), HasSubstr("its.Unknown"));
  EXPECT_THAT(why_not("its.Other", "{}"), HasSubstr("its.Other"));
}

TEST(Messages, StandInEveryKindOfOutput) {
  const Messages messages = with_point();
  auto state = std::make_shared<Transition>();
  state->topic = "p";
  state->value = messages.read("its.Point", R"({"x": 1})");
  state->version = Version{9, 1};
  const std::string json = R"("value":{"message":"its.Point","value":{"x":1,"name":""}})";
  EXPECT_EQ(value_line(*state, {}, messages), R"({"x":1,"name":""})");
  EXPECT_THAT(value_line(*state, {true, {}}, messages), HasSubstr(json));
  EXPECT_EQ(set_line("p", state->value, state->version, {}, messages), R"(p = {"x":1,"name":""}  (version 1))");
  EXPECT_THAT(set_line("p", state->value, state->version, {true, {}}, messages), HasSubstr(json));
  EXPECT_THAT(topic_line(TopicInfo{state, 0}, messages), HasSubstr(json));
  TopicTable table({});
  EXPECT_THAT(table.line(table.cells(TopicInfo{state, 0}, WallTime{}, messages)),
              HasSubstr(R"(p      {"x":1,"name":""}  message)"));
  AnyTransition transition;
  transition.topic = "p";
  transition.value = state->value;
  EXPECT_THAT(transition_line(transition, {}, messages), HasSubstr(R"((unset) -> {"x":1,"name":""})"));
  EXPECT_THAT(transition_line(transition, {true, {}}, messages), HasSubstr(json));
}

}  // namespace
}  // namespace hoiku::cli
