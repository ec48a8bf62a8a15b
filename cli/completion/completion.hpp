// completion.hpp: candidates for the word at the cursor, for the shells. Their scripts only call `hoiku complete
// WORD...`, so that they always fit the installed hoiku.
//
// Promises   everything about commands and options comes from the command line's definition (command_line.hpp).
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hoiku::cli {

struct Candidate {
  std::string text;
  std::string description;  // may be empty

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool wants_topics = false;            // the word is a topic or a pattern: ask the broker
  std::string word;                     // the word at the cursor, so far
  std::optional<std::string> endpoint;  // of --endpoint, if typed
};

// `words` are those after the program's name, up to the word at the cursor, which may be empty.
Completion complete(const CLI::App& app, const std::vector<std::string>& words);

// The smallest pattern that matches every topic that begins with `word`: "sensor/**" for "sensor/to".
std::string pattern_for(std::string_view word);
// The candidates for `word`, up to the next '/', as shells complete folders. Sorted, without duplicates.
std::vector<Candidate> next_segments(const std::vector<std::string>& names, std::string_view word);

// The script for bash, zsh or fish; null for another name.
const char* completion_script(std::string_view shell);
inline constexpr const char* known_shells = "bash|zsh|fish";

}  // namespace hoiku::cli
