// complete.cpp: `hoiku complete`, which the shells call. Prints no errors, since the user is typing.
#include <cstdio>
#include <cstdlib>

#include "cli/command_line.hpp"
#include "cli/completion/completion.hpp"
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

void print_candidates(const std::vector<Candidate>& candidates) {
  for (const Candidate& candidate : candidates)
    std::printf("%s\t%s\n", candidate.text.c_str(), candidate.description.c_str());
  std::fflush(stdout);
}

Task<> collect(std::string endpoint, std::string pattern, Duration timeout, std::vector<std::string>& names) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const auto silent = on_connection_event([](const ConnectionEvent&) {});
    Bus bus = co_await Bus::connect(nursery, endpoint, client_name("hoiku-complete"), connect_timeout(timeout), silent);
    const std::vector<TopicInfo> topics = co_await bus.list(pattern);
    for (const TopicInfo& topic : topics) names.push_back(topic.state->topic);
  });
}

}  // namespace

Task<int> complete_words(std::vector<std::string> words) {
  RawArguments raw;
  CLI::App app;
  describe_command_line(app, raw);
  Completion completion = complete(app, words);
  print_candidates(completion.candidates);
  const std::string pattern = pattern_for(completion.word);
  const std::string endpoint = completion.endpoint.value_or(raw.endpoint);
  const bool can_ask = completion.wants_topics && check_topic_pattern(pattern) &&
                       link::parse_network_endpoint(endpoint, link::EndpointUse::connect);
  if (!can_ask) co_return done;
  std::vector<std::string> names;
  try {
    const Duration timeout = topic_timeout();
    co_await move_on_after(timeout, [&]() -> Task<> { co_await collect(endpoint, pattern, timeout, names); });
  } catch (const std::exception&) {
    // No broker answers, or not as expected: there are no topics to propose.
  }
  print_candidates(next_segments(names, completion.word));
  co_return done;
}

}  // namespace hoiku::cli
