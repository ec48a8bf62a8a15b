#include "hoiku/proto/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace hoiku::text {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t excerpt_bytes_max = 80;
constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

void append_hex(std::string& out, char32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += hex_digits[number >> shift & 15];
}

// Writes the escape of JSON, which has two halves beyond U+FFFF.
void append_escape(std::string& out, char32_t c) {
  if (c > 0xFFFF) {
    append_escape(out, 0xD800 + ((c - 0x10000) >> 10));
    append_escape(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    return;
  }
  out += "\\u";
  append_hex(out, c, 4);
}

bool is_variation_selector(char32_t c) { return c >= 0xFE00 && c <= 0xFE0F; }

// Whether a character could break a line or escape the eye.
bool is_hidden(char32_t c) {
  if (c >= 0x20 && c < 0x7F) return false;
  return is_control(c) || (is_invisible(c) && !is_variation_selector(c)) || c == 0x2028 || c == 0x2029;
}

// The short escape of a control character, or an empty string.
std::string_view short_escape(char c) {
  return c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : std::string_view();
}

// Appends `bytes` as they appear between two `mark`s.
void append_escaped(std::string& out, std::string_view bytes, char mark) {
  while (!bytes.empty()) {
    const auto point = first_code_point(bytes);
    const char first = bytes.front();
    if (first == mark || first == '\\') {
      out += '\\';
      out += first;
    } else if (const std::string_view escape = short_escape(first); !escape.empty()) {
      out += escape;
    } else if (point && is_hidden(point->value)) {
      append_escape(out, point->value);
    } else {
      out += bytes.substr(0, point ? point->bytes : 1);
    }
    bytes.remove_prefix(point ? point->bytes : 1);
  }
}

// Appends an escape for people: it need not be read again.
void append_visible(std::string& out, char32_t c) {
  const std::string_view escape = c < 0x80 ? short_escape(static_cast<char>(c)) : std::string_view();
  const int digits = c <= 0xFF ? 2 : c <= 0xFFFF ? 4 : 8;
  if (!escape.empty()) {
    out += escape;
  } else {
    out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
    append_hex(out, c, digits);
  }
}

std::string visible(std::string_view bytes, std::string_view kept) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto point = first_code_point(bytes);
    const char first = bytes.front();
    if (!point) {
      append_visible(out, static_cast<unsigned char>(first));
    } else if (is_hidden(point->value) && kept.find(first) == std::string_view::npos) {
      append_visible(out, point->value);
    } else {
      out += bytes.substr(0, point->bytes);
    }
    bytes.remove_prefix(point ? point->bytes : 1);
  }
  return out;
}

}  // namespace

std::optional<CodePoint> first_code_point(std::string_view bytes) noexcept {
  if (bytes.empty()) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t length = lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  if (length == 0 || bytes.size() < length) return std::nullopt;
  char32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return std::nullopt;
  return CodePoint{value, length};
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool is_utf8(std::string_view bytes) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::uint64_t eight = 0;
  while (!bytes.empty()) {
    if (bytes.size() >= sizeof eight) {  // most texts are ASCII
      std::memcpy(&eight, bytes.data(), sizeof eight);
      if ((eight & high_bits) == 0) {
        bytes.remove_prefix(sizeof eight);
        continue;
      }
    }
    const auto point = first_code_point(bytes);
    if (!point) return false;
    bytes.remove_prefix(point->bytes);
  }
  return true;
}

bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

bool is_white_space(char32_t c) noexcept {
  return c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

// Default_Ignorable_Code_Point of Unicode, and the marks of interlinear annotations.
bool is_invisible(char32_t c) noexcept {
  if (c < 0xAD) return false;
  struct Range {
    char32_t first;
    char32_t last;
  };
  constexpr std::array<Range, 18> ranges{{{0xAD, 0xAD},
                                          {0x34F, 0x34F},
                                          {0x61C, 0x61C},
                                          {0x115F, 0x1160},
                                          {0x17B4, 0x17B5},
                                          {0x180B, 0x180F},
                                          {0x200B, 0x200F},
                                          {0x202A, 0x202E},
                                          {0x2060, 0x206F},
                                          {0x3164, 0x3164},
                                          {0xFE00, 0xFE0F},
                                          {0xFEFF, 0xFEFF},
                                          {0xFFA0, 0xFFA0},
                                          {0xFFF0, 0xFFF8},
                                          {0xFFF9, 0xFFFB},
                                          {0x1BCA0, 0x1BCA3},
                                          {0x1D173, 0x1D17A},
                                          {0xE0000, 0xE0FFF}}};
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

bool is_one_line(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto point = first_code_point(bytes);
    if (!point || is_control(point->value) || point->value == 0x2028 || point->value == 0x2029) return false;
    bytes.remove_prefix(point->bytes);
  }
  return true;
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    if (const auto point = first_code_point(bytes)) {
      out += bytes.substr(0, point->bytes);
      bytes.remove_prefix(point->bytes);
    } else {
      out += replacement_character;
      bytes.remove_prefix(1);
    }
  }
  return out;
}

std::string shorten(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string one_line(std::string_view bytes) { return visible(bytes, ""); }

std::string visible_lines(std::string_view bytes) { return visible(bytes, "\n\t"); }

std::string visible_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const auto point = first_code_point(json);
    const std::size_t bytes = point ? point->bytes : 1;
    if (point && is_hidden(point->value)) {
      append_escape(out, point->value);
    } else {
      out += json.substr(0, bytes);
    }
    json.remove_prefix(bytes);
  }
  return out;
}

void append_quoted(std::string& out, std::string_view bytes) {
  out += '"';
  append_escaped(out, bytes, '"');
  out += '"';
}

std::string excerpt(std::string_view bytes) {
  std::string shown;
  while (!bytes.empty()) {
    const auto point = first_code_point(bytes);
    const std::string_view character = point ? bytes.substr(0, point->bytes) : bytes.substr(0, 1);
    std::string written;
    if (point && is_invisible(point->value)) {
      append_escape(written, point->value);
    } else {
      append_escaped(written, point ? character : replacement_character, '\'');
    }
    if (shown.size() + written.size() > excerpt_bytes_max) return shown + "…";
    shown += written;
    bytes.remove_prefix(character.size());
  }
  return shown;
}

std::string quote(std::string_view bytes) { return "'" + excerpt(bytes) + "'"; }

}  // namespace hoiku::text
