#include "broker/hoikud/config.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "broker/hoikud/settings.hpp"

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Options read(std::string_view text) {
  Options options;
  const auto done = apply_config(text, "hoikud.toml", options);
  EXPECT_TRUE(done) << done.failure().message;
  return options;
}

std::string complaint(std::string_view text) {
  Options options;
  options.limits.topics_max = 5;
  const auto done = apply_config(text, "hoikud.toml", options);
  EXPECT_EQ(options.limits.topics_max, 5u) << "a file that is refused has changed something";
  return done ? "nothing" : done.failure().message;
}

TEST(Config, TheLogLevelIsReadAgainUnlessTheCommandLineHasOne) {
  const std::string path = testing::TempDir() + "reread.toml";
  Options options;
  options.config = path;
  options.log_level = LogLevel::error;
  std::ofstream(path) << "log-level = 'debug'\ntopics-max = 1\n";
  EXPECT_THAT(reread_log_level(options).failure().message, HasSubstr("unknown key 'topics-max'"));
  std::ofstream(path) << "log-level = 'debug'\n";
  EXPECT_EQ(*reread_log_level(options), LogLevel::debug);
  options.is_log_level_typed = true;
  EXPECT_EQ(*reread_log_level(options), LogLevel::error);
  options.is_log_level_typed = false;
  std::ofstream(path) << "";
  EXPECT_EQ(*reread_log_level(options), LogLevel::info);
  // A pipe would keep the broker waiting for its next writer.
  options.config = "/dev/null";
  EXPECT_THAT(reread_log_level(options).failure().message, HasSubstr("not a regular file"));
  options.config.clear();
  EXPECT_EQ(reread_log_level(options).failure().message, "there is no configuration file");
}

TEST(Config, HasTheSettingsOfTheCommandLine) {
  const Options options = read(R"(
listen = ["tcp://127.0.0.1:7411", 'ipc:///run/hoiku.sock']
insecure = true
socket-mode = "660"
socket-group = "robot"
log-level = "warn"
session-timeout = "1.5s"

[limits]
topics-max = 10
sessions-max = 20
)");
  EXPECT_THAT(options.listen, ElementsAre("tcp://127.0.0.1:7411", "ipc:///run/hoiku.sock"));
  EXPECT_TRUE(options.insecure);
  EXPECT_EQ(options.socket.mode, 0660U);
  EXPECT_EQ(options.socket.group, "robot");
  EXPECT_EQ(options.log_level, LogLevel::warn);
  EXPECT_EQ(options.limits.session_timeout_default, 1500ms);
  EXPECT_EQ(options.limits.topics_max, 10u);
  EXPECT_EQ(options.limits.sessions_max, 20u);
}

TEST(Config, ALinkIsReadByItsName) {
  for (const LinkKind kind : link_kinds()) EXPECT_EQ(read("link = '" + std::string(to_string(kind)) + "'").link, kind);
}

TEST(Config, MissingKeysKeepTheirSettings) {
  Options options;
  options.log_level = LogLevel::error;
  ASSERT_TRUE(apply_config("[limits]\nvalue-bytes-max = 1000", "f", options));
  EXPECT_EQ(options.log_level, LogLevel::error);
  EXPECT_EQ(options.limits.value_bytes_max, 1000u);
  EXPECT_EQ(options.limits.topics_max, Limits().topics_max);
  EXPECT_TRUE(apply_config("", "f", options));
}

TEST(Config, EveryLimitCanBeSetWithinItsBounds) {
  for (const LimitSetting& setting : limit_settings()) {
    SCOPED_TRACE(setting.name);
    for (const std::size_t bound : {setting.least, setting.most}) {
      const Options options = read("limits." + std::string(setting.name) + " = " + std::to_string(bound));
      EXPECT_EQ(options.limits.*setting.limit, bound);
    }
    for (const std::string& beyond : {std::to_string(setting.least - 1), std::to_string(setting.most + 1)})
      EXPECT_THAT(complaint("limits." + std::string(setting.name) + " = " + beyond), HasSubstr(allowed_text(setting)));
    EXPECT_GE(Limits().*setting.limit, setting.least);
    EXPECT_LE(Limits().*setting.limit, setting.most);
  }
}

TEST(Config, ErrorsNameThePositionTheKeyAndTheAllowedValues) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"colour = 1",
       "hoikud.toml:1:1: unknown key 'colour'; the keys are listen, insecure, link, socket-mode, "
       "socket-group, log-level, session-timeout and the table [limits]"},
      {"\n[limits]\n  topics = 1", "hoikud.toml:3:3: unknown key 'limits.topics'; the keys are topics-max, "},
      {"[limits]\ntopics-max = 0",
       "hoikud.toml:2:14: limits.topics-max is 0; it has to be a whole number from 1 to 4294967295"},
      {"[limits]\ntopics-max = -1", "limits.topics-max is -1; it has to be a whole number from 1 to 4294967295"},
      {"[limits]\ntopics-max = 1.5", "limits.topics-max is a number with a fraction; it has to be a whole number"},
      {"[limits]\ntopics-max = 1979-05-27", "limits.topics-max is a date or time; it has to be a whole number"},
      {"limits = 3", "hoikud.toml:1:10: limits is an integer; it has to be a table"},
      {"listen = 'tcp://127.0.0.1:1'", "hoikud.toml:1:10: listen is a string; it has to be an array of endpoints"},
      {"listen = []", "listen is empty; it has to be an array of endpoints, such as [\"tcp://127.0.0.1:7411\"]"},
      {"listen = [\n  7411]", "hoikud.toml:2:3: an endpoint of listen is an integer; it has to be a string"},
      {"listen = ['tcp://127.0.0.1']", "hoikud.toml:1:11: listen: 'tcp://127.0.0.1' is not an endpoint"},
      {"insecure = 'no'", "hoikud.toml:1:12: insecure is a string; it has to be true or false"},
      {"link = 'tcp'", "link is 'tcp'; it has to be one of zmtp"},
      {"link = 1", "link is an integer; it has to be one of zmtp"},
      {"socket-mode = 660",
       "socket-mode is an integer; it has to be a string of three or four octal digits, such as 660"},
      {"socket-mode = '66'", "socket-mode is '66'; it has to be a string of three or four octal digits, such as 660"},
      {"socket-mode = '1777'", "socket-mode is '1777'; it has to be a string of three or four octal digits"},
      {"socket-mode = '0888'", "socket-mode is '0888'; it has to be a string of three or four octal digits"},
      {"socket-group = 100", "socket-group is an integer; it has to be a group's name, as a string"},
      {"log-level = 'chatty'", "log-level is 'chatty'; it has to be one of debug, info, warn, error, as a string"},
      {"log-level = true", "log-level is a boolean; it has to be one of"},
      {"session-timeout = 3", "session-timeout is an integer; it has to be a string such as \"3s\", from 100ms to 24h"},
      {"session-timeout = '3'", "session-timeout is '3'; it has to be a string such as \"3s\""},
      {"session-timeout = '1ms'", "session-timeout is '1ms'; it has to be a string such as \"3s\", from 100ms to 24h"},
      {"insecure = ", "hoikud.toml:1:12: this is not TOML: "},
      {"insecure = true\ninsecure = false", "this is not TOML: "},
      {"a = \"\xFF\"", "this is not TOML: "},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_THAT(complaint(text), HasSubstr(expected)) << text;
    EXPECT_THAT(complaint(text), testing::Not(HasSubstr("\n"))) << text;
  }
}

TEST(Config, DeepNestingIsRefused) {
  EXPECT_THAT(complaint("listen = " + std::string(100'000, '[')), HasSubstr("this is not TOML: "));
}

TEST(Config, PrintedConfigurationIsReadBackUnchanged) {
  Options options;
  options.listen = {"ipc:///tmp/odd \"name\" \\ \x01 é", "tcp://127.0.0.1:1"};
  options.insecure = true;
  options.link = link_kinds().back();
  options.socket = {0600, "the \"robot\""};
  options.log_level = LogLevel::debug;
  options.limits.session_timeout_default = 90'500ms;
  for (const LimitSetting& setting : limit_settings()) options.limits.*setting.limit = setting.least + 1;
  const Options again = read(config_text(options));
  EXPECT_EQ(again.listen, options.listen);
  EXPECT_EQ(config_text(again), config_text(options));
}

// broker/hoikud/hoikud.toml, which is installed as an example.
TEST(Config, TheExampleHasAllDefaults) {
  std::ifstream file(EXAMPLE_FILE);
  const std::string example(std::istreambuf_iterator<char>(file), {});
  Options defaults;
  defaults.listen = {"tcp://127.0.0.1:7411"};
  EXPECT_EQ(example, config_text(defaults)) << "write it again: hoikud --print-config > broker/hoikud/hoikud.toml";
}

TEST(Config, InconsistentLimitsAreRefused) {
  Options options = read("[limits]\nframe-bytes-max = 65536");
  EXPECT_EQ(check_options(options).failure().message,
            "frame-bytes-max (65536) must exceed two values of value-bytes-max (1048576) by 4096: a transition between "
            "two of the largest values has to fit into a frame");
  options = read("[limits]\nframe-bytes-max = 65536\nvalue-bytes-max = 30721");
  EXPECT_FALSE(check_options(options));
  options = read("[limits]\nframe-bytes-max = 65536\nvalue-bytes-max = 30720");
  EXPECT_TRUE(check_options(options));
}

}  // namespace
}  // namespace hoiku::broker
