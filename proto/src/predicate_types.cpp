// A predicate meets the type of its topic: literals are read as that type, and what has no meaning for it is refused.
#include <cmath>

#include "proto/src/predicate_tree.hpp"
#include "proto/src/text.hpp"

namespace hoiku::predicate {
namespace {

bool is_numeric(ValueType type) { return type == ValueType::int64 || type == ValueType::float64; }

bool has_order(ValueType type) { return is_numeric(type) || type == ValueType::string || type == ValueType::null; }

bool asks_for_order(Op op) { return op != Op::equal && op != Op::not_equal; }

// The number as the type says, where that changes nothing. `value > 2.5` has a meaning for an int64, so 2.5 stays.
Value in_type(const Value& number, ValueType type) {
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

Result<Value> read_text(const std::string& text, ValueType type) {
  auto value = type == ValueType::null ? parse_value(text) : parse_value(text, type);
  if (!value && type == ValueType::int64) {
    if (auto number = parse_value(text, ValueType::float64)) value = std::move(number);
  }
  if (!value)
    return Failure{ErrorCode::type_mismatch, "the predicate does not fit its topic: " + value.failure().message};
  return value;
}

Result<void> resolve_literal(Node& node, ValueType type) {
  if (!node.literal_text.empty()) {
    auto value = read_text(node.literal_text, type);
    if (!value) return value.failure();
    node.literal = std::move(*value);
    node.literal_text.clear();
  }
  const ValueType own = node.literal.type();
  if (type == ValueType::null || own == type || own == ValueType::null) return {};
  if (!is_numeric(type) || !is_numeric(own)) {
    return Failure{ErrorCode::type_mismatch, "the predicate does not fit its topic: it compares with a " +
                                                 std::string(to_string(own)) + ", and the topic's type is " +
                                                 std::string(to_string(type))};
  }
  return {};
}

Result<void> resolve_term(Node& node, ValueType type) {
  switch (node.kind) {
    case Kind::new_value:
    case Kind::old_value:
      if (node.path.empty() || type == ValueType::null) return {};
      if (type == ValueType::message) return invalid("fields of messages cannot be tested by this version");
      return invalid("fields need a message, and " + text::excerpt(term_text(node)) + " asks for one of a " +
                     std::string(to_string(type)));
    case Kind::literal:
      if (auto ok = resolve_literal(node, type); !ok) return ok;
      node.literal = in_type(node.literal, type);
      return {};
    default:
      break;
  }
  if (type != ValueType::null && !is_numeric(type)) {
    return invalid("abs() needs numbers, and the topic's type is " + std::string(to_string(type)));
  }
  for (Node& child : node.children) {
    if (auto ok = resolve_term(child, type); !ok) return ok;
  }
  return {};
}

Result<void> resolve_condition(Node& node, ValueType type) {
  if (node.kind != Kind::comparison) {
    for (Node& child : node.children) {
      if (auto ok = resolve_condition(child, type); !ok) return ok;
    }
    return {};
  }
  for (Node& child : node.children) {
    if (auto ok = resolve_term(child, type); !ok) return ok;
  }
  if (asks_for_order(node.op) && !has_order(type)) {
    return invalid("a " + std::string(to_string(type)) + " can be compared with == and != only, not with " +
                   std::string(symbol(node.op)));
  }
  return {};
}

}  // namespace

Result<Node> resolve(const Node& root, ValueType type) {
  Node resolved = root;
  if (auto ok = resolve_condition(resolved, type); !ok) return ok.failure();
  return resolved;
}

}  // namespace hoiku::predicate
