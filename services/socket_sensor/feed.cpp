#include "services/socket_sensor/feed.hpp"

#include <algorithm>

#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::services {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

std::optional<Pause> parse_pause(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return std::chrono::duration_cast<Pause>(*duration);
}

}  // namespace

std::optional<FeedStep> parse_feed_line(std::string_view line, std::size_t number) {
  line = line.substr(0, line.find('#'));
  const std::string_view digit = next_word(line);
  if (digit.empty()) return std::nullopt;
  if (digit.size() != 1 || digit.front() < '0' || digit.front() > '9')
    throw FeedError(number, text::quote(digit) + " is not a digit from 0 to 9");
  FeedStep step;
  step.digit = digit.front() - '0';
  const std::string_view pause = next_word(line);
  if (!pause.empty()) {
    step.pause = parse_pause(pause);
    if (!step.pause) throw FeedError(number, text::quote(pause) + " is not a pause such as 500ms or 1.5s");
  }
  const std::string_view rest = next_word(line);
  if (!rest.empty()) throw FeedError(number, "unexpected " + text::quote(rest) + " after the digit and its pause");
  return step;
}

std::vector<FeedStep> parse_feed(std::string_view text) {
  std::vector<FeedStep> steps;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto step = parse_feed_line(text.substr(0, end), number)) steps.push_back(*step);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return steps;
}

std::optional<Interval> parse_interval(std::string_view text) {
  constexpr std::string_view between = "..";
  const std::size_t dots = text.find(between);
  const auto shortest = parse_pause(text.substr(0, dots));
  const auto longest = dots == std::string_view::npos ? shortest : parse_pause(text.substr(dots + between.size()));
  if (!shortest || !longest || *shortest > *longest) return std::nullopt;
  Interval interval;
  interval.shortest = *shortest;
  interval.longest = *longest;
  return interval;
}

// Avoids std::uniform_int_distribution, whose results differ between libraries.
Pause Dice::pause(const Interval& interval) {
  const auto span = static_cast<std::uint64_t>((interval.longest - interval.shortest).count()) + 1;
  return interval.shortest + Pause(static_cast<Pause::rep>(source_() % span));
}

}  // namespace hoiku::services
