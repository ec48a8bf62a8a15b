#include "cli/output.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/columns.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/version.hpp"

namespace hoiku::cli {
namespace {

std::string json_text(const std::string& text) { return to_json(Value(text)); }

// The time of day in UTC, without the date. Dashes for a topic that was unset by a restart of the broker: its time is
// unknown.
std::string time_of_day(WallTime time) {
  if (time == WallTime{}) return "--:--:--.---";
  const auto since_midnight = (time - std::chrono::floor<std::chrono::days>(time)) / std::chrono::milliseconds(1);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", since_midnight / 3'600'000, since_midnight / 60'000 % 60,
                     since_midnight / 1000 % 60, since_midnight % 1000);
}

std::string json_time(WallTime time) {
  return time == WallTime{} ? "null" : std::to_string(time.time_since_epoch().count());
}

// A value within a line.
std::string shown(const Value& value, const ValueStyle& style, const Messages& messages) {
  std::string text = text::one_line(messages.text(value));
  return style.columns ? cut_to_columns(text, *style.columns) : text;
}

std::string type_text(const Value& value) { return '"' + std::string(to_string(value.type())) + '"'; }

// When it changed, and after that when it was measured, if its source has said so.
template <class Seen>
std::string json_times(const Seen& seen) {
  const std::string measured = seen.source_time ? ",\"source_time_us\":" + json_time(*seen.source_time) : std::string();
  return json_time(seen.changed_at) + measured;
}

}  // namespace

std::string_view mode_name(Mode mode) { return mode == Mode::every ? "every" : "latest"; }

std::string ping_line(const std::string& endpoint, std::chrono::nanoseconds taken, bool json) {
  const std::chrono::duration<double, std::micro> us = taken;
  if (json) return fmt::format(R"({{"endpoint":{},"round_trip_us":{:.0f}}})", json_text(endpoint), us.count());
  return fmt::format("{} answers ({:.1f} ms)", endpoint, us.count() / 1000);
}

std::string set_line(const std::string& topic, const Value& value, const Version& version, ValueStyle style,
                     const Messages& messages) {
  if (style.json)
    return fmt::format(R"({{"topic":{},"value":{},"type":{},"version":"{}"}})", json_text(topic), messages.json(value),
                       type_text(value), to_string(version));
  return fmt::format("{} = {}  (version {})", text::one_line(topic), shown(value, style, messages), version.number);
}

std::string forget_line(const std::string& topic, bool json) {
  if (json) return fmt::format(R"({{"topic":{},"declared":false}})", json_text(topic));
  return text::one_line(topic) + " is not declared any more";
}

std::string value_line(const Transition& transition, ValueStyle style, const Messages& messages) {
  if (style.json)
    return fmt::format(
        R"({{"topic":{},"value":{},"type":{},"version":"{}","changed_at_us":{},"writer":{},"quality":"{}"}})",
        json_text(transition.topic), messages.json(transition.value), type_text(transition.value),
        to_string(transition.version), json_times(transition), json_text(transition.writer),
        to_string(transition.quality));
  std::string text = messages.text(transition.value);
  if (!style.columns) return text;
  text = text::visible_lines(text);
  return cut_to_columns(text, *style.columns);
}

std::string value_bytes(const Value& value) {
  if (const auto* bytes = value.get_if<Bytes>()) return bytes->data;
  if (const auto* message = value.get_if<MessageBytes>()) return message->data;
  return to_display_string(value);
}

std::string topic_line(const TopicInfo& topic, const Messages& messages) {
  const Transition& state = *topic.state;
  return fmt::format(
      R"({{"topic":{},"value":{},"type":{},"version":"{}","changed_at_us":{},"writer":{},"quality":"{}",)"
      R"("readers":{}}})",
      json_text(state.topic), messages.json(state.value), type_text(state.value), to_string(state.version),
      json_times(state), json_text(state.writer), to_string(state.quality), topic.readers);
}

std::string reader_line(const ReaderInfo& reader) {
  std::string topics;
  for (const std::string& topic : reader.topics) topics += (topics.empty() ? "" : ",") + json_text(topic);
  return fmt::format(
      R"({{"client":{},"session":{},"topics":[{}],"mode":"{}","filter":{},"interval_us":{},"matched":{},)"
      R"("written":{},"delivered":{},"in_flight":{},"conflated":{},"filtered":{},"lagged":{},"pending":{}}})",
      json_text(reader.client), json_text(reader.session), topics, mode_name(reader.mode),
      reader.filter.empty() ? "null" : json_text(reader.filter), reader.interval / std::chrono::microseconds(1),
      reader.matched, reader.written, reader.delivered, reader.in_flight, reader.conflated, reader.filtered,
      reader.lagged, reader.pending);
}

bool has_news(const AnyTransition& transition) {
  const bool missed = transition.skipped > 0 || transition.filtered > 0 || transition.lagged;
  return !transition.value.is_null() || !transition.old_value.is_null() || missed;
}

std::string transition_line(const AnyTransition& transition, ValueStyle style, const Messages& messages) {
  if (style.json)
    return fmt::format(R"({{"topic":{},"old_value":{},"old_type":{},"value":{},"type":{},"version":"{}","skipped":{},)"
                       R"("filtered":{},"lagged":{},"changed_at_us":{},"writer":{},"quality":"{}"}})",
                       json_text(transition.topic), messages.json(transition.old_value),
                       type_text(transition.old_value), messages.json(transition.value), type_text(transition.value),
                       to_string(transition.version), transition.skipped, transition.filtered,
                       transition.lagged ? "true" : "false", json_times(transition), json_text(transition.writer),
                       to_string(transition.quality));
  std::string line = fmt::format("{}  {}  {} -> {}  (version {}", time_of_day(transition.changed_at),
                                 text::one_line(transition.topic), shown(transition.old_value, style, messages),
                                 shown(transition.value, style, messages), transition.version.number);
  if (transition.lagged) {
    line += fmt::format(", {} lagged", transition.lagged->count);
  } else if (transition.skipped > 0) {
    line += fmt::format(", {} skipped", transition.skipped);
  }
  if (transition.filtered > 0) line += fmt::format(", {} filtered", transition.filtered);
  if (transition.quality != Quality::live) line += fmt::format(", {}", to_string(transition.quality));
  return line + ")";
}

}  // namespace hoiku::cli
