// inferred_value.cpp: the value that a person means, from text without a type. Serial numbers, addresses and versions
// look like numbers, and must come back as they were typed.
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "hoiku/proto/text.hpp"
#include "hoiku/proto/value.hpp"
#include "proto/src/literal_text.hpp"

namespace hoiku {
namespace {

constexpr std::string_view digits = "0123456789";

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

// A decimal number in pieces: -12.50e-3 is "-", "12", "50", "-3".
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::optional<std::string_view> fraction;
  std::optional<std::string_view> exponent;
};

std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  if (decimal.negative) text.remove_prefix(1);
  if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    decimal.exponent = text.substr(e + 1);
    text = text.substr(0, e);
  }
  if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
    decimal.fraction = text.substr(point + 1);
    text = text.substr(0, point);
  }
  decimal.whole = text;
  if (!is_digits(decimal.whole) || (decimal.fraction && !is_digits(*decimal.fraction))) return std::nullopt;
  if (!decimal.exponent) return decimal;
  const bool is_signed = decimal.exponent->starts_with('+') || decimal.exponent->starts_with('-');
  return is_digits(decimal.exponent->substr(is_signed ? 1 : 0)) ? std::optional(decimal) : std::nullopt;
}

// The number that a decimal says: its digits without zeros at both ends, and the exponent of the last digit.
struct Canonical {
  bool negative = false;
  std::string digits;
  long exponent = 0;
  friend bool operator==(const Canonical&, const Canonical&) = default;
};

std::optional<Canonical> canonical(const Decimal& decimal) {
  Canonical out{decimal.negative, std::string(decimal.whole), 0};
  if (decimal.fraction) {
    out.digits += *decimal.fraction;
    out.exponent = -static_cast<long>(decimal.fraction->size());
  }
  if (decimal.exponent) {
    std::string_view text = *decimal.exponent;
    if (text.starts_with('+')) text.remove_prefix(1);
    int exponent = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc{}) return std::nullopt;
    out.exponent += exponent;
  }
  out.digits.erase(0, out.digits.find_first_not_of('0'));
  while (out.digits.ends_with('0')) {
    out.digits.pop_back();
    ++out.exponent;
  }
  if (out.digits.empty()) out.exponent = 0;
  return out;
}

// Whether a double that was read from `text` is shown with the digits of `text`, apart from zeros at the end of a
// fraction. A whole number with a bare exponent, 12e34, is rather the name of something.
bool is_kept(std::string_view text, double number) {
  const auto typed = read_decimal(text);
  const std::string shown_text = text::shortest(number);
  const auto shown = read_decimal(shown_text);
  if (!typed || !shown) return false;
  const bool has_padding = typed->whole.size() > 1 && typed->whole.front() == '0';
  const bool has_bare_exponent = typed->exponent && !typed->fraction && is_digits(*typed->exponent);
  return !has_padding && !has_bare_exponent && canonical(*typed) == canonical(*shown);
}

}  // namespace

Result<Value> infer_value(std::string_view text) {
  const bool is_whole = is_digits(text.starts_with('-') ? text.substr(1) : text);
  if (!is_whole) {
    Result<Value> value = parse_value(text);
    const auto* number = value ? value->get_if<double>() : nullptr;
    return number == nullptr || is_kept(text, *number) ? value : Value(std::string(text));
  }
  const std::string_view magnitude = text.starts_with('-') ? text.substr(1) : text;
  const bool has_padding = magnitude.front() == '0' && text != "0";
  if (has_padding) return Value(std::string(text));
  if (auto integer = parse_value(text, ValueType::int64)) return integer;
  return Failure{ErrorCode::invalid_argument,
                 text::quote(text) + " is a whole number beyond int64, which has -2^63 to 2^63-1"};
}

}  // namespace hoiku
