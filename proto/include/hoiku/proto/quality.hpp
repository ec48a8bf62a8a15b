// quality.hpp: whether the value of a topic can be trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace [[gnu::visibility("default")]] hoiku {

// live: its writer is there. stale: not written for the topic's deadline. orphaned: the lease of its owner has ended.
enum class Quality : std::uint8_t { live = 0, stale = 1, orphaned = 2 };

// The names that people read and write: live, stale, orphaned.
std::string_view to_string(Quality quality);
std::optional<Quality> parse_quality(std::string_view name);

}  // namespace hoiku
