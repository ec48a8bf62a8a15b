#include "hoiku/proto/topic_name.hpp"

#include <string>

#include "hoiku/proto/text.hpp"

namespace hoiku {
namespace {

enum class Wildcards : bool { refused, allowed };

// Iterates over the segments of a name. A copy remembers a position.
class Segments {
 public:
  explicit Segments(std::string_view text) : rest_(text) {}
  bool at_end() const { return at_end_; }
  std::string_view current() const { return rest_.substr(0, rest_.find('/')); }
  void advance() {
    const std::size_t slash = rest_.find('/');
    at_end_ = slash == std::string_view::npos;
    if (!at_end_) rest_.remove_prefix(slash + 1);
  }

 private:
  std::string_view rest_;
  bool at_end_ = false;
};

// The fault of one segment. Empty if it is valid.
std::string_view fault_of(std::string_view segment, Wildcards wildcards) {
  if (segment.empty()) return "a segment is empty";
  if (wildcards == Wildcards::allowed && (segment == "*" || segment == "**")) return {};
  while (!segment.empty()) {
    const auto point = text::first_code_point(segment);
    if (!point) return "it is not valid UTF-8";
    if (point->value == '*') {
      return wildcards == Wildcards::allowed ? "'*' and '**' have to be whole segments"
                                             : "only patterns may contain '*'";
    }
    if (text::is_control(point->value)) return "it contains a control character";
    if (text::is_white_space(point->value)) return "it contains white space";
    if (text::is_invisible(point->value)) return "it contains an invisible character";
    segment.remove_prefix(point->bytes);
  }
  return {};
}

Result<void> check(std::string_view name, Wildcards wildcards, const Limits& limits) {
  const auto refuse = [&](const std::string& why) {
    const std::string what = wildcards == Wildcards::allowed ? "topic pattern " : "topic name ";
    return Failure{ErrorCode::invalid_topic, what + text::quote(name) + " is not valid: " + why};
  };
  if (name.empty()) return refuse("it is empty");
  if (name.size() > limits.topic_name_bytes_max) {
    return refuse("it has " + std::to_string(name.size()) + " bytes, at most " +
                  std::to_string(limits.topic_name_bytes_max) + " are allowed");
  }
  std::size_t count = 0;
  for (Segments at(name); !at.at_end(); at.advance()) {
    if (++count > limits.topic_segments_max) {
      return refuse("it has more than " + std::to_string(limits.topic_segments_max) + " segments");
    }
    if (const auto fault = fault_of(at.current(), wildcards); !fault.empty()) return refuse(std::string(fault));
  }
  return {};
}

}  // namespace

Result<void> check_topic_name(std::string_view name, const Limits& limits) {
  return check(name, Wildcards::refused, limits);
}

Result<void> check_topic_pattern(std::string_view pattern, const Limits& limits) {
  return check(pattern, Wildcards::allowed, limits);
}

bool is_plain_name(std::string_view pattern) noexcept { return pattern.find('*') == std::string_view::npos; }

bool is_reserved_name(std::string_view name) noexcept { return name.starts_with('$'); }

bool pattern_matches(std::string_view pattern, std::string_view name) noexcept {
  if (is_reserved_name(name) && !is_reserved_name(pattern)) return false;
  Segments wanted(pattern);
  Segments there(name);
  // The position after the last '**', and the first segment that it has not swallowed yet. Only the last '**' ever
  // needs to be retried: the pattern before it has matched, and an earlier '**' that swallowed more would leave less to
  // match. So the work is at most one walk of the pattern for each segment of the name.
  bool may_retry = false;
  Segments retry_wanted = wanted;
  Segments retry_there = there;
  while (!there.at_end()) {
    if (!wanted.at_end() && wanted.current() == "**") {
      wanted.advance();
      may_retry = true;
      retry_wanted = wanted;
      retry_there = there;
    } else if (!wanted.at_end() && (wanted.current() == "*" || wanted.current() == there.current())) {
      wanted.advance();
      there.advance();
    } else if (may_retry) {
      retry_there.advance();
      wanted = retry_wanted;
      there = retry_there;
    } else {
      return false;
    }
  }
  while (!wanted.at_end() && wanted.current() == "**") wanted.advance();
  return wanted.at_end();
}

}  // namespace hoiku
