// Many sessions at one broker. The number of rounds depends on the machine; that no set fails, and which controller has
// which topics, does not.
#include <gmock/gmock.h>

#include <csignal>

#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using testing::HasSubstr;
using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;

class Swarm : public testing::Test {
 protected:
  Ended hoiku(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--endpoint", endpoint_});
    return wire_tests::run_to_its_end(HOIKU_PATH, arguments);
  }

  Folder folder_;
  Program hoikud_{HOIKUD_PATH, {"--listen", "ipc://" + folder_.path("broker.sock")}};
  std::string endpoint_ = wire_tests::endpoint_of(hoikud_);
};

TEST_F(Swarm, EachControllerHasASessionAndItsShareOfTheTopics) {
  const Ended swarm = wire_tests::run_to_its_end(
      SWARM_PATH, {"--controllers", "3", "--topics", "7", "--for", "200ms", "--json", "--endpoint", endpoint_});
  EXPECT_EQ(swarm.status, 0) << swarm.error;
  EXPECT_EQ(swarm.error, "");
  EXPECT_THAT(swarm.output, HasSubstr("\"total\":true"));
  EXPECT_THAT(swarm.output, HasSubstr("\"errors\":0,\"lost_links\":0}\n"));
  for (const char* topic : {"swarm/0/2", "swarm/1/1", "swarm/2/1"}) EXPECT_EQ(hoiku({"get", topic}).status, 0) << topic;
  for (const char* topic : {"swarm/0/3", "swarm/1/2", "swarm/3/0"}) EXPECT_EQ(hoiku({"get", topic}).status, 1) << topic;
  EXPECT_THAT(hoiku({"get", "swarm/2/1", "--json"}).output, HasSubstr("\"writer\":\"swarm-2\""));
}

TEST_F(Swarm, EndsWithASignalAndStillSaysWhatItDid) {
  Program swarm(SWARM_PATH, {"--controllers", "2", "--topics", "2", "--endpoint", endpoint_});
  EXPECT_EQ(hoiku({"wait", "swarm/1/0", "value > -2.0", "--timeout", "30s"}).status, 0);
  swarm.signal(SIGTERM);
  EXPECT_EQ(swarm.wait(), -SIGTERM) << swarm.standard_error();
  EXPECT_THAT(swarm.standard_output(), HasSubstr("  in all  "));
}

// The reports of swarm are its result.
TEST_F(Swarm, FailsIfItsReportsCannotBeWritten) {
  const Ended swarm = wire_tests::run_to_its_end(
      "/bin/sh",
      {"-c", "\"$0\" --controllers 1 --topics 1 --for 10ms --endpoint \"$1\" >/dev/full", SWARM_PATH, endpoint_});
  EXPECT_EQ(swarm.status, 1);
  EXPECT_EQ(swarm.error, "swarm: cannot write: lines dropped: 1\n");
}

TEST_F(Swarm, RefusesWhatMakesNoSense) {
  EXPECT_EQ(wire_tests::run_to_its_end(SWARM_PATH, {"--controllers", "0"}).status, 2);
  EXPECT_THAT(wire_tests::run_to_its_end(SWARM_PATH, {"--for", "10"}).error,
              HasSubstr("'10' is not a time such as 10s"));
  EXPECT_THAT(wire_tests::run_to_its_end(SWARM_PATH, {"--help"}).output, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace hoiku
