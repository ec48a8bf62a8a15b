// hoiku with messages of types that it was not compiled with.
#include <gmock/gmock.h>

#include <fstream>

#include "hoiku/hoiku.hpp"
#include "tests/proto/proto_text.hpp"
#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;

class InspectorOfMessages : public testing::Test {
 protected:
  // Registers the schema of its.Pose, as a robot does.
  void SetUp() override {
    const MessageSchema schema =
        test::schema_of("Pose", "enum Mode\nIDLE 0\nDRIVING 1\nend\nmessage Pose\ndouble x 1\nMode mode 2\nend");
    run([&]() -> Task<> {
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        Bus robot = co_await Bus::connect(nursery, endpoint_, client_name("robot"));
        const Topic<Value> pose = robot.topic_value("robot/pose");
        detail::register_schema(pose.core().bus(), schema);
        const MessageBytes first{"its.Pose", *schema.from_json(R"({"x":1.5})")};
        const Value value(first);
        co_await pose.set(value);
        const MessageBytes nobody_knows{"its.Secret", "\x08\x01"};
        const Value secret(nobody_knows);
        co_await robot.topic_value("robot/secret").set(secret);
      });
    });
  }
  std::vector<std::string> at_the_bus(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--endpoint", endpoint_});
    return arguments;
  }
  Ended hoiku(std::vector<std::string> arguments) const {
    return wire_tests::run_to_its_end(HOIKU_PATH, at_the_bus(std::move(arguments)));
  }

  Folder folder_;
  Program hoikud_{HOIKUD_PATH, {"--listen", "ipc://" + folder_.path("broker.sock")}};
  std::string endpoint_ = wire_tests::endpoint_of(hoikud_);
};

TEST_F(InspectorOfMessages, ShowsThemInJson) {
  EXPECT_EQ(hoiku({"get", "robot/pose"}).output, "{\"x\":1.5,\"mode\":\"IDLE\"}\n");
  EXPECT_THAT(
      hoiku({"get", "robot/pose", "--json"}).output,
      HasSubstr(R"("value":{"message":"its.Pose","value":{"x":1.5,"mode":"IDLE"}},"type":"message","version":"1@)"));
  const Ended all = hoiku({"ls"});
  EXPECT_THAT(all.output, HasSubstr(R"(robot/pose    {"x":1.5,"mode":"IDLE"}  message)"));
  EXPECT_THAT(all.output, HasSubstr("its.Secret{0801}"));
  EXPECT_EQ(all.error, "");
}

TEST_F(InspectorOfMessages, SetsThemFromJson) {
  const Ended set = hoiku({"set", "robot/pose", R"({"mode": "DRIVING", "x": 2})"});
  EXPECT_EQ(set.status, 0) << set.error;
  EXPECT_EQ(set.output, "robot/pose = {\"x\":2,\"mode\":\"DRIVING\"}  (version 2)\n");
  EXPECT_EQ(hoiku({"get", "robot/pose"}).output, "{\"x\":2,\"mode\":\"DRIVING\"}\n");
  const std::string path = folder_.path("pose.json");
  std::ofstream(path) << "{\"x\": 3}\n";
  EXPECT_EQ(hoiku({"set", "robot/goal", "@" + path, "--type", "message:its.Pose"}).output,
            "robot/goal = {\"x\":3,\"mode\":\"IDLE\"}  (version 1)\n");
  // For another topic the same text is a string.
  EXPECT_EQ(hoiku({"set", "note", R"({"x": 2})"}).output, "note = {\"x\": 2}  (version 1)\n");
}

TEST_F(InspectorOfMessages, SaysWhichFieldIsWrong) {
  const Ended unknown = hoiku({"set", "robot/pose", R"({"z": 2})"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.error, StartsWith("hoiku: the JSON is not a valid 'its.Pose': "));
  EXPECT_THAT(unknown.error, HasSubstr("z"));
  EXPECT_THAT(hoiku({"set", "robot/pose", R"({"x": "far"})"}).error, HasSubstr("x"));
  const Ended nobody = hoiku({"set", "robot/secret", R"({"x": 2})"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_THAT(nobody.error, HasSubstr("its.Secret"));
  const Ended condition = hoiku({"wait", "robot/pose", "value.z > 3"});
  EXPECT_EQ(condition.status, 2);
  EXPECT_THAT(condition.error, HasSubstr("its.Pose has no field 'z'; it has x, mode"));
}

TEST_F(InspectorOfMessages, WaitsAndWatchesByTheirFields) {
  Program waiting(HOIKU_PATH, at_the_bus({"wait", "robot/pose", "value.x > 3 && value.mode == DRIVING"}));
  Program watching(HOIKU_PATH, at_the_bus({"watch", "robot/pose", "--every"}));
  watching.wait_for_output("1.5");
  hoiku({"set", "robot/pose", R"({"x": 4})"});
  hoiku({"set", "robot/pose", R"({"x": 5, "mode": "DRIVING"})"});
  EXPECT_EQ(waiting.wait(), 0);
  EXPECT_EQ(waiting.standard_output(), "{\"x\":5,\"mode\":\"DRIVING\"}\n");
  EXPECT_THAT(watching.wait_for_output("version 3"), HasSubstr(R"({"x":4,"mode":"IDLE"} -> {"x":5,"mode":"DRIVING"})"));
}

}  // namespace
}  // namespace hoiku
