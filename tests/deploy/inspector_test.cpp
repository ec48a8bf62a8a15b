// hoiku as people and scripts use it: its output, its errors, and its exit status.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;

// The version in a line of JSON.
std::string version_of(const std::string& line) {
  const std::string key = R"("version":")";
  const std::size_t begin = line.find(key) + key.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

class Inspector : public testing::Test {
 protected:
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

// One line, on stderr, with nothing on stdout.
void expect_complaint(const Ended& ended, int status, const std::string& part) {
  EXPECT_EQ(ended.status, status) << ended.error;
  EXPECT_THAT(ended.error, StartsWith("hoiku: "));
  EXPECT_THAT(ended.error, HasSubstr(part));
  EXPECT_EQ(std::count(ended.error.begin(), ended.error.end(), '\n'), 1) << ended.error;
  EXPECT_EQ(ended.output, "");
}

TEST_F(Inspector, SetsAndGets) {
  const Ended set = hoiku({"set", "sensor/touch/head", "true"});
  EXPECT_EQ(set.status, 0) << set.error;
  EXPECT_EQ(set.output, "sensor/touch/head = true  (version 1)\n");
  const Ended get = hoiku({"get", "sensor/touch/head"});
  EXPECT_EQ(get.status, 0) << get.error;
  EXPECT_EQ(get.output, "true\n");
  EXPECT_EQ(get.error, "");
}

TEST_F(Inspector, GetOfAnUnsetTopicEndsWithOne) {
  expect_complaint(hoiku({"get", "door/lock"}), 1, "topic 'door/lock' is unset");
}

TEST_F(Inspector, ASetThatComesTooLateEndsWithThreeAndNamesTheVersion) {
  const std::string first = version_of(hoiku({"set", "door/lock", "open", "--json"}).output);
  const std::string second = version_of(hoiku({"set", "door/lock", "closed", "--json"}).output);
  expect_complaint(hoiku({"set", "door/lock", "open", "--if-version", first}), 3, "'door/lock' is at version 2");
  EXPECT_EQ(hoiku({"set", "door/lock", "open", "--if-version", second}).output, "door/lock = open  (version 3)\n");
}

TEST_F(Inspector, AVersionThatWasReadFitsNoLaterLifeOfATopic) {
  const std::string seen = version_of(hoiku({"set", "door/lock", "A", "--json"}).output);
  EXPECT_EQ(hoiku({"unset", "door/lock"}).output, "door/lock = (unset)  (version 2)\n");
  EXPECT_EQ(hoiku({"set", "door/lock", "5", "--if-version", "0"}).status, 0);
  EXPECT_EQ(hoiku({"set", "door/lock", "C", "--if-version", seen}).status, 3);
  EXPECT_EQ(hoiku({"set", "door/lock", "C", "--if-version", "0"}).status, 3);
  EXPECT_EQ(hoiku({"set", "door/lock", "C", "--if-version", "1"}).status, 2);
  EXPECT_EQ(hoiku({"get", "door/lock"}).output, "5\n");
}

TEST_F(Inspector, ForgetsWhatNobodyDeclares) {
  EXPECT_EQ(hoiku({"forget", "door/lock"}).output, "door/lock is not declared any more\n");
}

TEST_F(Inspector, ATopicKeepsItsType) {
  hoiku({"set", "door/lock", "open"});
  expect_complaint(hoiku({"set", "door/lock", "42"}), 1, "'door/lock' holds string values");
}

TEST_F(Inspector, SaysItInJson) {
  const std::string state = R"({"topic":"door/lock","value":"open","type":"string","version":"1@)";
  EXPECT_THAT(hoiku({"--json", "set", "door/lock", "open"}).output, StartsWith(state));
  const std::string line = hoiku({"--json", "get", "door/lock"}).output;
  EXPECT_THAT(line, StartsWith(state));
  EXPECT_THAT(line, HasSubstr(R"(","changed_at_us":)"));
}

TEST_F(Inspector, WaitsUntilItIsTrue) {
  hoiku({"set", "sensor/temperature", "20"});
  Program waiting(HOIKU_PATH, at_the_bus({"wait", "sensor/temperature", "value > 30", "--held-for", "20ms"}));
  EXPECT_EQ(hoiku({"set", "sensor/temperature", "31"}).status, 0);
  EXPECT_EQ(waiting.wait(), 0);
  EXPECT_EQ(waiting.standard_output(), "31\n");
}

TEST_F(Inspector, AWaitThatIsNotMetEndsWith124) {
  expect_complaint(hoiku({"wait", "sensor/temperature", "value > 30", "--timeout", "50ms"}), 124,
                   "topic 'sensor/temperature' did not satisfy the condition within 50ms");
}

TEST_F(Inspector, ACtrlCEndsItQuietly) {
  Program watching(HOIKU_PATH, at_the_bus({"watch", "**"}));
  hoiku({"set", "battery", "80"});
  watching.wait_for_output("battery");
  watching.signal(SIGINT);
  EXPECT_EQ(watching.wait(), -SIGINT);
  EXPECT_EQ(watching.standard_error(), "");
}

// A script must not take an interrupted wait for a condition that was met.
TEST_F(Inspector, ASigtermEndsItQuietlyToo) {
  Program waiting(HOIKU_PATH, at_the_bus({"wait", "battery"}));
  hoikud_.wait_for_line("session_opened");
  waiting.signal(SIGTERM);
  EXPECT_EQ(waiting.wait(), -SIGTERM);
  EXPECT_EQ(waiting.standard_error(), "");
}

TEST_F(Inspector, ShowsWhoReadsWhatAndWhatBecameOfIt) {
  const Ended nobody = hoiku({"readers"});
  EXPECT_EQ(nobody.status, 0);
  EXPECT_EQ(nobody.error, "hoiku: there are no readers\n");
  hoiku({"set", "battery", "80"});
  Program watching(HOIKU_PATH, at_the_bus({"watch", "**", "--where", "value > 70", "--max-rate", "10/s"}));
  Program low(HOIKU_PATH, at_the_bus({"watch", "battery", "--where", "value < 70"}));
  hoikud_.wait_for_line("session_opened");
  hoiku({"set", "battery", "60"});
  EXPECT_THAT(low.wait_for_output("battery"), HasSubstr("(unset) -> 60  (version 2"));
  const std::string table = hoiku({"readers"}).output;
  EXPECT_THAT(table, HasSubstr("written = delivered + in flight + conflated + filtered + lagged + pending\n"));
  EXPECT_THAT(table, HasSubstr("value < 70"));
  EXPECT_THAT(hoiku({"readers", "--json"}).output, HasSubstr("\"topics\":[\"battery\"],\"mode\":\"latest\""));
}

TEST_F(Inspector, WatchesWhatThereIsAndWhatComes) {
  hoiku({"set", "battery", "80"});
  Program watching(HOIKU_PATH, at_the_bus({"watch", "**"}));
  EXPECT_THAT(watching.wait_for_output("battery"), EndsWith("  battery  (unset) -> 80  (version 1)"));
  hoiku({"set", "door/lock", "open"});
  EXPECT_THAT(watching.wait_for_output("door/lock"), EndsWith("  door/lock  (unset) -> open  (version 1)"));
}

TEST_F(Inspector, WatchesEveryChange) {
  hoiku({"set", "battery", "0"});
  Program watching(HOIKU_PATH, at_the_bus({"watch", "battery", "--every", "--json"}));
  watching.wait_for_output("battery");
  for (int level = 1; level <= 5; ++level) hoiku({"set", "battery", std::to_string(level)});
  watching.wait_for_output("\"version\":\"6@");
  watching.signal(SIGINT);
  watching.wait();
  std::size_t at = 0;
  for (int level = 1; level <= 5; ++level) {
    at = watching.standard_output().find("\"value\":" + std::to_string(level) + ",\"type\"", at);
    EXPECT_NE(at, std::string::npos) << level;
  }
}

TEST_F(Inspector, ListsWhatThereIs) {
  hoiku({"set", "robot/mood", "calm"});
  hoiku({"set", "battery", "80"});
  Program watching(HOIKU_PATH, at_the_bus({"watch", "robot/*"}));
  watching.wait_for_output("robot/mood");
  const Ended all = hoiku({"ls"});
  EXPECT_EQ(all.status, 0) << all.error;
  EXPECT_THAT(all.output, MatchesRegex("topic       value  type    version +age  quality  writer  readers\n"
                                       "battery     80     int64         1 +[0-9.]+s  live     hoiku         0\n"
                                       "robot/mood  calm   string        1 +[0-9.]+s  live     hoiku         1\n"));
  EXPECT_EQ(hoiku({"ls", "--names"}).output, "battery\nrobot/mood\n");
  EXPECT_THAT(hoiku({"ls", "robot/*", "--json"}).output,
              MatchesRegex("\\{\"topic\":\"robot/mood\",\"value\":\"calm\",\"type\":\"string\","
                           "\"version\":\"1@[0-9a-f]+\",.*\"readers\":1\\}\n"));
}

TEST_F(Inspector, ListsNothingWithASentence) {
  const Ended nothing = hoiku({"ls", "x/**"});
  EXPECT_EQ(nothing.status, 0);
  EXPECT_EQ(nothing.output, "");
  EXPECT_EQ(nothing.error, "hoiku: no topic matches 'x/**'\n");
}

TEST_F(Inspector, TheEndpointMayComeFromTheEnvironment) {
  const Ended set =
      wire_tests::run_to_its_end("/usr/bin/env", {"HOIKU_ENDPOINT=" + endpoint_, HOIKU_PATH, "set", "a", "1"});
  EXPECT_EQ(set.status, 0) << set.error;
  EXPECT_EQ(hoiku({"get", "a"}).output, "1\n");
  // A compose file makes an empty variable of one that is not set.
  const Ended empty = wire_tests::run_to_its_end(
      "/usr/bin/env", {"HOIKU_ENDPOINT=", HOIKU_PATH, "ping", "--json", "--timeout", "300ms"});
  EXPECT_THAT(empty.output + empty.error, HasSubstr("tcp://127.0.0.1:7411"));
  EXPECT_NE(empty.status, 2);
  expect_complaint(wire_tests::run_to_its_end("/usr/bin/env", {"HOIKU_ENDPOINT=7411", HOIKU_PATH, "get", "a"}), 2,
                   "the variable HOIKU_ENDPOINT: '7411' is not an endpoint");
}

TEST_F(Inspector, AValueMayComeFromAFileButNotAnyValue) {
  const std::string path = folder_.path("value");
  std::ofstream(path, std::ios::binary) << "two\nlines";
  EXPECT_EQ(hoiku({"set", "note", "--type", "bytes", "@" + path}).output, "note = 74776f0a6c696e6573  (version 1)\n");
  std::ofstream(path, std::ios::binary) << std::string((1 << 20) + 1, 'x');
  expect_complaint(hoiku({"set", "note", "--type", "bytes", "@" + path}), 1, "1048576");
  EXPECT_EQ(hoiku({"get", "note"}).output, "74776f0a6c696e6573\n");
}

TEST_F(Inspector, AWrongCommandLineEndsWithTwo) {
  expect_complaint(hoiku({"get", "a//b"}), 2, "a//b");
  expect_complaint(hoiku({"get", "sensor/*"}), 2, "sensor/*");
  expect_complaint(hoiku({"wait", "a", "value >"}), 2, "value >");
  expect_complaint(hoiku({"fly", "a"}), 2, "hoiku --help shows examples");
  expect_complaint(hoiku({"get", "a", "--colour"}), 2, "--colour");
  expect_complaint(wire_tests::run_to_its_end(HOIKU_PATH, {"get", "a", "--endpoint", "7411"}), 2,
                   "'7411' is not an endpoint");
}

TEST_F(Inspector, AMissingBrokerIsNamed) {
  const std::string nobody = "ipc://" + folder_.path("nobody.sock");
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"get", "a"}, {"set", "a", "1"}, {"watch", "a"}, {"ls"}}) {
    std::vector<std::string> arguments = verb;
    arguments.insert(arguments.end(), {"--endpoint", nobody, "--timeout", "200ms"});
    expect_complaint(wire_tests::run_to_its_end(HOIKU_PATH, arguments), 1,
                     "no broker answers at " + nobody + " within 200ms; is hoikud running there?");
  }
}

TEST_F(Inspector, PingsABrokerAndLeavesNothingBehind) {
  const Ended ping = hoiku({"ping"});
  EXPECT_EQ(ping.status, 0) << ping.error;
  EXPECT_THAT(ping.output, MatchesRegex(endpoint_ + " answers \\([0-9]+\\.[0-9] ms\\)\n"));
  EXPECT_EQ(ping.error, "");
  EXPECT_THAT(hoiku({"ls", "$hoiku/sessions/*"}).output, Not(HasSubstr("hoiku-ping")));
  EXPECT_THAT(hoiku({"ping", "--json"}).output,
              MatchesRegex("\\{\"endpoint\":\"" + endpoint_ + "\",\"round_trip_us\":[0-9]+\\}\n"));
  const Ended quiet = hoiku({"ping", "--quiet"});
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.output + quiet.error, "");
  hoikud_.signal(SIGTERM);
  EXPECT_EQ(hoikud_.wait(), -SIGTERM);
  EXPECT_THAT(hoikud_.standard_error(), HasSubstr("info stopped topics=0 "));
}

TEST_F(Inspector, APingThatNobodyAnswersEndsWithOne) {
  const std::string nobody = "ipc://" + folder_.path("nobody.sock");
  expect_complaint(wire_tests::run_to_its_end(HOIKU_PATH, {"ping", "--endpoint", nobody, "--timeout", "50ms"}), 1,
                   "no broker answers at " + nobody + " within 50ms; is hoikud running there?");
  const Ended quiet =
      wire_tests::run_to_its_end(HOIKU_PATH, {"ping", "--endpoint", nobody, "--timeout", "50ms", "--quiet"});
  EXPECT_EQ(quiet.status, 1);
  EXPECT_EQ(quiet.output + quiet.error, "");
}

// A listener that is not a broker.
TEST_F(Inspector, ASilentPeerIsNotWaitedForForever) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const std::string silent = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{{"get", "a"}, {"ping"}}) {
    std::vector<std::string> arguments = verb;
    arguments.insert(arguments.end(), {"--endpoint", silent, "--timeout", "300ms"});
    expect_complaint(wire_tests::run_to_its_end(HOIKU_PATH, arguments), 1, "no broker answers at " + silent);
  }
  ::close(listener);
}

TEST_F(Inspector, HelpGoesToStandardOutputWithExamples) {
  for (const char* verb : {"", "set", "get", "ls", "readers", "watch", "wait", "ping", "completion"}) {
    const Ended help = wire_tests::run_to_its_end(
        HOIKU_PATH, *verb ? std::vector<std::string>{verb, "--help"} : std::vector<std::string>{"--help"});
    EXPECT_EQ(help.status, 0) << verb;
    EXPECT_EQ(help.error, "") << verb;
    EXPECT_THAT(help.output, HasSubstr("Examples:")) << verb;
    EXPECT_THAT(help.output, HasSubstr(std::string("  hoiku ") + verb)) << verb;
  }
}

}  // namespace
}  // namespace hoiku
