// complete.cpp: `hoiku complete`, which the shells call. Prints no errors, since the user is typing.
#include <cstdlib>
#include <utility>

#include "cli/command_line.hpp"
#include "cli/completion/completion.hpp"
#include "cli/standard_output.hpp"
#include "cli/verbs.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::cli {
namespace {

using namespace std::chrono_literals;

// The user cannot type while this waits. HOIKU_COMPLETION_TIMEOUT=5s is for slow machines and tests.
Duration topic_timeout() {
  const char* text = std::getenv("HOIKU_COMPLETION_TIMEOUT");
  const Result<Duration> wanted = parse_duration(text ? text : "");
  return wanted ? *wanted : Duration(500ms);
}

Task<> print_candidates(std::vector<Candidate> candidates) {
  std::string lines;
  for (const Candidate& candidate : candidates) lines += candidate.text + "\t" + candidate.description + "\n";
  co_await write_output(std::move(lines));
}

Task<> collect(std::string endpoint, std::string pattern, Duration timeout, std::vector<std::string>& names) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const auto silent = on_connection_event([](const ConnectionEvent&) {});
    Bus bus = co_await Bus::connect(nursery, endpoint, client_name("hoiku-complete"), connect_timeout(timeout), silent);
    TopicPages pages = bus.list_pages(pattern);
    for (;;) {
      const std::optional<TopicPage> page = co_await pages.next();
      if (!page) break;
      if (page->is_first) names.clear();
      // Each name becomes a line for the shell: whatever answers there must not make two of it.
      for (const TopicInfo& topic : page->topics) {
        if (check_topic_name(topic.state->topic)) names.push_back(topic.state->topic);
      }
    }
  });
}

}  // namespace

Task<int> complete_words(std::vector<std::string> words) {
  RawArguments raw;
  CLI::App app;
  describe_command_line(app, raw);
  Completion completion = complete(app, words);
  co_await print_candidates(completion.candidates);
  const std::string pattern = pattern_for(completion.word);
  const auto endpoint =
      completion.endpoint ? Result<std::string>(*completion.endpoint) : link::endpoint_from_environment();
  const bool can_ask = completion.wants_topics && check_topic_pattern(pattern) && endpoint &&
                       link::parse_network_endpoint(*endpoint, link::EndpointUse::connect);
  if (!can_ask) co_return done;
  std::vector<std::string> names;
  try {
    const Duration timeout = topic_timeout();
    co_await move_on_after(timeout, [&]() -> Task<> { co_await collect(*endpoint, pattern, timeout, names); });
  } catch (const std::exception&) {
    // No broker answers, or not as expected: there are no topics to propose.
  }
  co_await print_candidates(next_segments(names, completion.word));
  co_return done;
}

}  // namespace hoiku::cli
