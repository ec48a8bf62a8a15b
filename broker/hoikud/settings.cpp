#include "broker/hoikud/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "broker/server/check_limits.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

constexpr std::size_t count_max = 4'294'967'295;
constexpr std::size_t memory_max = std::size_t{1} << 40;

constexpr std::array limits_table{
    LimitSetting{"topics-max", &Limits::topics_max, 1, count_max, "topics"},
    LimitSetting{"values-bytes-max", &Limits::values_bytes_max, 1, memory_max,
                 "bytes of the values of all topics together"},
    LimitSetting{"sessions-max", &Limits::sessions_max, 1, count_max, "clients"},
    LimitSetting{"sessions-per-address-max", &Limits::sessions_per_address_max, 1, count_max,
                 "clients of one address; of one user, on a Unix socket"},
    LimitSetting{"subscriptions-per-session-max", &Limits::subscriptions_per_session_max, 1, count_max,
                 "subscriptions and waits of one client"},
    LimitSetting{"standing-work-max", &Limits::standing_work_max, 1, count_max,
                 "steps that one client's readers, or waits, add to each transition of a topic"},
    LimitSetting{"value-bytes-max", &Limits::value_bytes_max, 1, value_max_in(frame_max), "bytes of a value"},
    LimitSetting{"frame-bytes-max", &Limits::frame_bytes_max, std::size_t{64} << 10, frame_max,
                 "bytes of a message on the wire"},
    LimitSetting{"unacknowledged-bytes-max", &Limits::unacknowledged_bytes_max, 1, memory_max,
                 "bytes sent to one client and not acknowledged"},
    LimitSetting{"history-transitions-max", &Limits::history_transitions_max, 1, count_max,
                 "transitions of a topic for `every` readers, its latest state included"},
    LimitSetting{"history-bytes-max", &Limits::history_bytes_max, 1, memory_max, "bytes of history per topic"},
    LimitSetting{"histories-bytes-max", &Limits::histories_bytes_max, 1, memory_max,
                 "bytes of the histories of all topics together"},
};

constexpr std::array<std::pair<LogLevel, std::string_view>, 4> levels{
    {{LogLevel::debug, "debug"}, {LogLevel::info, "info"}, {LogLevel::warn, "warn"}, {LogLevel::error, "error"}}};

Failure invalid(std::string message) { return Failure{ErrorCode::invalid_argument, std::move(message)}; }

}  // namespace

std::span<const LimitSetting> limit_settings() { return limits_table; }

const LimitSetting* find_limit(std::string_view name) {
  const auto found = std::find_if(limits_table.begin(), limits_table.end(),
                                  [&](const LimitSetting& setting) { return setting.name == name; });
  return found == limits_table.end() ? nullptr : &*found;
}

std::string allowed_text(const LimitSetting& setting) {
  return "a whole number from " + std::to_string(setting.least) + " to " + std::to_string(setting.most);
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const auto& [level, name] : levels) {
    if (name == text) return level;
  }
  return invalid(text::quote(text) + " is not one of " + std::string(log_levels_text));
}

std::string_view to_string(LogLevel level) {
  for (const auto& [known, name] : levels) {
    if (known == level) return name;
  }
  return "info";
}

Result<std::optional<std::uint32_t>> parse_socket_mode(std::string_view text) {
  if (text.empty()) return std::optional<std::uint32_t>();
  constexpr std::uint32_t highest = 0777;
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || text.size() < 3 || text.size() > 4 || mode > highest)
    return invalid(text::quote(text) + " is not a mode: it has to be " + std::string(socket_modes_text));
  return std::optional(mode);
}

std::string socket_mode_text(std::optional<std::uint32_t> mode) {
  return mode ? fmt::format("{:03o}", *mode) : std::string();
}

Result<void> check_options(const Options& options) {
  for (const std::string& text : options.listen) {
    const auto endpoint = link::parse_network_endpoint(text, link::EndpointUse::listen);
    if (!endpoint) return endpoint.failure();
    if (!options.insecure && !link::is_loopback(*endpoint)) {
      return invalid("refusing to listen at " + text +
                     ", which other machines can reach, since anybody there could read and write every topic: "
                     "if that network is trusted, start hoikud with --insecure");
    }
  }
  const Limits& limits = options.limits;
  if (limits.session_timeout_default < limits.session_timeout_min ||
      limits.session_timeout_default > limits.session_timeout_max) {
    return invalid("--session-timeout must be between " + duration_text(limits.session_timeout_min) + " and " +
                   duration_text(limits.session_timeout_max));
  }
  return check_limits(limits);
}

}  // namespace hoiku::broker
