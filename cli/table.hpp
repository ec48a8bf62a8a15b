// table.hpp: topics and readers as tables.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/messages.hpp"
#include "hoiku/client/bus.hpp"

namespace hoiku::cli {

// The age in one unit: "0.4s", "12s", "3min", "5h", "2d"; "-" if unknown. Never negative: the clocks of two machines
// differ.
std::string age_text(WallTime then, WallTime now);

// A table of topics, line by line: a header, and one line per topic. Untrusted text is escaped. A line is written when
// all topics were seen, since the columns are as wide as the widest cell. Meanwhile the cells of a topic are kept as
// one string.
class TopicTable {
 public:
  // If `width` is given, values are shortened so that a line fits into it, but to no less than eight columns. Otherwise
  // they are whole, and what exceeds 80 columns pushes the rest of its own line to the right.
  explicit TopicTable(std::optional<std::size_t> width);

  std::string cells(const TopicInfo& topic, WallTime now, const Messages& messages);
  std::string header() const;
  std::string line(std::string_view cells) const;

 private:
  static constexpr std::size_t column_count = 8;
  static constexpr std::size_t value_column = 1;
  std::size_t value_width() const;
  std::optional<std::size_t> width_;
  std::array<std::size_t, column_count> widths_{};
};

// A header line and one line per subscription, with its counts as an equation. If `width` is given, a filter takes at
// most half of it, since a client may send one of any length.
std::string reader_table(const std::vector<ReaderInfo>& readers, std::optional<std::size_t> width = {});

}  // namespace hoiku::cli
