// completion.hpp: what could stand at the cursor, for the shells. Their scripts only ask `hoiku complete WORD...`, so what
// is completed is always what this hoiku understands.
//
// Promises   everything about verbs and options comes from the command line's definition (command_line.hpp).
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
  bool wants_topics = false;            // the word is a topic or a pattern: the broker knows more
  std::string word;                     // the one at the cursor, so far
  std::optional<std::string> endpoint;  // where one was typed
};

// `words` are those behind the program's name, up to the one at the cursor, which may be empty.
Completion complete(const CLI::App& app, const std::vector<std::string>& words);

// The smallest pattern that matches every topic that begins with `word`: "sensor/**" for "sensor/to".
std::string pattern_for(std::string_view word);
// How the word may go on, up to the next '/', as a shell does with folders; sorted, each once.
std::vector<Candidate> next_segments(const std::vector<std::string>& names, std::string_view word);

// The script for bash, zsh or fish; null for another name.
const char* completion_script(std::string_view shell);
inline constexpr const char* known_shells = "bash|zsh|fish";

}  // namespace hoiku::cli
