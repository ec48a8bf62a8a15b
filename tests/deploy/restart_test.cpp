// The broker dies and comes back: the whole robot continues, and reports the lost connection.
#include <gmock/gmock.h>

#include <csignal>
#include <map>
#include <memory>

#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using wire_tests::Folder;
using wire_tests::Program;

class Restart : public testing::Test {
 protected:
  Program start(const char* path, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.end(), {"--endpoint", endpoint_});
    return Program(path, arguments);
  }
  std::string hoiku(std::vector<std::string> arguments) const {
    Program program = start(HOIKU_PATH, std::move(arguments));
    EXPECT_EQ(program.wait(), 0) << program.standard_error();
    return program.standard_output();
  }
  void start_broker() {
    hoikud_ = std::make_unique<Program>(HOIKUD_PATH, std::vector<std::string>{"--listen", endpoint_});
    wire_tests::endpoint_of(*hoikud_);
  }
  void kill_broker() {
    hoikud_->signal(SIGKILL);
    EXPECT_EQ(hoikud_->wait(), -SIGKILL);
  }

  Folder folder_;
  std::string endpoint_ = "ipc://" + folder_.path("broker.sock");
  std::unique_ptr<Program> hoikud_;
};

TEST_F(Restart, AWatchGoesOnAndEndsAtTheRightValues) {
  start_broker();
  hoiku({"set", "battery", "80"});
  hoiku({"set", "door/lock", "open"});
  Program watching = start(HOIKU_PATH, {"watch", "**"});
  watching.wait_for_output("door/lock");
  kill_broker();
  EXPECT_THAT(
      watching.wait_for_line("is lost"),
      testing::AllOf(HasSubstr("hoiku: the connection to " + endpoint_ + " is lost ("), EndsWith("trying again")));
  start_broker();
  EXPECT_THAT(watching.wait_for_line("reconnected to"), EndsWith("; the broker was restarted, subscriptions restored"));
  EXPECT_THAT(watching.wait_for_output("open -> (unset)"), HasSubstr("door/lock"));
  hoiku({"set", "battery", "79"});
  watching.wait_for_output("-> 79  (version 1)");
  watching.signal(SIGINT);
  EXPECT_EQ(watching.wait(), -SIGINT);
}

TEST_F(Restart, TheRobotLivesOn) {
  start_broker();
  std::map<std::string, Program> robot;
  for (const auto& [name, path] : {std::pair("host_sensors", HOST_SENSORS_PATH), std::pair("brain", BRAIN_PATH),
                                   std::pair("behaviour", BEHAVIOUR_PATH)})
    robot.try_emplace(name, path, std::vector<std::string>{"--endpoint", endpoint_});
  const std::string any_mood = "value == 'calm' || value == 'excited' || value == 'cramped'";
  // Waits until all have connected: a service without a first connection would give up instead of reconnecting.
  hoiku({"wait", "sensor/memory/used", "value > 0", "--timeout", "30s"});
  hoiku({"wait", "robot/mood", any_mood, "--timeout", "30s"});
  robot.at("behaviour").wait_for_output("is the mood now");

  kill_broker();
  for (auto& [name, program] : robot) program.wait_for_line(name + ": the connection to " + endpoint_ + " is lost (");
  start_broker();
  for (auto& [name, program] : robot) program.wait_for_line("the broker was restarted");

  // Sensors, brain and behaviour are all back.
  hoiku({"wait", "sensor/memory/used", "value > 0", "--timeout", "30s"});
  hoiku({"wait", "robot/mood", any_mood, "--timeout", "30s"});
  hoiku({"wait", "actuator/gesture", "--timeout", "30s"});
  for (auto& [name, program] : robot) program.signal(SIGTERM);
  for (auto& [name, program] : robot) EXPECT_EQ(program.wait(), -SIGTERM) << name << ": " << program.standard_error();
}

}  // namespace
}  // namespace hoiku
