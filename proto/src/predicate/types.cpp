// types.cpp: resolves a predicate for the type of its topic: reads literals as that type, refuses comparisons that it
// does not have.
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

bool is_numeric(ValueType type) { return type == ValueType::int64 || type == ValueType::float64; }

bool has_order(ValueType type) { return is_numeric(type) || type == ValueType::string || type == ValueType::null; }

bool asks_for_order(Op op) { return op != Op::equal && op != Op::not_equal; }

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

Result<Value> read_text(const std::string& text, ValueType type) {
  auto value = type == ValueType::null ? parse_value(text) : parse_value(text, type);
  if (!value && type == ValueType::int64) {
    if (auto number = parse_value(text, ValueType::float64)) {
      if (!is_exact(*number->get_if<double>(), text)) {
        return Failure{ErrorCode::invalid_predicate,
                       text::quote(text) + " is outside the range of int64 and cannot be compared exactly"};
      }
      value = std::move(number);
    }
  }
  if (!value)
    return Failure{ErrorCode::type_mismatch, "the predicate does not fit its topic: " + value.failure().message};
  return value;
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
    Common common;
    for (Node& child : node.children) {
      if (auto ok = references(child, common); !ok) return ok;
    }
    type_ = common.type.value_or(topic_);
    enumeration_ = common.enumeration.get();
    for (Node& child : node.children) {
      if (auto ok = term(child); !ok) return ok;
    }
    if (asks_for_order(node.op) && !has_order(type_)) {
      return invalid("a " + std::string(to_string(type_)) + " can be compared with == and != only, not with " +
                     std::string(symbol(node.op)));
    }
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
    if (!node.literal_text.empty()) {
      auto value = read_text(node.literal_text, type_);
      if (!value) return value.failure();
      node.literal = std::move(*value);
      node.literal_text.clear();
    }
    const ValueType own = node.literal.type();
    if (type_ == ValueType::null || own == type_ || own == ValueType::null) return {};
    if (!is_numeric(type_) || !is_numeric(own)) {
      return Failure{ErrorCode::type_mismatch, "the predicate does not fit its topic: it compares " +
                                                   with_article(type_) + " with " + with_article(own)};
    }
    return {};
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

Result<Node> resolve(const Node& root, ValueType type, const MessageSchema* schema) {
  Node resolved = root;
  if (auto ok = Resolution(type, schema).condition(resolved); !ok) return ok.failure();
  return resolved;
}

}  // namespace hoiku::predicate
