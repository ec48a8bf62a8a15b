// quoted.hpp: what strangers have said, as it stands in error messages and lists: long enough to be recognised, and no longer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hoiku::broker {

// The first `bytes_max` bytes, with "…" where something was cut off; never half a character of UTF-8.
std::string shortened(std::string_view text, std::size_t bytes_max);
// So much is shown of a predicate.
constexpr std::size_t predicate_bytes_shown = 255;
// A name, or the name of a type, in an error message.
std::string quoted(std::string_view name);

}  // namespace hoiku::broker
