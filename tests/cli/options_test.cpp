#include "cli/options.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "cli/verbs.hpp"

namespace hoiku::cli {
namespace {

std::variant<Options, int> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "hoiku");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

// The one line on stderr for a wrong command line.
std::string complaint(const std::vector<const char*>& arguments) {
  ::testing::internal::CaptureStderr();
  const auto parsed = parse(arguments);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::get<int>(parsed), usage) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  return said;
}

TEST(Options, ReadAValueByItsLookOrAsItsTypeSays) {
  EXPECT_EQ(std::get<SetVerb>(std::get<Options>(parse({"set", "a", "true"})).verb).value, Value(true));
  EXPECT_EQ(std::get<SetVerb>(std::get<Options>(parse({"set", "a", "42"})).verb).value, Value(42));
  EXPECT_EQ(std::get<SetVerb>(std::get<Options>(parse({"set", "a", "42", "--type", "string"})).verb).value,
            Value("42"));
  EXPECT_EQ(std::get<SetVerb>(std::get<Options>(parse({"set", "a", "x", "--if-version", "7@1f"})).verb).if_version,
            (Version{0x1f, 7}));
}

Value value_of(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"set", "a"});
  return std::get<SetVerb>(std::get<Options>(parse(arguments)).verb).value;
}

TEST(Options, ATextMayLookLikeAFileOrAnOption) {
  EXPECT_EQ(value_of({"--type", "string", "@karl"}), Value("@karl"));
  EXPECT_EQ(value_of({"@karl", "--type", "string"}), Value("@karl"));
  EXPECT_EQ(value_of({"--", "@karl"}), Value("@karl"));
  EXPECT_EQ(value_of({"--", "-"}), Value("-"));
  EXPECT_EQ(value_of({"--type", "string", "--", "-"}), Value("-"));
  EXPECT_EQ(value_of({"--", "--json"}), Value("--json"));
  EXPECT_EQ(value_of({"--", "-42"}), Value(-42));
  EXPECT_EQ(value_of({"@"}), Value("@"));
  EXPECT_EQ(value_of({""}), Value(""));
}

TEST(Options, WhatWouldComeBackWithOtherDigitsIsRefusedOrAText) {
  EXPECT_EQ(value_of({"007"}), Value("007"));
  EXPECT_EQ(value_of({"12345678901234567890", "--type", "string"}), Value("12345678901234567890"));
  EXPECT_EQ(value_of({"12345678901234567890", "--type", "double"}), Value(12345678901234567890.0));
  EXPECT_EQ(complaint({"set", "a", "12345678901234567890"}),
            "hoiku: '12345678901234567890' is a whole number beyond int64, which has -2^63 to 2^63-1: "
            "--type string keeps its digits, --type double rounds it\n");
}

TEST(Options, ATextIsUtf8) {
  for (const std::vector<const char*>& typed :
       {std::vector<const char*>{"\xff"}, {"caf\xe9"}, {"\xed\xa0\x80", "--type", "string"}}) {
    std::vector<const char*> arguments{"set", "a"};
    arguments.insert(arguments.end(), typed.begin(), typed.end());
    EXPECT_NE(complaint(arguments).find("is not UTF-8, as texts are: --type bytes takes any bytes"), std::string::npos);
  }
  EXPECT_EQ(value_of({"保育"}), Value("保育"));
}

// A file with some bytes, for one test.
class InputFile {
 public:
  explicit InputFile(const std::string& bytes) {
    const int file = ::mkstemp(path_.data());
    EXPECT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(file);
    argument_ = "@" + path_;
  }
  ~InputFile() { ::unlink(path_.c_str()); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  const char* argument() const { return argument_.c_str(); }

 private:
  std::string path_ = testing::TempDir() + "hoiku-input-XXXXXX";
  std::string argument_;
};

TEST(Options, ALineBreakAtTheEndOfAFileIsNoPartOfANumber) {
  EXPECT_EQ(value_of({InputFile("42\n").argument(), "--type", "int64"}), Value(42));
  EXPECT_EQ(value_of({InputFile("-0.5\r\n").argument(), "--type", "double"}), Value(-0.5));
  EXPECT_EQ(value_of({InputFile("true\n").argument(), "--type", "bool"}), Value(true));
  EXPECT_EQ(value_of({InputFile("\n").argument(), "--type", "null"}), Value());
  EXPECT_EQ(value_of({InputFile("x\n").argument(), "--type", "bytes"}), Value(Bytes{"x\n"}));
  EXPECT_EQ(value_of({InputFile("x\n").argument()}), Value(Bytes{"x\n"}));
  const InputFile two("42\n\n");
  EXPECT_NE(complaint({"set", "a", two.argument(), "--type", "int64"}).find("cannot be read as int64"),
            std::string::npos);
}

TEST(Options, AnEmptyArgumentIsNotOneThatWasLeftOut) {
  EXPECT_EQ(complaint({"wait", "a", ""}), "hoiku: condition is empty; hoiku --help shows examples\n");
  for (const char* option : {"--timeout", "--endpoint", "--held-for"})
    EXPECT_NE(complaint({"wait", "a", option, ""}).find(std::string(option) + " is empty"), std::string::npos);
  for (const char* option : {"--where", "--max-rate"})
    EXPECT_NE(complaint({"watch", "a", option, ""}).find(std::string(option) + " is empty"), std::string::npos);
  EXPECT_NE(complaint({"watch", "a", "--where="}).find("--where"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "x", "--type", ""}).find("--type is empty"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "x", "--if-version", ""}).find("--if-version"), std::string::npos);
  for (const char* verb : {"get", "ls", "watch"}) EXPECT_NE(complaint({verb, ""}).find("is empty"), std::string::npos);
  EXPECT_NE(complaint({"completion", ""}).find("is empty"), std::string::npos);
  EXPECT_NE(complaint({"wait", "a", "  "}).find("predicate"), std::string::npos);
}

TEST(Options, TheVariableIsTheEndpointUnlessOneIsTyped) {
  ::setenv("HOIKU_ENDPOINT", " tcp://robot:1\n", 1);
  EXPECT_EQ(std::get<Options>(parse({"get", "a"})).endpoint, "tcp://robot:1");
  EXPECT_EQ(std::get<Options>(parse({"get", "a", "--endpoint", "tcp://lab:2"})).endpoint, "tcp://lab:2");
  ::setenv("HOIKU_ENDPOINT", "", 1);
  EXPECT_EQ(std::get<Options>(parse({"get", "a"})).endpoint, "tcp://127.0.0.1:7411");
  ::setenv("HOIKU_ENDPOINT", "robot", 1);
  EXPECT_NE(complaint({"get", "a"}).find("the variable HOIKU_ENDPOINT: 'robot' is not an endpoint"), std::string::npos);
  EXPECT_EQ(std::get<Options>(parse({"get", "a", "--endpoint", "tcp://lab:2"})).endpoint, "tcp://lab:2");
  ::unsetenv("HOIKU_ENDPOINT");
}

TEST(Options, WildcardsOfOtherSystemsAreNamesAndAHintSaysSo) {
  EXPECT_EQ(wildcard_hint("sensor/touch"), "");
  EXPECT_EQ(wildcard_hint("sensor/**"), "");
  EXPECT_EQ(wildcard_hint("c#/a+b/>="), "");
  EXPECT_EQ(wildcard_hint("sensor/#"),
            "'#' in 'sensor/#' is a name like any other: * matches one segment, ** any number");
  for (const char* name : {"#", "+/x", "a/+/b", "a/>"}) {
    EXPECT_NE(wildcard_hint(name), "") << name;
    for (const char* verb : {"get", "ls", "watch", "wait"})
      EXPECT_EQ(std::get<Options>(parse({verb, name})).hint, wildcard_hint(name));
    EXPECT_EQ(std::get<Options>(parse({"set", name, "1"})).hint, wildcard_hint(name));
  }
}

TEST(Options, RawBytesAreNotJson) {
  EXPECT_TRUE(std::get<GetVerb>(std::get<Options>(parse({"get", "a", "--raw"})).verb).raw);
  EXPECT_TRUE(std::get<WaitVerb>(std::get<Options>(parse({"wait", "a", "--raw"})).verb).raw);
  EXPECT_NE(complaint({"get", "a", "--raw", "--json"}).find("--raw"), std::string::npos);
}

// The time of a condition begins when the broker is there.
TEST(Options, ATimeLimitOfAWaitIsNotOneOfConnecting) {
  using namespace std::chrono_literals;
  const auto limit = [](std::vector<const char*> arguments) {
    return connect_limit(std::get<Options>(parse(arguments)));
  };
  for (const char* timeout : {"0s", "200ms", "1h"}) EXPECT_EQ(limit({"wait", "a", "--timeout", timeout}), 5s);
  EXPECT_EQ(limit({"wait", "a"}), 5s);
  EXPECT_EQ(limit({"get", "a"}), 5s);
  EXPECT_EQ(limit({"get", "a", "--timeout", "200ms"}), 200ms);
  EXPECT_EQ(limit({"watch", "a", "--timeout", "1h"}), 1h);
}

TEST(Options, LeaveAMessageInJsonToTheTopicOrTheTypeThatWasSaid) {
  const auto set = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"set", "a"});
    return std::get<SetVerb>(std::get<Options>(parse(arguments)).verb);
  };
  EXPECT_EQ(set({"42"}).json, std::nullopt);
  EXPECT_EQ(set({"{\"x\": 1}"}).json, "{\"x\": 1}");
  EXPECT_EQ(set({"{\"x\": 1}"}).value, Value("{\"x\": 1}"));  // where the topic holds no messages
  EXPECT_EQ(set({"{\"x\": 1}", "--type", "string"}).json, std::nullopt);
  EXPECT_EQ(set({"\"1.5s\"", "--type", "message:google.protobuf.Duration"}).json, "\"1.5s\"");
  EXPECT_EQ(set({"{}", "--type", "message:robot.Pose"}).message_type, "robot.Pose");
}

TEST(Options, TakeANegativeNumberForAValue) {
  EXPECT_EQ(std::get<SetVerb>(std::get<Options>(parse({"set", "a", "-42"})).verb).value, Value(-42));
  EXPECT_EQ(std::get<SetVerb>(std::get<Options>(parse({"set", "a", "-0.5"})).verb).value, Value(-0.5));
}

TEST(Options, ReadAWait) {
  const auto options = std::get<Options>(
      parse({"--json", "wait", "sensor/temperature", "value > 30", "--held-for", "200ms", "--timeout", "5s"}));
  const auto& wait = std::get<WaitVerb>(options.verb);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.timeout, std::chrono::seconds(5));
  EXPECT_EQ(wait.held_for, std::chrono::milliseconds(200));
  ASSERT_TRUE(wait.condition);
  EXPECT_TRUE(wait.condition->test(Value(31), Value(), Quality::live));
}

// A word without quotes is refused before any broker is asked.
TEST(Options, AConditionHasItsTextsInQuotes) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"wait", "robot/mood", "value == calm"}, {"watch", "**", "--where", "value == calm"}})
    EXPECT_NE(complaint(arguments).find("put a text in quotes, as in value == \"calm\""), std::string::npos);
  for (const char* constant : {"1 == 1", "30 > 3", "\"a\" == \"a\""})
    EXPECT_NE(complaint({"wait", "a", constant}).find("names no value, old_value or quality"), std::string::npos);
  for (const char* condition :
       {"value == true", "value != nan", "value.mode == WALKING", "value == \"calm\"", "quality == stale"})
    EXPECT_TRUE(std::get<WaitVerb>(std::get<Options>(parse({"wait", "a", condition})).verb).condition) << condition;
}

TEST(Options, ALsShowsEverythingUnlessAPatternIsGiven) {
  EXPECT_EQ(std::get<LsVerb>(std::get<Options>(parse({"ls"})).verb).pattern, "**");
  const auto verb = std::get<LsVerb>(std::get<Options>(parse({"ls", "sensor/*", "--names"})).verb);
  EXPECT_EQ(verb.pattern, "sensor/*");
  EXPECT_TRUE(verb.names);
  EXPECT_NE(complaint({"ls", "a//b"}).find("a//b"), std::string::npos);
}

TEST(Options, AWatchTakesAConditionAndARate) {
  const auto verb = std::get<WatchVerb>(
      std::get<Options>(parse({"watch", "sensor/*", "--where", "value > 30", "--max-rate", "10/s"})).verb);
  ASSERT_TRUE(verb.filter);
  EXPECT_EQ(verb.filter->key(), Predicate::parse("value > 30")->key());
  EXPECT_EQ(verb.interval, std::chrono::milliseconds(100));
  EXPECT_NE(complaint({"watch", "a", "--where", "value >"}).find("value >"), std::string::npos);
  EXPECT_NE(complaint({"watch", "a", "--every", "--max-rate", "10/s"}).find("--max-rate skips transitions"),
            std::string::npos);
}

TEST(Options, ARateIsSoManyATimeOrTheTimeOfOne) {
  using namespace std::chrono_literals;
  EXPECT_EQ(*parse_rate("10/s"), 100ms);
  EXPECT_EQ(*parse_rate("2/min"), 30s);
  EXPECT_EQ(*parse_rate("250ms"), 250ms);
  for (const char* wrong : {"", "10", "0/s", "-1/s", "10/", "/s", "x/s", "1.5/s", "10/s/s", "10/5s", "10/.5s",
                            "10/00ms", "0s", "9999999999999/us"}) {
    const auto rate = parse_rate(wrong);
    ASSERT_FALSE(rate) << wrong;
    EXPECT_EQ(rate.failure().message, "'" + std::string(wrong) + "' is not a rate: write 10/s, 2/min or 100ms");
  }
}

TEST(Options, ReadersNeedsNoName) {
  EXPECT_TRUE(std::holds_alternative<ReadersVerb>(std::get<Options>(parse({"readers", "--json"})).verb));
  EXPECT_NE(complaint({"readers", "battery"}).find("battery"), std::string::npos);
}

TEST(Options, APingNeedsNoName) {
  const auto options = std::get<Options>(parse({"ping", "--quiet", "--timeout", "2s"}));
  EXPECT_TRUE(std::get<PingVerb>(options.verb).quiet);
  EXPECT_EQ(options.timeout, std::chrono::seconds(2));
  EXPECT_FALSE(std::get<PingVerb>(std::get<Options>(parse({"ping"})).verb).quiet);
  EXPECT_NE(complaint({"ping", "battery"}).find("battery"), std::string::npos);
}

TEST(Options, ANegativeNumberIsAValue) {
  const auto value = [](std::initializer_list<const char*> words) {
    return std::get<SetVerb>(std::get<Options>(parse(words)).verb).value;
  };
  EXPECT_EQ(value({"set", "head/yaw", "-0.5"}), Value(-0.5));
  EXPECT_EQ(value({"set", "head/yaw", "-2.5", "--if-version", "3@9"}), Value(-2.5));
  EXPECT_EQ(value({"set", "--json", "head/yaw", "-3"}), Value(-3));
  EXPECT_EQ(value({"set", "head/yaw", "--", "-3"}), Value(-3));
  EXPECT_EQ(value({"set", "head/yaw", "-3", "--type", "string"}), Value("-3"));
}

TEST(Options, ACompletionIsNotParsedByTheRulesOfACommandLine) {
  const auto words = std::get<CompleteVerb>(std::get<Options>(parse({"complete", "get", "--endpoint", ""})).verb).words;
  EXPECT_EQ(words, (std::vector<std::string>{"get", "--endpoint", ""}));
}

TEST(Options, AnUnknownShellIsNamed) {
  EXPECT_NE(complaint({"completion", "ksh"}).find("completion is available for bash, zsh and fish, not for 'ksh'"),
            std::string::npos);
}

TEST(Options, UnsetIsASetOfNothing) {
  const auto unset = std::get<SetVerb>(std::get<Options>(parse({"unset", "a", "--if-version", "7@1f"})).verb);
  EXPECT_EQ(unset.topic, "a");
  EXPECT_TRUE(unset.value.is_null());
  EXPECT_EQ(unset.if_version, (Version{0x1f, 7}));
  EXPECT_NE(complaint({"unset", "a", "1"}).find("1"), std::string::npos);
  EXPECT_NE(complaint({"unset", "a//b"}).find("a//b"), std::string::npos);
  EXPECT_NE(complaint({"unset", "a", "--if-version", "7"}).find("has no epoch"), std::string::npos);
}

TEST(Options, ForgetNamesATopic) {
  EXPECT_EQ(std::get<ForgetVerb>(std::get<Options>(parse({"forget", "a/b"})).verb).topic, "a/b");
  EXPECT_NE(complaint({"forget", "a/*"}).find("a/*"), std::string::npos);
  EXPECT_NE(complaint({"forget"}).find("topic is required"), std::string::npos);
}

TEST(Options, WhatIsWrongIsOneLineThatNamesIt) {
  EXPECT_NE(complaint({"get", "a//b"}).find("a//b"), std::string::npos);
  EXPECT_NE(complaint({"wait", "a", "value >"}).find("value >"), std::string::npos);
  EXPECT_NE(complaint({"wait", "a", "value > 1", "--timeout", "5"}).find("'5' is not a duration"), std::string::npos);
  EXPECT_NE(complaint({"--endpoint", "nowhere", "get", "a"}).find("nowhere"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "x", "--type", "message"}).find("message:robot.Pose"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "x", "--type", "colour"}).find("colour"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "@no-such-file"}).find("no-such-file"), std::string::npos);
  EXPECT_NE(complaint({"st", "a", "1"}).find("unknown command 'st'"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "-x"}).find("unknown option '-x': if it is the value, put it last, after --"),
            std::string::npos);
  EXPECT_NE(complaint({"set", "a", "1", "--if-version", "-1"}).find("--if-version: '-1' is not a version"),
            std::string::npos);
  EXPECT_NE(complaint({"set", "a", "1", "--if-version", "12"}).find("--if-version: '12' has no epoch"),
            std::string::npos);
  EXPECT_NE(complaint({"set", "a", "--"}).find("value is required"), std::string::npos);
  EXPECT_EQ(complaint({"set", "a", "--"}).find("unknown option"), std::string::npos);
  EXPECT_NE(complaint({"--verison"}).find("unknown option '--verison'"), std::string::npos);
  EXPECT_NE(complaint({"-5"}).find("unknown option '-5'"), std::string::npos);
  EXPECT_NE(complaint({"--jsn", "st", "a"}).find("unknown command 'st'"), std::string::npos);
  EXPECT_NE(complaint({"get", "a", "--timeout", "-5"}).find("'-5' is not a duration"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "@/"}).find("the file / cannot be read"), std::string::npos);
  EXPECT_NE(complaint({"set", "a", "@/dev/zero"}).find("more than 4 MiB"), std::string::npos);
  EXPECT_NE(complaint({}).find("hoiku --help"), std::string::npos);
  EXPECT_NE(complaint({"fly", "a"}).find("hoiku --help"), std::string::npos);
}

}  // namespace
}  // namespace hoiku::cli
