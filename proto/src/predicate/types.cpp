// types.cpp: resolves a predicate for the type of its topic: keeps numbers as that type does, and refuses comparisons
// of unlike types.
//
// All references of a comparison must have one type: that of the topic, or of the fields. Both kinds of numbers count
// as one type.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hoiku/proto/schema.hpp"
#include "hoiku/proto/text.hpp"
#include "proto/src/predicate/tree.hpp"

namespace hoiku::predicate {
namespace {

std::string with_article(ValueType type) {
  return (type == ValueType::int64 ? "an " : "a ") + std::string(to_string(type));
}

// The number as a value of `type`, if the conversion is exact. `value > 2.5` has a meaning for an int64, so 2.5 stays.
Value typed(const Value& number, ValueType type) {
  if (const auto* real = number.get_if<double>(); real && type == ValueType::int64) {
    if (std::trunc(*real) == *real && *real >= -0x1p63 && *real < 0x1p63)
      return Value(static_cast<std::int64_t>(*real));
  }
  if (const auto* integer = number.get_if<std::int64_t>(); integer && type == ValueType::float64) {
    const auto real = static_cast<double>(*integer);
    if (real < 0x1p63 && static_cast<std::int64_t>(real) == *integer) return Value(real);
  }
  return number;
}

// Whether the double is exactly the integer in `text`. Integers beyond int64 are kept as doubles, which cannot
// represent all of them. Other numbers are rounded, as everywhere.
bool is_exact(double number, std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return true;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  return fmt::format("{:.0f}", std::abs(number)) == text;
}

// Reads a number, true or false. `type` decides how a number is kept.
Result<Value> read_for(const std::string& word, ValueType type) {
  Value value = read_word(word);
  const bool is_number = word_type(word) == Word::number;
  if (is_number && type == ValueType::float64) return parse_value(word, type);
  if (const auto* number = value.get_if<double>(); number && type == ValueType::int64 && !is_exact(*number, word)) {
    return Failure{ErrorCode::invalid_predicate,
                   text::quote(word) + " is outside the range of int64 and cannot be compared exactly"};
  }
  return value;
}

Failure unlike(ValueType topic, const Node& literal) {
  const bool is_word = !literal.literal_text.empty();
  std::string message = "the predicate does not fit its topic: it compares ";
  message += with_article(topic) + " with " + with_article(literal.literal.type());
  if (is_word && topic == ValueType::string) {
    message += ": put " + text::quote(literal.literal_text) + " in quotes if it is a text";
  } else if (is_word && topic == ValueType::bytes) {
    message += ": bytes are written as bytes(00ff)";
  }
  return {ErrorCode::type_mismatch, std::move(message)};
}

class Resolution {
 public:
  Resolution(ValueType topic, const MessageSchema* schema) : topic_(topic), schema_(schema) {}

  Result<void> condition(Node& node) {
    if (node.kind == Kind::comparison) return comparison(node);
    for (Node& child : node.children) {
      if (auto ok = condition(child); !ok) return ok;
    }
    return {};
  }

 private:
  // The common type of a comparison's references.
  struct Common {
    std::optional<ValueType> type;
    const Node* first = nullptr;                   // the first reference of that type
    std::shared_ptr<const FieldPath> enumeration;  // a reference to one
  };

  Result<void> comparison(Node& node) {
    const auto is_quality = [](const Node& term) { return term.kind == Kind::state_quality; };
    if (std::any_of(node.children.begin(), node.children.end(), is_quality)) return {};
    Common common;
    for (Node& child : node.children) {
      if (auto ok = references(child, common); !ok) return ok;
    }
    type_ = common.type.value_or(topic_);
    enumeration_ = common.enumeration.get();
    for (Node& child : node.children) {
      if (auto ok = term(child); !ok) return ok;
    }
    if (asks_for_order(node.op) && !has_order(type_)) return no_order(type_, node.op);
    return {};
  }

  Result<void> references(Node& node, Common& common) {
    for (Node& child : node.children) {
      if (auto ok = references(child, common); !ok) return ok;
    }
    if (node.kind != Kind::new_value && node.kind != Kind::old_value) return {};
    if (node.path.empty() || topic_ == ValueType::null) return join(node, topic_, common);
    if (auto ok = find_field(node); !ok) return ok;
    if (auto ok = join(node, node.field->type(), common); !ok) return ok;
    if (node.field->enum_name().empty()) return {};
    if (common.enumeration && common.enumeration->enum_name() != node.field->enum_name()) {
      return invalid(named(*common.first) + " and " + named(node) +
                     " are of different enumerations: they cannot be compared");
    }
    common.enumeration = node.field;
    return {};
  }

  Result<void> find_field(Node& node) {
    if (topic_ != ValueType::message) {
      return invalid(named(node) + " names a field, but the topic holds " + std::string(to_string(topic_)) + " values");
    }
    if (schema_ == nullptr) {
      return invalid(named(node) +
                     " names a field, but the schema of the topic's messages is not known: register it first, as "
                     "Bus::topic does for messages that are not lite");
    }
    auto field = schema_->path(node.path);
    if (!field) return field.failure();
    node.field = std::make_shared<const FieldPath>(std::move(*field));
    return {};
  }

  Result<void> join(const Node& node, ValueType type, Common& common) {
    if (!common.type) {
      common.type = type;
      common.first = &node;
      return {};
    }
    if (*common.type == type) return {};
    if (!is_numeric(type) || !is_numeric(*common.type)) {
      return invalid(named(*common.first) + " is " + with_article(*common.type) + " and " + named(node) + " is " +
                     with_article(type) + ": they cannot be compared");
    }
    common.type = ValueType::float64;
    return {};
  }

  Result<void> term(Node& node) {
    if (node.kind == Kind::new_value || node.kind == Kind::old_value) return {};
    if (node.kind == Kind::literal) {
      if (auto ok = literal(node); !ok) return ok;
      node.literal = typed(node.literal, type_);
      return {};
    }
    if (type_ != ValueType::null && !is_numeric(type_)) {
      return invalid("abs() needs numbers, not a " + std::string(to_string(type_)));
    }
    for (Node& child : node.children) {
      if (auto ok = term(child); !ok) return ok;
    }
    return {};
  }

  Result<void> literal(Node& node) {
    if (enumeration_ != nullptr && is_name(node)) return enum_literal(node);
    const Word word = word_type(node.literal_text);
    if (word == Word::name) return name_literal(node);
    if (word != Word::none) {
      auto value = read_for(node.literal_text, type_);
      if (!value) return value.failure();
      node.literal = std::move(*value);
    }
    const ValueType own = node.literal.type();
    const bool are_unlike = type_ != ValueType::null && own != ValueType::null && own != type_;
    if (are_unlike && !(is_numeric(type_) && is_numeric(own))) return unlike(type_, node);
    node.literal_text.clear();
    return {};
  }

  // A name that is not one of an enumeration. While the type is not known it is compared with nothing.
  Result<void> name_literal(const Node& node) {
    if (type_ == ValueType::null) return {};
    return invalid(text::quote(node.literal_text) +
                   " has to be in quotes if it is a text: only values of enumerations are named without them");
  }

  static bool is_name(const Node& literal) {
    if (literal.literal_text.empty()) return literal.literal.type() == ValueType::string;
    return is_field_name(literal.literal_text);
  }

  Result<void> enum_literal(Node& node) {
    const auto* quoted = node.literal.get_if<std::string>();
    const std::string& name = node.literal_text.empty() ? *quoted : node.literal_text;
    const auto number = enumeration_->enum_number(name);
    if (!number) {
      return Failure{ErrorCode::type_mismatch, "the predicate does not fit its topic: " + text::quote(name) +
                                                   " is not a value of " + text::excerpt(enumeration_->enum_name()) +
                                                   "; expected one of " + enumeration_->enum_names()};
    }
    node.literal = Value(static_cast<std::int64_t>(*number));
    node.literal_text.clear();
    return {};
  }

  // The reference as written, for error messages.
  static std::string named(const Node& reference) {
    std::string name = reference.kind == Kind::new_value ? "value" : "old_value";
    for (const std::string& field : reference.path) name += '.' + field;
    return text::quote(name);
  }

  ValueType topic_;
  const MessageSchema* schema_;
  ValueType type_{};                        // of the current comparison
  const FieldPath* enumeration_ = nullptr;  // of the current comparison, if it compares an enumeration
};

}  // namespace

bool is_numeric(ValueType type) noexcept { return type == ValueType::int64 || type == ValueType::float64; }

bool has_order(ValueType type) noexcept {
  return is_numeric(type) || type == ValueType::string || type == ValueType::null;
}

bool asks_for_order(Op op) noexcept { return op != Op::equal && op != Op::not_equal; }

Failure no_order(ValueType type, Op op) {
  return invalid("a " + std::string(to_string(type)) + " can be compared with == and != only, not with " +
                 std::string(symbol(op)));
}

Result<Node> resolve(const Node& root, ValueType type, const MessageSchema* schema) {
  Node resolved = root;
  if (auto ok = Resolution(type, schema).condition(resolved); !ok) return ok.failure();
  return resolved;
}

}  // namespace hoiku::predicate
