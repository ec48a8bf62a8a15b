#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "cli/output.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

// The width of the terminal on standard output. Empty if it is not a terminal.
std::optional<std::size_t> terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return std::nullopt;
  return size.ws_col;
}

}  // namespace

Task<int> ls(Bus bus, LsVerb verb, bool json) {
  const std::vector<TopicInfo> topics = co_await bus.list(verb.pattern);
  if (topics.empty()) std::fprintf(stderr, "hoiku: no topic matches %s\n", text::quote(verb.pattern).c_str());
  Messages messages;
  for (const TopicInfo& topic : topics) {
    if (!verb.names) co_await messages.learn(bus, message_type_of(topic.state->value));
  }
  if (verb.names || json) {
    for (const TopicInfo& topic : topics)
      std::puts((verb.names ? topic.state->topic : topic_line(topic, messages)).c_str());
  } else if (!topics.empty()) {
    std::fputs(topic_table(topics, wall_now(), terminal_width(), messages).c_str(), stdout);
  }
  std::fflush(stdout);
  co_return done;
}

}  // namespace hoiku::cli
