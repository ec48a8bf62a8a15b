// literal_text.hpp: bytes and numbers as text, and back: what values and predicates are written with.
//
// Promises   every function takes any bytes; none depends on the locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hoiku::text {

bool is_digit(char c) noexcept;

std::string to_hex(std::string_view bytes);
// Accepts a leading 0x. Empty if `digits` is not hexadecimal.
std::optional<std::string> from_hex(std::string_view digits);
// With padding.
std::string to_base64(std::string_view bytes);

// The shortest text that reads back as the same number: "21", "21.5", "1e+300", "nan", "-inf".
std::string shortest(double number);
// The same, and never mistaken for an integer: "21.0".
std::string shortest_with_point(double number);

}  // namespace hoiku::text
