#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/columns.hpp"
#include "cli/output.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

constexpr std::size_t value_width_min = 8;
// Where nothing shortens values, the column is no wider: one photo would fill each line with blanks.
constexpr std::size_t value_width_max = 80;
constexpr std::string_view topic_header = "topic\nvalue\ntype\nversion\nage\nquality\nwriter\nreaders";
constexpr char cell_end = '\n';  // no cell has one
// Numbers are aligned to the right.
constexpr std::array<bool, 8> is_number{false, false, false, true, true, false, false, true};

// Takes the first cell off `cells`.
std::string_view take_cell(std::string_view& cells) {
  const std::string_view cell = cells.substr(0, cells.find(cell_end));
  cells.remove_prefix(std::min(cell.size() + 1, cells.size()));
  return cell;
}

// The width of each column.
template <std::size_t n>
std::array<std::size_t, n> widths_of(const std::vector<std::array<std::string, n>>& rows) {
  std::array<std::size_t, n> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < n; ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  return widths;
}

std::string padded(std::string_view cell, std::size_t width, bool to_the_right) {
  const std::string padding(width - std::min(columns_of(cell), width), ' ');
  return to_the_right ? padding + std::string(cell) : std::string(cell) + padding;
}

// The pattern of a reader, or the first topics of its composite.
std::string reads_text(const std::vector<std::string>& topics) {
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < topics.size() && i < shown; ++i) text += (i == 0 ? "" : " + ") + topics[i];
  return text::one_line(topics.size() > shown ? text + fmt::format(" + {} more", topics.size() - shown) : text);
}

std::string mode_text(const ReaderInfo& reader) {
  std::string text(mode_name(reader.mode));
  return reader.interval.count() > 0 ? text + " per " + duration_text(reader.interval) : text;
}

std::string filter_text(const ReaderInfo& reader, std::optional<std::size_t> width) {
  if (reader.filter.empty()) return "-";
  const std::string text = text::one_line(reader.filter);
  return width ? cut_to_columns(text, std::max(*width / 2, value_width_min)) : text;
}

}  // namespace

std::string reader_table(const std::vector<ReaderInfo>& readers, std::optional<std::size_t> width) {
  constexpr std::size_t texts = 4;
  constexpr std::size_t cells = 11;
  using Cells = std::array<std::string, cells>;
  std::vector<Cells> rows{{"client", "reads", "mode", "filter", "written", "delivered", "in flight", "conflated",
                           "filtered", "lagged", "pending"}};
  for (const ReaderInfo& reader : readers) {
    rows.push_back({text::one_line(reader.session), reads_text(reader.topics), mode_text(reader),
                    filter_text(reader, width), std::to_string(reader.written), std::to_string(reader.delivered),
                    std::to_string(reader.in_flight), std::to_string(reader.conflated), std::to_string(reader.filtered),
                    std::to_string(reader.lagged), std::to_string(reader.pending)});
  }
  const std::array<std::size_t, cells> widths = widths_of(rows);
  std::string text;
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < cells; ++i) {
      text += i == 0 ? "" : i <= texts ? "  " : i == texts + 1 ? " = " : " + ";
      text += padded(row[i], widths[i], i >= texts);
    }
    text += '\n';
  }
  return text;
}

std::string age_text(WallTime then, WallTime now) {
  using namespace std::chrono;
  if (then == WallTime{}) return "-";
  const auto age = std::max(duration_cast<milliseconds>(now - then), milliseconds(0));
  if (age < seconds(10)) return fmt::format("{:.1f}s", static_cast<double>(age / milliseconds(100)) / 10);
  if (age < seconds(120)) return fmt::format("{}s", age / seconds(1));
  if (age < minutes(120)) return fmt::format("{}min", age / minutes(1));
  if (age < hours(48)) return fmt::format("{}h", age / hours(1));
  return fmt::format("{}d", age / hours(24));
}

TopicTable::TopicTable(std::optional<std::size_t> width) : width_(width) {
  std::string_view names = topic_header;
  for (std::size_t& column : widths_) column = columns_of(take_cell(names));
}

std::string TopicTable::cells(const TopicInfo& topic, WallTime now, const Messages& messages) {
  const Transition& state = *topic.state;
  std::string value = text::one_line(messages.text(state.value));
  if (width_) value = cut_to_columns(value, std::max(*width_, value_width_min));
  const std::array<std::string, column_count> row{
      text::one_line(state.topic),
      std::move(value),
      std::string(state.value.is_null() ? "-" : to_string(state.value.type())),
      std::to_string(state.version.number),
      age_text(state.changed_at, now),
      state.version.number == 0 ? "-" : std::string(to_string(state.quality)),
      state.writer.empty() ? "-" : text::one_line(state.writer),
      std::to_string(topic.readers)};
  std::string joined;
  for (std::size_t i = 0; i < column_count; ++i) {
    widths_[i] = std::max(widths_[i], columns_of(row[i]));
    joined += row[i];
    if (i + 1 < column_count) joined += cell_end;
  }
  return joined;
}

std::string TopicTable::header() const { return line(topic_header); }

std::string TopicTable::line(std::string_view cells) const {
  const std::size_t value_columns = value_width();
  std::string text;
  for (std::size_t i = 0; i < column_count; ++i) {
    const std::string_view cell = take_cell(cells);
    if (i > 0) text += "  ";
    if (i == value_column) {
      text += padded(width_ ? cut_to_columns(cell, value_columns) : cell, value_columns, false);
    } else {
      text += padded(cell, widths_[i], is_number[i]);
    }
  }
  return text + "\n";
}

std::size_t TopicTable::value_width() const {
  const std::size_t wanted = widths_[value_column];
  if (!width_) return std::min(wanted, value_width_max);
  std::size_t others = 2 * (column_count - 1);
  for (std::size_t i = 0; i < column_count; ++i) {
    if (i != value_column) others += widths_[i];
  }
  const std::size_t room = *width_ > others ? *width_ - others : 0;
  return std::min(wanted, std::max(room, value_width_min));
}

}  // namespace hoiku::cli
