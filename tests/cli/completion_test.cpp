#include "cli/completion/completion.hpp"

#include <gmock/gmock.h>

#include "cli/command_line.hpp"

namespace hoiku::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class CompletionTest : public testing::Test {
 protected:
  void SetUp() override { describe_command_line(app, raw); }
  std::vector<std::string> texts(const std::vector<std::string>& words) const {
    std::vector<std::string> made;
    for (const Candidate& candidate : complete(app, words).candidates) made.push_back(candidate.text);
    return made;
  }
  bool wants_topics(const std::vector<std::string>& words) const { return complete(app, words).wants_topics; }

  RawArguments raw;
  CLI::App app;
};

TEST_F(CompletionTest, TheFirstWordIsAVerb) {
  EXPECT_THAT(texts({}), ElementsAre("set", "unset", "forget", "get", "ls", "readers", "watch", "wait", "ping", "bench",
                                     "completion"));
  EXPECT_THAT(texts({"w"}), ElementsAre("watch", "wait"));
  EXPECT_THAT(texts({"--endpoint", "ipc:///b", "g"}), ElementsAre("get"));
  EXPECT_THAT(texts({"--json", "g"}), ElementsAre("get"));
  EXPECT_THAT(texts({"fly"}), IsEmpty());
}

TEST_F(CompletionTest, EveryVerbAndOptionIsCompletedWithItsDescription) {
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    EXPECT_THAT(complete(app, {""}).candidates, Contains(Candidate{verb->get_name(), verb->get_description()}));
    for (const CLI::Option* option : verb->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        EXPECT_THAT(complete(app, {verb->get_name(), "--"}).candidates,
                    Contains(Candidate{"--" + name, option->get_description()}));
      }
    }
  }
}

TEST_F(CompletionTest, OptionsAreThoseOfTheVerbAndOfAll) {
  EXPECT_THAT(texts({"watch", "--e"}), ElementsAre("--every", "--endpoint"));
  EXPECT_THAT(texts({"watch", "a", "--w"}), ElementsAre("--where"));
  EXPECT_THAT(texts({"watch", "a", "--where", ""}), IsEmpty());
  EXPECT_THAT(texts({"watch", "a", "--m"}), ElementsAre("--max-rate"));
  EXPECT_THAT(texts({"readers", "--j"}), ElementsAre("--json"));
  EXPECT_THAT(texts({"get", "--e"}), ElementsAre("--endpoint"));
  EXPECT_THAT(texts({"set", "a", "1", "--"}), Contains("--if-version"));
  EXPECT_THAT(texts({"get", "--"}), Not(Contains("--if-version")));
}

TEST_F(CompletionTest, ATopicIsAskedForWhereOneStands) {
  for (const char* verb : {"set", "unset", "forget", "get", "ls", "watch", "wait"}) {
    EXPECT_TRUE(wants_topics({verb, ""})) << verb;
    EXPECT_TRUE(wants_topics({verb, "--timeout", "2s", "sen"})) << verb;
    EXPECT_TRUE(wants_topics({verb, "--timeout=2s", "--json", "sen"})) << verb;
    EXPECT_FALSE(wants_topics({verb, "sensor/touch", ""})) << verb;
    EXPECT_FALSE(wants_topics({verb, "--timeout", ""})) << verb;
    EXPECT_FALSE(wants_topics({verb, "-"})) << verb;
  }
  EXPECT_FALSE(wants_topics({"ping", ""}));
  EXPECT_FALSE(wants_topics({"readers", ""}));
  EXPECT_FALSE(wants_topics({""}));
}

TEST_F(CompletionTest, TheEndpointThatWasTypedIsTheOneToAsk) {
  EXPECT_EQ(complete(app, {"get", "--endpoint", "ipc:///b", "x"}).endpoint, "ipc:///b");
  EXPECT_EQ(complete(app, {"--endpoint=ipc:///b", "get", "x"}).endpoint, "ipc:///b");
  EXPECT_EQ(complete(app, {"get", "x"}).endpoint, std::nullopt);
}

TEST_F(CompletionTest, AnOptionWithFewValuesNamesThem) {
  EXPECT_THAT(texts({"set", "a", "1", "--type", "b"}), ElementsAre("bool", "bytes"));
  EXPECT_THAT(texts({"set", "a", "1", "--type", "message"}), IsEmpty());  // its type is not known
  EXPECT_THAT(texts({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(texts({"wait", "a", "--held-for", ""}), IsEmpty());
}

TEST(Completion, APatternMatchesAllThatBeginsWithTheWord) {
  EXPECT_EQ(pattern_for(""), "**");
  EXPECT_EQ(pattern_for("sen"), "**");
  EXPECT_EQ(pattern_for("sensor/"), "sensor/**");
  EXPECT_EQ(pattern_for("sensor/touch/he"), "sensor/touch/**");
  EXPECT_EQ(pattern_for("$hoiku"), "$hoiku/**");
}

TEST(Completion, GoesOnToTheNextSegment) {
  const std::vector<std::string> names{"robot/mood", "sensor/touch/head", "sensor/touch/tail", "sensor/touch", "sense"};
  EXPECT_THAT(next_segments(names, ""),
              ElementsAre(Candidate{"robot/", ""}, Candidate{"sense", ""}, Candidate{"sensor/", ""}));
  EXPECT_THAT(next_segments(names, "sensor/t"),
              ElementsAre(Candidate{"sensor/touch", ""}, Candidate{"sensor/touch/", ""}));
  EXPECT_THAT(next_segments(names, "sensor/touch/h"), ElementsAre(Candidate{"sensor/touch/head", ""}));
  EXPECT_THAT(next_segments(names, "x"), IsEmpty());
}

TEST(Completion, EachShellHasAScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) EXPECT_NE(completion_script(shell), nullptr) << shell;
  EXPECT_EQ(completion_script("ksh"), nullptr);
}

}  // namespace
}  // namespace hoiku::cli
