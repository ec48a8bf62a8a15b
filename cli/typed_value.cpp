#include "cli/typed_value.hpp"

#include <optional>
#include <string>
#include <utility>

#include "cli/input.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/version.hpp"

namespace hoiku::cli {
namespace {

constexpr std::string_view message_prefix = "message:";
constexpr std::string_view text_type = "string";

bool looks_like_an_object(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

// The bytes of a file or of standard input. Empty if the value stands on the command line.
std::optional<Result<std::string>> read_bytes(const RawArguments& raw) {
  const std::string& value = raw.value;
  if (raw.value_is_text) return std::nullopt;
  if (value == "-") return read_standard_input();
  if (value.size() > 1 && value.front() == '@' && raw.type != text_type) return read_file(value.substr(1));
  return std::nullopt;
}

// `echo` and most programs end their output with a line break, which is not a part of a number.
void drop_line_break(std::string& text) {
  if (!text.ends_with('\n')) return;
  text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

// Reads `text` as a value of the type `name`.
Result<Value> read_typed(const std::string& name, std::string text, bool is_raw) {
  const auto type = parse_value_type(name);
  if (!type) return type.failure();
  if (*type == ValueType::message)
    return Failure{ErrorCode::invalid_argument, "name the type of the message: --type message:robot.Pose"};
  if (*type == ValueType::bytes && is_raw) return Value(Bytes{std::move(text)});
  if (*type != ValueType::string && is_raw) drop_line_break(text);
  return parse_value(text, *type);
}

Result<Value> read_inferred(std::string text, bool is_raw) {
  if (is_raw) return Value(Bytes{std::move(text)});
  auto value = infer_value(text);
  if (value) return value;
  return Failure{value.failure().code,
                 value.failure().message + ": --type string keeps its digits, --type double rounds it"};
}

// Strings are UTF-8: other programs would show replacement characters.
Result<void> check_text(const Value& value) {
  const auto* text = value.get_if<std::string>();
  if (text == nullptr || text::valid_utf8(*text) == *text) return {};
  return Failure{ErrorCode::invalid_argument,
                 text::quote(*text) + " is not UTF-8, as texts are: --type bytes takes any bytes, from @FILE or -"};
}

}  // namespace

Result<SetVerb> read_unset(const RawArguments& raw) {
  SetVerb verb;
  verb.topic = raw.topic;
  if (!raw.if_version) return verb;
  const auto version = parse_version(*raw.if_version);
  if (!version) return Failure{version.failure().code, "--if-version: " + version.failure().message};
  verb.if_version = *version;
  return verb;
}

Result<SetVerb> read_set(const RawArguments& raw) {
  auto read = read_unset(raw);
  if (!read) return read.failure();
  SetVerb verb = std::move(read).value();
  std::string text = raw.value;
  auto bytes = read_bytes(raw);
  const bool is_raw = bytes.has_value();
  if (is_raw) {
    if (!*bytes) return bytes->failure();
    text = std::move(*bytes).value();
  }
  if (raw.type.starts_with(message_prefix)) {
    verb.message_type = raw.type.substr(message_prefix.size());
    verb.json = std::move(text);
    return verb;
  }
  if (raw.type.empty() && !is_raw && looks_like_an_object(text)) verb.json = text;
  auto value =
      raw.type.empty() ? read_inferred(std::move(text), is_raw) : read_typed(raw.type, std::move(text), is_raw);
  if (!value) return value.failure();
  if (const auto checked = check_text(*value); !checked) return checked.failure();
  verb.value = std::move(value).value();
  return verb;
}

}  // namespace hoiku::cli
