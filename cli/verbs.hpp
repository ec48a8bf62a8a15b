// verbs.hpp: the commands of the inspector. Each returns an exit status, or what it has to print, and throws errors.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "hoiku/hoiku.hpp"

namespace hoiku::cli {

// The result of a one-shot command, not printed yet: the time limit is for the broker, not for the reader of the
// output.
struct Answer {
  int status = done;
  std::string output;
  std::function<Task<>()> print_rest;  // what follows `output`, and would take too much memory at once; may be empty
  bool is_cut = false;                 // shows only the beginning of a value
  std::string note;                    // what is so even if the output cannot be written
};

Task<int> execute(Options options);

Task<int> ping(const Options& options, Duration limit);
// Prints candidates for the last of `words`, one per line. Always `done`.
Task<int> complete_words(std::vector<std::string> words);
Task<Answer> ls(Bus bus, LsVerb verb, bool json);
Task<Answer> readers(Bus bus, bool json);
// Prints the figures at the end, also if it is cancelled.
Task<int> bench(const Options& options, Duration connecting);
Task<int> watch(Bus bus, WatchVerb verb, bool json);

// How long a command may take to connect. The time limit of `wait` is for its condition only.
Duration connect_limit(const Options& options);

// The error for a broker that stopped answering.
Error no_answer(const Options& options);

}  // namespace hoiku::cli
