// Completion at the prompt: the script in a real shell, the topics from a real broker.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;

class InspectorCompletion : public testing::Test {
 protected:
  void set(const std::string& topic) const {
    const Ended ended = wire_tests::run_to_its_end(HOIKU_PATH, {"set", topic, "1", "--endpoint", endpoint_});
    ASSERT_EQ(ended.status, 0) << ended.error;
  }
  // The candidates of bash after `line`, one per line. bash itself sets these variables. `patience` is longer than a
  // slow machine needs while a broker answers.
  std::string complete(const std::string& line, const std::string& patience = "30s") const {
    const std::string script =
        "source <(\"$0\" completion bash) && "
        "COMP_LINE=\"$0 $1\" && COMP_POINT=${#COMP_LINE} && "
        "_hoiku && printf '%s\\n' \"${COMPREPLY[@]}\"";
    const Ended ended = wire_tests::run_to_its_end(
        "/usr/bin/env", {"HOIKU_ENDPOINT=" + endpoint_, "HOIKU_COMPLETION_TIMEOUT=" + patience, "bash", "-c", script,
                         HOIKU_PATH, line});
    EXPECT_EQ(ended.status, 0) << ended.error;
    EXPECT_EQ(ended.error, "");
    return ended.output;
  }

  Folder folder_;
  Program hoikud_{HOIKUD_PATH, {"--listen", "ipc://" + folder_.path("broker.sock")}};
  std::string endpoint_ = wire_tests::endpoint_of(hoikud_);
};

TEST_F(InspectorCompletion, BashCompletesVerbsAndOptions) {
  EXPECT_EQ(complete("w"), "watch\nwait\n");
  EXPECT_EQ(complete("watch --ev"), "--every\n");
  EXPECT_EQ(complete("set a 1 --type b"), "bool\nbytes\n");
}

TEST_F(InspectorCompletion, BashCompletesTopicsSegmentBySegment) {
  for (const char* topic : {"sensor/touch/head", "sensor/touch/tail", "sensor/memory", "robot/mood"}) set(topic);
  EXPECT_EQ(complete("get "), "robot/\nsensor/\n");
  EXPECT_EQ(complete("get se"), "sensor/\n");
  EXPECT_EQ(complete("get sensor/"), "sensor/memory\nsensor/touch/\n");
  EXPECT_EQ(complete("wait sensor/touch/h"), "sensor/touch/head\n");
  EXPECT_EQ(complete("watch 'sensor/m"), "sensor/memory\n");
  EXPECT_EQ(complete("get x"), "\n");
}

// bash takes the part before the last ':' for a word of its own, and special characters are escaped.
TEST_F(InspectorCompletion, BashIsGivenOddNamesAsItNeedsThem) {
  for (const char* topic : {"a:b/one", "a:b/two", "it's"}) set(topic);
  EXPECT_EQ(complete("get a:b/o"), "b/one\n");
  EXPECT_EQ(complete("get i"), "it\\'s\n");
}

TEST_F(InspectorCompletion, TheEndpointThatWasTypedIsAsked) {
  set("battery");
  EXPECT_EQ(complete("get --endpoint ipc://" + folder_.path("nobody.sock") + " b", "100ms"), "\n");
  EXPECT_EQ(complete("--endpoint " + endpoint_ + " get b"), "battery\n");
}

// Zsh and fish may not be installed; then the test is skipped with a reason.
class InspectorScript : public testing::TestWithParam<const char*> {};

TEST_P(InspectorScript, CanBeReadByItsShell) {
  const std::string shell = GetParam();
  if (::access(("/usr/bin/" + shell).c_str(), X_OK) != 0) GTEST_SKIP() << "there is no " << shell << " here";
  const Ended script = wire_tests::run_to_its_end(HOIKU_PATH, {"completion", shell});
  EXPECT_EQ(script.status, 0);
  Folder folder;
  const std::string path = folder.path("script." + shell);
  std::ofstream(path) << script.output;
  const Ended read = wire_tests::run_to_its_end("/usr/bin/" + shell, {"-n", path});
  EXPECT_EQ(read.status, 0);
  EXPECT_EQ(read.error, "");
}

INSTANTIATE_TEST_SUITE_P(Shells, InspectorScript, testing::Values("bash", "zsh", "fish"));

}  // namespace
}  // namespace hoiku
