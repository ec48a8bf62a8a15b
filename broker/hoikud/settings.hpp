// settings.hpp: the limits that an operator can set, each with its name, its bounds and its meaning, for the command
// line, the file, the errors and the printed configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/hoikud/options.hpp"
#include "hoiku/proto/error.hpp"

namespace hoiku::broker {

struct LimitSetting {
  std::string_view name;  // in the file's table [limits]
  std::size_t Limits::*limit;
  std::size_t least;
  std::size_t most;
  std::string_view meaning;
};

std::span<const LimitSetting> limit_settings();
const LimitSetting* find_limit(std::string_view name);  // null: no limit has that name

// "a whole number from 1 to 65536"
std::string allowed_text(const LimitSetting& setting);

// The names of the log levels.
constexpr std::string_view log_levels_text = "debug, info, warn, error";
Result<LogLevel> parse_log_level(std::string_view text);
std::string_view to_string(LogLevel level);

// The mode of a Unix socket's file, in octal digits: "660". An empty text leaves it to the umask.
constexpr std::string_view socket_modes_text = "three or four octal digits, such as 660";
Result<std::optional<std::uint32_t>> parse_socket_mode(std::string_view text);
std::string socket_mode_text(std::optional<std::uint32_t> mode);

// Checks the options as a whole: endpoints that other machines can reach, limits that contradict one another.
Result<void> check_options(const Options& options);

}  // namespace hoiku::broker
