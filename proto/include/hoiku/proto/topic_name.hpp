// topic_name.hpp: the rules of topic names and patterns: segments joined by '/'. In patterns '*' matches one segment,
// and '**' any number of segments, also none.
//
// A segment is one or more printable characters: valid UTF-8 without control characters, white space, invisible
// characters (text::is_invisible), '*' and '/'.
// Names that begin with '$' belong to the broker: they are read-only, and only patterns that begin with '$' match them.
#pragma once

#include <string_view>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace [[gnu::visibility("default")]] hoiku {

Result<void> check_topic_name(std::string_view name, const Limits& limits = {});  // invalid_topic: names the rule
Result<void> check_topic_pattern(std::string_view pattern, const Limits& limits = {});
bool is_plain_name(std::string_view pattern) noexcept;  // has no wildcard
bool is_reserved_name(std::string_view name) noexcept;  // begins with '$'
// Requires a checked pattern and a checked name. Bounded work: at most segments² comparisons.
bool pattern_matches(std::string_view pattern, std::string_view name) noexcept;

}  // namespace hoiku
