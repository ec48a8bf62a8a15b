// How programs end, or go on, in spite of signals, closed terminals, and output that nobody takes.
#include <gmock/gmock.h>

#include <csignal>
#include <functional>
#include <memory>

#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;

class Endings : public testing::Test {
 protected:
  Endings() { start_broker(); }

  void start_broker() {
    hoikud_ = std::make_unique<Program>(HOIKUD_PATH, std::vector<std::string>{"--listen", endpoint_});
    wire_tests::endpoint_of(*hoikud_);
  }
  void kill_broker() {
    hoikud_->signal(SIGKILL);
    hoikud_->wait();
  }
  std::unique_ptr<Program> start(const char* path, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.end(), {"--endpoint", endpoint_});
    return std::make_unique<Program>(path, arguments);
  }
  std::string hoiku(const std::vector<std::string>& arguments) const {
    const auto program = start(HOIKU_PATH, arguments);
    EXPECT_EQ(program->wait(), 0) << program->standard_error();
    return program->standard_output();
  }
  // Starts the robot's behaviour, and waits until it is in the middle of a gesture.
  std::unique_ptr<Program> start_behaviour() const {
    hoiku({"set", "robot/mood", "calm"});
    auto behaviour = start(BEHAVIOUR_PATH);
    behaviour->wait_for_output("breathes in");
    return behaviour;
  }
  void expect_rest() const { EXPECT_EQ(hoiku({"get", "actuator/gesture"}), "rests\n"); }

  Folder folder_;
  std::string endpoint_ = "ipc://" + folder_.path("broker.sock");
  std::unique_ptr<Program> hoikud_;
};

TEST_F(Endings, TheRobotRestsAndThenDiesOfTheSignal) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const auto behaviour = start_behaviour();
    behaviour->signal(signal);
    EXPECT_EQ(behaviour->wait(), -signal);
    EXPECT_EQ(behaviour->standard_error(), "");
    expect_rest();
  }
}

TEST_F(Endings, AClosingTerminalMaySayItTwice) {
  const auto behaviour = start_behaviour();
  behaviour->signal(SIGHUP);
  behaviour->signal(SIGHUP);
  EXPECT_EQ(behaviour->wait(), -SIGHUP);
  expect_rest();
}

TEST_F(Endings, StraySignalsDoNotEndTheRobot) {
  const auto behaviour = start_behaviour();
  for (const int signal : {SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ}) behaviour->signal(signal);
  hoiku({"set", "robot/mood", "excited"});
  behaviour->wait_for_output("dances");
  behaviour->signal(SIGTERM);
  EXPECT_EQ(behaviour->wait(), -SIGTERM);
}

// A background job of a script: Ctrl-C is for the script's foreground.
TEST_F(Endings, TheInspectorIgnoresWhatItWasStartedToIgnore) {
  const auto before = std::signal(SIGINT, SIG_IGN);
  const auto watching = start(HOIKU_PATH, {"watch", "a"});
  std::signal(SIGINT, before);
  hoiku({"set", "a", "1"});
  watching->wait_for_output("-> 1");
  watching->signal(SIGINT);
  hoiku({"set", "a", "2"});
  watching->wait_for_output("-> 2");
  watching->signal(SIGHUP);
  EXPECT_EQ(watching->wait(), -SIGHUP);
}

// When the connection is lost, the library writes a line.
TEST_F(Endings, AServiceWhoseOutputNobodyTakesGoesOn) {
  const std::function<void(Program&)> ways[] = {[](Program& program) { program.fill_pipes(); },
                                                [](Program& program) { program.close_pipes(); }};
  for (const auto& stop_taking : ways) {
    const auto behaviour = start_behaviour();
    stop_taking(*behaviour);
    kill_broker();
    start_broker();
    hoiku({"set", "robot/mood", "excited"});
    hoiku({"wait", "actuator/gesture", R"(value == "\\(^o^)/  dances to the left")", "--timeout", "30s"});
    behaviour->signal(SIGTERM);
    EXPECT_EQ(behaviour->wait_without_reading(), -SIGTERM);
    expect_rest();
  }
}

}  // namespace
}  // namespace hoiku
