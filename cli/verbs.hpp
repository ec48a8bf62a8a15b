// verbs.hpp: what the inspector does, once it knows what was wanted. Each gives an exit status; errors are thrown.
#pragma once

#include "cli/options.hpp"
#include "hoiku/hoiku.hpp"

namespace hoiku::cli {

Task<int> execute(Options options);

Task<int> ping(const Options& options, Duration limit);
// What could stand at the cursor behind `words`, one candidate a line. Always `done`.
Task<int> complete_words(std::vector<std::string> words);
Task<int> ls(Bus bus, LsVerb verb, bool json);
Task<int> readers(Bus bus, bool json);
Task<int> watch(Bus bus, WatchVerb verb, bool json);

// What is thrown where a broker was there and then said nothing.
Error no_answer(const Options& options);

}  // namespace hoiku::cli
