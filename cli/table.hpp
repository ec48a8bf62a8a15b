// table.hpp: what topics there are, and who reads them, as tables for people.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "hoiku/client/bus.hpp"

namespace hoiku::cli {

// How long ago, in one unit: "0.4s", "12s", "3min", "5h", "2d"; "-" for a time that nobody knows. Never negative: the
// clocks of two machines differ.
std::string age_text(WallTime then, WallTime now);

// One line for the columns' names, one per topic, each with its end. Where a width is given, values are cut so that a line
// fits into it; but to no less than eight columns. What would break a line or speak to the terminal is escaped.
std::string topic_table(const std::vector<TopicInfo>& topics, WallTime now, std::optional<std::size_t> width);

// Likewise, one per subscription; the counts as the equation that they are.
std::string reader_table(const std::vector<ReaderInfo>& readers);

}  // namespace hoiku::cli
