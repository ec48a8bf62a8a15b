// Completion at the prompt: the script in a real shell, the topics from a real broker.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "tests/deploy/terminal.hpp"
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

// bash at a prompt, in a folder. It says RETURNED before each prompt, also in the middle of a command; Ctrl-T shows the
// line that is typed so far.
class BashPrompt {
 public:
  BashPrompt(const std::string& endpoint, const std::string& folder)
      : terminal_("/usr/bin/env",
                  {"-C", folder, "HOIKU_ENDPOINT=" + endpoint, "HOIKU_COMPLETION_TIMEOUT=30s", "LC_ALL=C.UTF-8",
                   "INPUTRC=/dev/null", "TERM=dumb", "bash", "--norc", "--noprofile", "-i"}) {
    terminal_.type("hoiku() { '" + std::string(HOIKU_PATH) + "' \"$@\"; }; source <(hoiku completion bash)\n");
    terminal_.type("bind -x '\"\\C-t\": printf \"<%s>\\n\" \"$READLINE_LINE\"'; bind 'set bell-style none'\n");
    terminal_.type("PS2=$'RET\\x55RNED'; PROMPT_COMMAND='printf RET%s URNED'\n");
    terminal_.wait_for("RETURNED");
  }
  // The line after Tab.
  std::string complete(const std::string& line) {
    terminal_.type("\x15" + line + "\t\x14");
    const std::string read = terminal_.wait_for(">\n");
    const std::size_t begin = read.rfind("\n<");
    return begin == std::string::npos ? read : read.substr(begin + 2, read.rfind(">\n") - begin - 2);
  }
  // Types `rest` and Enter, and returns after what this has started.
  void run(const std::string& rest) {
    terminal_.type(rest + "\n");
    terminal_.wait_for("RETURNED");
  }

 private:
  deploy_tests::Terminal terminal_;
};

TEST_F(InspectorCompletion, AtAPromptBashKeepsTheQuoteThatWasTyped) {
  for (const char* topic : {"plain/x", "a:b/one", "it's", "保育/部屋"}) set(topic);
  BashPrompt bash(endpoint_, folder_.path("."));
  EXPECT_EQ(bash.complete("hoiku get pla"), "hoiku get plain/");
  EXPECT_EQ(bash.complete("hoiku get plain/"), "hoiku get plain/x ");
  EXPECT_EQ(bash.complete("hoiku get 'plain/"), "hoiku get 'plain/x' ");
  EXPECT_EQ(bash.complete("hoiku get \"plain/"), "hoiku get \"plain/x\" ");
  EXPECT_EQ(bash.complete("hoiku get 'pla'i"), "hoiku get plain/");
  EXPECT_EQ(bash.complete("hoiku get p'lain/"), "hoiku get p'lain/x' ");
  EXPECT_EQ(bash.complete("hoiku get pl\\a"), "hoiku get plain/");
  EXPECT_EQ(bash.complete("hoiku get a:b/o"), "hoiku get a:b/one ");
  EXPECT_EQ(bash.complete("hoiku get 'a:b/o"), "hoiku get 'a:b/one' ");
  EXPECT_EQ(bash.complete("hoiku get a:'b/o"), "hoiku get a:'b/one' ");
  EXPECT_EQ(bash.complete("hoiku get it"), "hoiku get it\\'s ");
  EXPECT_EQ(bash.complete("hoiku get it\\'"), "hoiku get it\\'s ");
  EXPECT_EQ(bash.complete("hoiku get \"it"), "hoiku get \"it's\" ");
  EXPECT_EQ(bash.complete("hoiku get \"it'"), "hoiku get \"it's\" ");
  EXPECT_EQ(bash.complete("hoiku get 保育/部"), "hoiku get 保育/部屋 ");
  EXPECT_EQ(bash.complete("hoiku set 'two words' x --ty"), "hoiku set 'two words' x --type ");
}

// A topic's name may be anything without white space: also a piece of shell.
TEST_F(InspectorCompletion, NoNameOfATopicIsRun) {
  const std::string command = "touch${IFS}ran";
  const std::vector<std::string> names{
      "a';" + command + ";'b", "b\";" + command + ";\"b", "c$(" + command + ")", "d`" + command + "`",
      "e;" + command,          "f\\';" + command + ";'",  "g\\;" + command,      "h!;" + command,
      "i&" + command + "&'\""};
  for (const std::string& name : names) set("arm/" + name);
  for (const char* quote : {"", "'", "\"", "$'", "$\"", "`"}) {
    for (const std::string& name : names) {
      BashPrompt bash(endpoint_, folder_.path("."));
      const bool is_nested = *quote == '`';
      const std::string line = is_nested ? "echo `hoiku get arm/" : "hoiku get " + std::string(quote) + "arm/";
      bash.complete(line + name.front());
      bash.run(is_nested ? "`" : "");
      ASSERT_NE(::access(folder_.path("ran").c_str(), F_OK), 0) << line << " and the topic " << name;
    }
  }
}

TEST_F(InspectorCompletion, WhatAQuoteWouldNotKeepTogetherIsLeftOut) {
  for (const char* topic : {"a'x", "b\"x", "c$(x)", "d`x`", "e\\x", "f!x", "g;x"}) set(topic);
  BashPrompt bash(endpoint_, folder_.path("."));
  for (const char* line : {"hoiku get 'a", "hoiku get \"b", "hoiku get \"c", "hoiku get d", "hoiku get e",
                           "hoiku get \"e", "hoiku get \"f", "hoiku get $'g", "hoiku get \"d"})
    EXPECT_EQ(bash.complete(line), line);
  EXPECT_EQ(bash.complete("hoiku get \"a"), "hoiku get \"a'x\" ");
  EXPECT_EQ(bash.complete("hoiku get 'b"), "hoiku get 'b\"x' ");
  EXPECT_EQ(bash.complete("hoiku get 'c"), "hoiku get 'c$(x)' ");
  EXPECT_EQ(bash.complete("hoiku get c"), "hoiku get c\\$\\(x\\) ");
  EXPECT_EQ(bash.complete("hoiku get 'f"), "hoiku get 'f!x' ");
  EXPECT_EQ(bash.complete("hoiku get \"g"), "hoiku get \"g;x\" ");
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
