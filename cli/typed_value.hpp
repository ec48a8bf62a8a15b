// typed_value.hpp: the value and the condition of `hoiku set`, from the argument, a file or standard input.
#pragma once

#include "cli/command_line.hpp"
#include "cli/options.hpp"

namespace hoiku::cli {

// Reads @FILE and - (standard input), unless the value was typed after "--", or is @… with --type string: then it is a
// text. The other bytes are read as --type says, or as what they look like. Errors: one sentence.
Result<SetVerb> read_set(const RawArguments& raw);
// `hoiku unset`: a set of null.
Result<SetVerb> read_unset(const RawArguments& raw);

}  // namespace hoiku::cli
