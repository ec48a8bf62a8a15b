// columns.hpp: how many columns of a terminal a text takes.
//
// Promises   does not depend on the locale. Japanese, emoji and the like take two columns, combining marks none. What
//            a terminal joins to one picture (flags, families) is counted piece by piece.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hoiku::cli {

// Requires text without control characters, such as that of text::one_line().
std::size_t columns_of(std::string_view text);

// The longest beginning of `text` that fits into `columns`, which is at least 1. If something was cut off, it ends with
// "…", which counts.
std::string cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace hoiku::cli
