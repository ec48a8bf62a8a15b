// command_line.hpp: which verbs and options there are. Their one definition: it parses, it helps, and the completion of
// shells reads it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace hoiku::cli {

// What was typed, before it is understood.
struct Typed {
  std::string endpoint;
  std::string topic;  // or a pattern
  std::string value;
  std::string type;
  std::string condition;
  std::string held_for;
  std::string where;
  std::string max_rate;
  std::string timeout;
  std::optional<std::uint64_t> if_version;
  bool every = false;
  bool quiet = false;
  bool names = false;
  bool json = false;
  std::string shell;
};

// A positional of one of these names is completed with the topics that there are.
inline constexpr const char* topic_argument = "topic";
inline constexpr const char* pattern_argument = "pattern";

// Fills `app` with everything that writes into `typed`, which outlives it.
void describe_command_line(CLI::App& app, Typed& typed);

}  // namespace hoiku::cli
