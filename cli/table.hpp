// table.hpp: topics and readers as tables.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/messages.hpp"
#include "hoiku/client/bus.hpp"

namespace hoiku::cli {

// The age in one unit: "0.4s", "12s", "3min", "5h", "2d"; "-" if unknown. Never negative: the clocks of two machines
// differ.
std::string age_text(WallTime then, WallTime now);

// A header line and one line per topic. If `width` is given, values are shortened so that a line fits into it, but to
// no less than eight columns. Untrusted text is escaped.
std::string topic_table(const std::vector<TopicInfo>& topics, WallTime now, std::optional<std::size_t> width,
                        const Messages& messages = {});

// A header line and one line per subscription, with its counts as an equation. If `width` is given, a filter takes at
// most half of it, since a client may send one of any length.
std::string reader_table(const std::vector<ReaderInfo>& readers, std::optional<std::size_t> width = {});

}  // namespace hoiku::cli
