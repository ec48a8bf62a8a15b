#include "cli/screen.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/columns.hpp"
#include "cli/standard_output.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

constexpr std::size_t default_width = 80;
constexpr std::size_t least_columns = 40;
constexpr std::size_t value_columns_max = 4096;

}  // namespace

Screen::Screen(bool json) : json_(json) {
  if (!output_is_terminal()) return;
  line_columns_ = std::max(terminal_width().value_or(default_width), least_columns);
  value_columns_ = value_columns_max;
}

bool Screen::line_cuts(const Value& value, const Messages& messages) const {
  return !json_ && line_columns_ && columns_of(text::one_line(messages.text(value))) > *line_columns_;
}

bool Screen::value_cuts(const Value& value, const Messages& messages) const {
  return !json_ && value_columns_ && columns_of(text::visible_lines(messages.text(value))) > *value_columns_;
}

void tell_that_values_are_cut() {
  std::fputs("hoiku: long values are cut on a terminal; hoiku get TOPIC | less shows all of one\n", stderr);
}

}  // namespace hoiku::cli
