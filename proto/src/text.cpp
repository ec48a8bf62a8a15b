#include "hoiku/proto/text.hpp"

#include <array>

namespace hoiku::text {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t excerpt_bytes_max = 80;
constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

// Writes the escape of JSON with four digits, which is enough for all characters that need it.
void append_escape(std::string& out, char32_t c) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex_digits[c >> shift & 15];
}

// Whether a character could break a line or escape the eye in an error message.
bool is_hidden(char32_t c) { return is_control(c) || is_invisible(c) || c == 0x2028 || c == 0x2029; }

// Appends `bytes` as they appear between two `mark`s.
void append_escaped(std::string& out, std::string_view bytes, char mark) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == mark || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20) {
      append_escape(out, byte);
    } else {
      out += c;
    }
  }
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

bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

bool is_white_space(char32_t c) noexcept {
  return c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_invisible(char32_t c) noexcept {
  return c == 0xAD || c == 0x200B || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
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
    if (point && point->value >= 0x7F && is_hidden(point->value)) {
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
