// log.hpp: the broker's log, for its operator: an event's name, then key=value, one line each.
//
// Promises   a line stays one line and its keys stay readable, whatever name a peer gives itself: values are quoted and
//            shortened if necessary. Each event writes at most `lines_per_second_max` lines per second; the next line
//            after that says how many were withheld.
// Thread     the broker's.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "hoiku/async/time.hpp"

namespace hoiku::broker {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

// Receives each line, without time and level. If it is empty, nothing is written.
using LogSink = std::function<void(LogLevel, const std::string& line)>;

class LogLine {
 public:
  explicit LogLine(std::string_view event) : event_(event), text_(event) {}
  LogLine& add(std::string_view key, std::string_view value);
  template <std::integral N>
  LogLine& add(std::string_view key, N value) {
    text_.append(" ").append(key).append("=").append(std::to_string(value));
    return *this;
  }
  const std::string& event() const { return event_; }
  const std::string& text() const { return text_; }

 private:
  std::string event_;
  std::string text_;
};

class Log {
 public:
  static constexpr int lines_per_second_max = 10;

  explicit Log(LogSink sink) : sink_(std::move(sink)) {}
  void write(LogLevel level, const LogLine& line, TimePoint now);
  bool is_quiet() const noexcept { return !sink_; }

 private:
  struct Second {
    TimePoint began;
    int written = 0;
    std::uint64_t withheld = 0;
  };
  LogSink sink_;
  std::map<std::string, Second> seconds_;  // by event
};

}  // namespace hoiku::broker
