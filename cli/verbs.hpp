// verbs.hpp: what the inspector does, once it knows what was wanted. Each gives an exit status; errors are thrown.
#pragma once

#include "cli/options.hpp"
#include "hoiku/hoiku.hpp"

namespace hoiku::cli {

Task<int> execute(Options options);

Task<int> watch(Bus bus, WatchVerb verb, bool json);

}  // namespace hoiku::cli
