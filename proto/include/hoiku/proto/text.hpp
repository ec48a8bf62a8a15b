// text.hpp: UTF-8, and quoting untrusted text for error messages and lists.
//
// Promises   every function takes any bytes; none depends on the locale.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace [[gnu::visibility("default")]] hoiku {
namespace text {

struct CodePoint {
  char32_t value;
  std::size_t bytes;  // how many it takes in UTF-8
};
// The code point at the front of `bytes`. Empty if the bytes are not UTF-8: overlong forms, surrogates and numbers
// beyond U+10FFFF are not.
std::optional<CodePoint> first_code_point(std::string_view bytes) noexcept;
void append_utf8(std::string& out, char32_t code_point);
bool is_utf8(std::string_view bytes) noexcept;

bool is_control(char32_t c) noexcept;      // C0, DEL, C1
bool is_white_space(char32_t c) noexcept;  // as Unicode says, beyond the control characters
// Takes no room on a screen, or changes the direction of the text around it: two names that look alike would differ.
// Unicode calls these characters ignorable; variation selectors and joiners are among them.
bool is_invisible(char32_t c) noexcept;

// Valid UTF-8 without control characters and line separators.
bool is_one_line(std::string_view bytes) noexcept;

// `bytes` with each byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view bytes);

// The first `bytes_max` bytes, then "…" if the text is longer. Never splits a character of valid UTF-8.
std::string shorten(std::string_view text, std::size_t bytes_max);

// Untrusted text for a terminal. Control characters, line separators, invisible characters and bytes that are not UTF-8
// become \n, \t, \r, \xNN, \uNNNN or \UNNNNNNNN. Variation selectors stay: they choose how one character looks.
std::string one_line(std::string_view bytes);
// The same, but '\n' and '\t' stay as they are.
std::string visible_lines(std::string_view bytes);

// JSON with JSON's own escapes for what one_line() escapes. Requires valid JSON on one line.
std::string visible_json(std::string_view json);

// Appends `bytes` in double quotes, with the escapes of JSON for '"', '\', and what one_line() escapes. Bytes that are
// not UTF-8 stay as they are.
void append_quoted(std::string& out, std::string_view bytes);

// Untrusted text in an error message: the first characters of `bytes`, then "…" if something was cut off. Valid UTF-8
// on one line, with the escapes of JSON for '\', "'", and what cannot be seen. Takes at most 80 bytes and the "…", also
// if every character needs an escape.
std::string excerpt(std::string_view bytes);
// The same in single quotes: 'sensor/touch'.
std::string quote(std::string_view bytes);

}  // namespace text
}  // namespace hoiku
