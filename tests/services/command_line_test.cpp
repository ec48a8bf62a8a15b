#include <CLI/CLI.hpp>
#include <cstdlib>

#include <gmock/gmock.h>

#include "services/command_line.hpp"
#include "services/service.hpp"

namespace hoiku::services {
namespace {

using testing::HasSubstr;

class ServiceCommandLine : public testing::Test {
 protected:
  void SetUp() override { TearDown(); }
  void TearDown() override { ::unsetenv("HOIKU_ENDPOINT"); }

  // The endpoint, or what is printed on stderr.
  static std::string endpoint(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "brain");
    int status = -1;
    testing::internal::CaptureStderr();
    const auto options =
        parse_service_options(static_cast<int>(arguments.size()), arguments.data(), "brain", "thinks", status);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(status, options ? -1 : 2);
    return options ? options->endpoint : said;
  }
};

TEST_F(ServiceCommandLine, AnEmptyVariableIsAsNone) {
  const std::string none = endpoint({});
  EXPECT_EQ(none, "tcp://127.0.0.1:7411");
  for (const char* blank : {"", "  \n"}) {
    ::setenv("HOIKU_ENDPOINT", blank, 1);
    EXPECT_EQ(endpoint({}), none);
  }
  ::setenv("HOIKU_ENDPOINT", " tcp://robot:1 ", 1);
  EXPECT_EQ(endpoint({}), "tcp://robot:1");
  EXPECT_EQ(endpoint({"--endpoint", "tcp://lab:2"}), "tcp://lab:2");
}

TEST_F(ServiceCommandLine, AWrongVariableIsNamedUnlessItDoesNotMatter) {
  ::setenv("HOIKU_ENDPOINT", "nowhere", 1);
  EXPECT_THAT(endpoint({}), HasSubstr("brain: the variable HOIKU_ENDPOINT: 'nowhere' is not an endpoint"));
  EXPECT_EQ(endpoint({"--endpoint", "tcp://lab:2"}), "tcp://lab:2");
}

TEST_F(ServiceCommandLine, AnEmptyArgumentIsAnError) {
  EXPECT_THAT(endpoint({"--endpoint", ""}), HasSubstr("--endpoint"));
  CLI::App app("", "swarm");
  std::string limit;
  app.add_option("--for", limit);
  int status = -1;
  testing::internal::CaptureStderr();
  const std::vector<const char*> arguments{"swarm", "--for", ""};
  EXPECT_FALSE(parse_command_line(app, static_cast<int>(arguments.size()), arguments.data(), status));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "swarm: --for is empty; swarm --help shows examples\n");
  EXPECT_EQ(status, 2);
}

}  // namespace
}  // namespace hoiku::services
