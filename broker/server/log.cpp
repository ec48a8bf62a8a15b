#include "broker/server/log.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

constexpr std::size_t value_bytes_max = 160;

bool is_plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

}  // namespace

LogLine& LogLine::add(std::string_view key, std::string_view value) {
  text_.append(" ").append(key).append("=");
  const bool is_cut = value.size() > value_bytes_max;
  if (!is_cut && is_plain(value)) {
    text_.append(value);
  } else {
    // A character that the limit splits becomes a replacement character.
    text::append_quoted(text_, text::valid_utf8(value.substr(0, value_bytes_max)) + (is_cut ? "…" : ""));
  }
  return *this;
}

void Log::write(LogLevel level, const LogLine& line, TimePoint now) {
  if (!sink_) return;
  const auto [found, is_new] = seconds_.try_emplace(line.event());
  Second& second = found->second;
  if (is_new || now - second.began >= std::chrono::seconds(1)) {
    second.began = now;
    second.written = 0;
  }
  if (++second.written > lines_per_second_max) {
    ++second.withheld;
    return;
  }
  const std::uint64_t withheld = std::exchange(second.withheld, 0);
  sink_(level, withheld > 0 ? LogLine(line).add("withheld", withheld).text() : line.text());
}

}  // namespace hoiku::broker
