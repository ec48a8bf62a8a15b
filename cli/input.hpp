// input.hpp: bytes from files and from standard input, for `hoiku set`.
//
// Errors     invalid_argument if the input cannot be read, also if that shows only in the middle; too_large beyond
//            4 MiB, which is more than any value may have.
#pragma once

#include <string>

#include "hoiku/proto/error.hpp"

namespace hoiku::cli {

Result<std::string> read_file(const std::string& path);
Result<std::string> read_standard_input();

}  // namespace hoiku::cli
