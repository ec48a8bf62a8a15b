// word.cpp: what a literal without quotes is: a number, true or false, or the name of an enumeration's value.
#include "hoiku/proto/value.hpp"
#include "proto/src/predicate/tree.hpp"

namespace hoiku::predicate {

Word word_type(std::string_view text) noexcept {
  if (text.empty()) return Word::none;
  if (text == "true" || text == "false") return Word::boolean;
  if (text == "nan" || text == "inf" || text == "-inf" || is_number(text)) return Word::number;
  return Word::name;
}

Value read_word(std::string_view text) {
  for (const ValueType type : {ValueType::boolean, ValueType::int64, ValueType::float64}) {
    if (auto value = parse_value(text, type)) return std::move(*value);
  }
  return {};
}

}  // namespace hoiku::predicate
