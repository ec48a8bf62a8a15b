// hoiku on a terminal: what strangers wrote neither speaks to it nor floods it.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/deploy/terminal.hpp"
#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using deploy_tests::Terminal;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;

class InspectorOnATerminal : public testing::Test {
 protected:
  std::vector<std::string> at_the_bus(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--endpoint", endpoint_});
    return arguments;
  }
  Ended to_a_pipe(std::vector<std::string> arguments) const {
    return wire_tests::run_to_its_end(HOIKU_PATH, at_the_bus(std::move(arguments)));
  }
  std::string shown(std::vector<std::string> arguments) const {
    return Terminal(HOIKU_PATH, at_the_bus(std::move(arguments))).wait_for_end();
  }
  // A value of 1 MiB, as the argument of `hoiku set`.
  std::string large() const {
    const std::string path = folder_.path("large");
    std::ofstream(path, std::ios::binary) << std::string(1 << 20, '\0');
    return "@" + path;
  }

  Folder folder_;
  Program hoikud_{HOIKUD_PATH, {"--listen", "ipc://" + folder_.path("broker.sock")}};
  std::string endpoint_ = wire_tests::endpoint_of(hoikud_);
};

constexpr const char* cut_note = "hoiku: long values are cut on a terminal";

TEST_F(InspectorOnATerminal, AValueDoesNotSpeakToIt) {
  const std::string text = "ok\x1b[2J\x1b]0;owned\x07\r\u009b31m\u202e\x7f\ttab\nline";
  ASSERT_EQ(to_a_pipe({"set", "esc/x", "--type", "string", text}).status, 0);
  const std::string escaped = "ok\\x1b[2J\\x1b]0;owned\\x07\\r\\x9b31m\\u202e\\x7f\ttab\nline\n";
  EXPECT_EQ(shown({"get", "esc/x"}), escaped);
  EXPECT_EQ(shown({"wait", "esc/x"}), escaped);
  for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
           {"get", "esc/x", "--json"}, {"ls"}, {"ls", "--json"}, {"set", "esc/x", "--type", "string", text}}) {
    const std::string out = shown(verb);
    for (const char* raw : {"\x1b", "\x07", "\u009b", "\u202e", "\x7f"}) EXPECT_THAT(out, Not(HasSubstr(raw)));
  }
  EXPECT_EQ(to_a_pipe({"get", "esc/x"}).output, text + "\n");
}

TEST_F(InspectorOnATerminal, ALargeValueIsCutAndANoteSaysHowToSeeIt) {
  const std::string set = shown({"set", "photo/x", large()});
  EXPECT_THAT(set, HasSubstr("photo/x = 000000"));
  EXPECT_THAT(set, HasSubstr("…  (version 1)"));
  EXPECT_THAT(set, HasSubstr(cut_note));
  EXPECT_LT(set.size(), 400u);
  const std::string get = shown({"get", "photo/x"});
  EXPECT_THAT(get, HasSubstr(cut_note));
  EXPECT_LT(get.size(), 5'000u);
  Terminal watching(HOIKU_PATH, at_the_bus({"watch", "photo/x"}));
  EXPECT_LT(watching.wait_for(cut_note).size(), 400u);
  EXPECT_GT(to_a_pipe({"get", "photo/x"}).output.size(), 2'000'000u);
  EXPECT_EQ(to_a_pipe({"get", "photo/x"}).error, "");
}

TEST_F(InspectorOnATerminal, AShortValueIsNotCut) {
  EXPECT_EQ(shown({"set", "a", "x"}), "a = x  (version 1)\n");
  EXPECT_EQ(shown({"get", "a"}), "x\n");
  ASSERT_EQ(to_a_pipe({"set", "poem", std::string(4'000, 'x')}).status, 0);
  EXPECT_EQ(shown({"get", "poem"}), std::string(4'000, 'x') + "\n");
}

}  // namespace
}  // namespace hoiku
