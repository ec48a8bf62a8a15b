// text.hpp: UTF-8, quoting, hex and base64: what values, names, predicates and error messages need to become text.
//
// Promises   every function takes any bytes; none depends on the locale.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hoiku::text {

// One code point at the front of `bytes`, and how many bytes it took; nothing where the bytes are not UTF-8 (overlong
// forms, surrogates and numbers beyond U+10FFFF are not).
struct CodePoint {
  char32_t value;
  std::size_t bytes;
};
std::optional<CodePoint> first_code_point(std::string_view bytes) noexcept;
void append_utf8(std::string& out, char32_t code_point);

bool is_control(char32_t c) noexcept;      // C0, DEL, C1
bool is_white_space(char32_t c) noexcept;  // as Unicode says, beyond the control characters
// Takes no room on a screen, or changes the direction of what stands around it: two names that look alike would differ.
bool is_invisible(char32_t c) noexcept;

// Valid UTF-8 without control characters and line separators.
bool is_one_line(std::string_view bytes) noexcept;

// `bytes` with each byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view bytes);

// In double quotes, with the escapes of JSON for '"', '\' and control characters; other bytes stay as they are.
void append_quoted(std::string& out, std::string_view bytes);

// For error messages: the first characters of `bytes`, quoted and valid UTF-8, with "…" where something was cut off. It is
// short even where every character needs an escape: at most 64 bytes between the quotes.
std::string excerpt(std::string_view bytes);

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view digits);  // also with 0x in front
std::string to_base64(std::string_view bytes);                 // with padding

// The shortest text that reads back as the same number: "21", "21.5", "1e+300", "nan", "-inf".
std::string shortest(double number);
// The same, and never mistaken for an integer: "21.0".
std::string shortest_with_point(double number);
bool is_digit(char c) noexcept;

}  // namespace hoiku::text
