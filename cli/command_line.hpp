// command_line.hpp: the definition of commands and options. Parsing, help and the completion of shells all use it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace hoiku::cli {

// The arguments as typed, before they are checked.
struct RawArguments {
  std::string endpoint;  // empty: that of the environment
  std::string topic;     // or a pattern
  std::string value;
  bool value_is_text = false;  // @ and - at its beginning mean nothing
  std::string type;
  std::string condition;
  std::string held_for;
  std::string where;
  std::string max_rate;
  std::string timeout;
  std::optional<std::string> if_version;
  bool every = false;
  bool quiet = false;
  bool names = false;
  bool raw = false;
  bool json = false;
  std::string shell;
  // The options of `bench`.
  std::string bench_time = "5s";
  std::string bench_mode = "every";
  std::string bench_rate;
  std::uint64_t bench_size = 16;
  std::uint64_t bench_readers = 1;
  std::uint64_t bench_topics = 1;
  bool bench_set = false;
};

// Names of positional arguments that are completed with the topics of the broker.
inline constexpr const char* topic_argument = "topic";
inline constexpr const char* pattern_argument = "pattern";

// The only positional argument that may be empty.
inline constexpr const char* value_argument = "value";

// No option begins with a digit, so -0.5 is a value. parse_options() puts this mark before such numbers, so that CLI11
// does not take them for options, and before what follows "--" and begins with '-' or '@'. It removes the mark
// afterwards.
inline constexpr char text_mark = '\x1f';

// Adds all commands and options to `app`. They write into `raw`, which must outlive it.
void describe_command_line(CLI::App& app, RawArguments& raw);

}  // namespace hoiku::cli
