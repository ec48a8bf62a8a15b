// verbs.hpp: the commands of the inspector. Each returns an exit status and throws errors.
#pragma once

#include "cli/options.hpp"
#include "hoiku/hoiku.hpp"

namespace hoiku::cli {

Task<int> execute(Options options);

Task<int> ping(const Options& options, Duration limit);
// Prints candidates for the last of `words`, one per line. Always `done`.
Task<int> complete_words(std::vector<std::string> words);
Task<int> ls(Bus bus, LsVerb verb, bool json);
Task<int> readers(Bus bus, bool json);
Task<int> watch(Bus bus, WatchVerb verb, bool json);

// The error for a broker that stopped answering.
Error no_answer(const Options& options);

}  // namespace hoiku::cli
