// screen.hpp: how much of a value is shown, and the note about the rest.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "cli/messages.hpp"
#include "cli/output.hpp"

namespace hoiku::cli {

class Screen {
 public:
  explicit Screen(bool json);

  // For a value within a line: it takes the width of the terminal at most.
  ValueStyle line_style() const { return {json_, line_columns_}; }
  // For a value alone: it may fill a few screens.
  ValueStyle value_style() const { return {json_, value_columns_}; }
  // Whether a style shows only the beginning of the value.
  bool line_cuts(const Value& value, const Messages& messages) const;
  bool value_cuts(const Value& value, const Messages& messages) const;

 private:
  bool json_;
  std::optional<std::size_t> line_columns_;
  std::optional<std::size_t> value_columns_;
};

// Says on stderr how to see all of a value.
void tell_that_values_are_cut();

}  // namespace hoiku::cli
