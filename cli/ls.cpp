#include <cstdio>

#include "cli/output.hpp"
#include "cli/standard_output.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {

Task<Answer> ls(Bus bus, LsVerb verb, bool json) {
  const std::vector<TopicInfo> topics = co_await bus.list(verb.pattern);
  if (topics.empty()) std::fprintf(stderr, "hoiku: no topic matches %s\n", text::quote(verb.pattern).c_str());
  Messages messages;
  for (const TopicInfo& topic : topics) {
    if (!verb.names) co_await messages.learn(bus, message_type_of(topic.state->value));
  }
  Answer answer;
  if (verb.names || json) {
    for (const TopicInfo& topic : topics) {
      const std::string& name = topic.state->topic;
      answer.output += verb.names ? output_is_terminal() ? text::one_line(name) : name : topic_line(topic, messages);
      answer.output += '\n';
    }
  } else if (!topics.empty()) {
    answer.output = topic_table(topics, wall_now(), terminal_width(), messages);
  }
  co_return answer;
}

}  // namespace hoiku::cli
