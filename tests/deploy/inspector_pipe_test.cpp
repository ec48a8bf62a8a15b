// hoiku between other programs: standard input and output that are closed, full or gone.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;

// Runs a line of bash, in which "$0" is the program.
Ended shell(const std::string& line, const std::string& program, const std::string& endpoint = {}) {
  return wire_tests::run_to_its_end("/usr/bin/env", {"HOIKU_ENDPOINT=" + endpoint, "bash", "-c", line, program});
}

class InspectorInAPipe : public testing::Test {
 protected:
  Ended hoiku(const std::string& line) const { return shell(line, HOIKU_PATH, endpoint_); }

  Folder folder_;
  Program hoikud_{HOIKUD_PATH, {"--listen", "ipc://" + folder_.path("broker.sock"), "--log-level", "debug"}};
  std::string endpoint_ = wire_tests::endpoint_of(hoikud_);
};

TEST_F(InspectorInAPipe, OutputThatCannotBeWrittenIsAFailure) {
  ASSERT_EQ(hoiku("\"$0\" set a/b 1").status, 0);
  for (const char* verb : {"get a/b", "get a/b --json", "get a/b --raw", "wait a/b", "ls", "ls --json", "ls --names",
                           "watch a/b", "ping", "completion bash", "--help", "--version", "set --help"}) {
    for (const char* nowhere : {">/dev/full", ">&-"}) {
      const Ended ended = hoiku(std::string("\"$0\" ") + verb + " " + nowhere);
      EXPECT_EQ(ended.status, 1) << verb << nowhere;
      EXPECT_THAT(ended.error, StartsWith("hoiku: cannot write: ")) << verb << nowhere;
    }
  }
  const Ended set = hoiku("\"$0\" set a/b 2 >/dev/full");
  EXPECT_EQ(set.status, 1);
  EXPECT_EQ(set.error, "hoiku: cannot write: No space left on device; the topic is set\n");
  EXPECT_EQ(hoiku("\"$0\" get a/b").output, "2\n");
}

TEST(Programs, OutputThatCannotBeWrittenIsAFailure) {
  for (const char* program : {HOIKUD_PATH, BRAIN_PATH, SWARM_PATH, SOCKET_SENSOR_PATH}) {
    const Ended ended = shell("\"$0\" --help >/dev/full", program);
    EXPECT_EQ(ended.status, 1) << program;
    EXPECT_THAT(ended.error, HasSubstr("cannot write: No space left on device")) << program;
  }
  EXPECT_EQ(shell("\"$0\" --print-config >/dev/full", HOIKUD_PATH).status, 1);
}

TEST(Programs, AnEmptyArgumentIsNotOneThatWasLeftOut) {
  for (const auto& [line, program] : {std::pair{"\"$0\" --config ''", HOIKUD_PATH},
                                      {"\"$0\" --listen ''", HOIKUD_PATH},
                                      {"\"$0\" --socket-group ''", HOIKUD_PATH},
                                      {"\"$0\" --log-level ''", HOIKUD_PATH},
                                      {"\"$0\" --for ''", SWARM_PATH},
                                      {"\"$0\" --replay ''", SOCKET_SENSOR_PATH}}) {
    EXPECT_EQ(shell(line, program).status, 2) << line;
  }
}

TEST_F(InspectorInAPipe, WatchEndsWithTheReaderOfItsPipe) {
  ASSERT_EQ(hoiku("\"$0\" set a/b 1").status, 0);
  // No transition follows: only the pipe can tell.
  const Ended watch = hoiku("\"$0\" watch 'a/**' | head -1; echo \"${PIPESTATUS[0]}\"");
  EXPECT_THAT(watch.output, HasSubstr("(version 1)\n141\n"));
  EXPECT_EQ(watch.error, "");
  hoikud_.wait_for_line("detail=goodbye");
  EXPECT_EQ(hoiku("\"$0\" wait a/b 'value > 1' | true; echo \"${PIPESTATUS[0]}\"").output, "141\n");
  // Whoever ignores SIGPIPE is told.
  const Ended ignoring = hoiku("trap '' PIPE; \"$0\" watch 'a/**' | head -1; echo \"${PIPESTATUS[0]}\"");
  EXPECT_THAT(ignoring.output, HasSubstr("(version 1)\n1\n"));
  EXPECT_EQ(ignoring.error, "hoiku: cannot write: Broken pipe\n");
}

// The loop goes on while a reader takes nothing: the session lives, and a signal ends it.
TEST_F(InspectorInAPipe, AStoppedReaderDoesNotStopTheProgram) {
  const std::string path = folder_.path("large");
  std::ofstream(path, std::ios::binary) << std::string(1 << 20, 'x');
  ASSERT_EQ(hoiku("\"$0\" set large @" + path + " >/dev/null").status, 0);
  hoikud_.wait_for_line("detail=goodbye");
  Program watching(HOIKU_PATH, {"watch", "large", "--endpoint", endpoint_});
  watching.wait_for_output_to_begin();
  watching.signal(SIGTERM);
  hoikud_.wait_for_line("detail=goodbye");
  EXPECT_EQ(watching.wait(), -SIGTERM);
}

TEST_F(InspectorInAPipe, InputThatCannotBeReadIsNoValue) {
  ASSERT_EQ(hoiku("\"$0\" set robot/name Karl").status, 0);
  for (const char* input : {"- <&-", "- </", "- >/dev/null <&1", "@/"}) {
    for (const char* type : {"", "--type bytes", "--type message:robot.Pose"}) {
      const Ended set = hoiku(std::string("\"$0\" set robot/name ") + type + " " + input);
      EXPECT_EQ(set.status, 2) << type << input;
      EXPECT_THAT(set.error, HasSubstr("cannot be read: ")) << type << input;
    }
  }
  EXPECT_EQ(hoiku("\"$0\" set robot/name --type string - <&-").status, 2);
  EXPECT_EQ(hoiku("\"$0\" get robot/name").output, "Karl\n");
  EXPECT_EQ(hoiku("\"$0\" set robot/name --type string - </dev/null && \"$0\" get robot/name").output,
            "robot/name =   (version 2)\n\n");
}

// No socket gets the number of a descriptor that the shell has closed.
TEST_F(InspectorInAPipe, ClosedDescriptorsAreNotTheConnection) {
  EXPECT_EQ(hoiku("\"$0\" set a/b 1 <&- 2>&-").output, "a/b = 1  (version 1)\n");
  EXPECT_EQ(hoiku("\"$0\" set a/b 2 <&- >&- 2>&-").status, 1);
  EXPECT_EQ(hoiku("\"$0\" get a/b <&- 2>&-").output, "2\n");
}

TEST_F(InspectorInAPipe, TheNewlineOfAPipeIsNoPartOfANumber) {
  EXPECT_EQ(hoiku("echo 42 | \"$0\" set n/i - --type int64").output, "n/i = 42  (version 1)\n");
  EXPECT_EQ(hoiku("echo 42.5 | \"$0\" set n/d - --type double").output, "n/d = 42.5  (version 1)\n");
  EXPECT_EQ(hoiku("echo true | \"$0\" set n/b - --type bool").output, "n/b = true  (version 1)\n");
  EXPECT_EQ(hoiku("echo Karl | \"$0\" set n/s - --type string").output, "n/s = Karl\\n  (version 1)\n");
}

TEST_F(InspectorInAPipe, TheBytesComeBack) {
  const std::string path = folder_.path("bytes");
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i);
  std::ofstream(path, std::ios::binary) << bytes << "\n\n";
  for (const char* type : {"", "--type bytes"}) {
    const Ended ended =
        hoiku("\"$0\" set blob @" + path + " " + type + " >/dev/null && \"$0\" get blob --raw | cmp - " + path +
              " && \"$0\" wait blob --raw | cmp - " + path);
    EXPECT_EQ(ended.status, 0) << ended.output << ended.error;
  }
  EXPECT_EQ(hoiku("\"$0\" set text 'no newline' >/dev/null; \"$0\" get text --raw").output, "no newline");
}

TEST_F(InspectorInAPipe, AWaitOfNoTimeAsksWhetherItIsSoNow) {
  ASSERT_EQ(hoiku("\"$0\" set a/b 5").status, 0);
  EXPECT_EQ(hoiku("\"$0\" wait a/b 'value > 0' --timeout 0s").output, "5\n");
  EXPECT_EQ(hoiku("\"$0\" wait a/b --timeout 0s").status, 0);
  for (const char* wait :
       {"wait a/b 'value > 9'", "wait a/b 'value > 0' --held-for 1h", "wait nobody", "wait nobody 'value > 0'"}) {
    const Ended ended = hoiku(std::string("\"$0\" ") + wait + " --timeout 0s");
    EXPECT_EQ(ended.status, 124) << wait;
    EXPECT_THAT(ended.error, HasSubstr("did not satisfy the condition within 0s")) << wait;
  }
}

TEST_F(InspectorInAPipe, AForeignWildcardIsAHint) {
  const Ended ls = hoiku("\"$0\" ls 'sensor/#'");
  EXPECT_EQ(ls.status, 0);
  EXPECT_THAT(ls.error, StartsWith("hoiku: '#' in 'sensor/#' is a name like any other: "));
  EXPECT_EQ(hoiku("\"$0\" set 'sensor/+' 1 2>/dev/null").output, "sensor/+ = 1  (version 1)\n");
}

TEST_F(InspectorInAPipe, JqKeepsEveryDigit) {
  if (shell("command -v jq", "").status != 0) GTEST_SKIP() << "there is no jq here";
  EXPECT_EQ(hoiku("\"$0\" set x 9007199254740993 --json | jq -r .value").output, "9007199254740993\n");
}

}  // namespace
}  // namespace hoiku
