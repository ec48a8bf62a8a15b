// topic_name.hpp: the rules of names and patterns: segments joined by '/'; in patterns '*' is one segment, '**' any number.
//
// A segment is one or more printable characters (valid UTF-8, no control characters, no white space, no '*', no '/').
// Names that begin with '$' are the broker's own: read-only, and matched only by patterns that begin with '$'.
#pragma once

#include <string_view>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku {

Result<void> check_topic_name(std::string_view name, const Limits& limits = {});  // invalid_topic says which rule
Result<void> check_topic_pattern(std::string_view pattern, const Limits& limits = {});
bool is_plain_name(std::string_view pattern) noexcept;  // has no wildcard
bool is_reserved_name(std::string_view name) noexcept;  // begins with '$'
// Both must have been checked. '**' also matches no segment. Bounded work: at most segments² comparisons.
bool pattern_matches(std::string_view pattern, std::string_view name) noexcept;

}  // namespace hoiku
