#include <algorithm>

#include "hoiku/proto/text.hpp"
#include "proto/src/literal_text.hpp"
#include "proto/src/predicate/tree.hpp"

namespace hoiku::predicate {
namespace {

class ShapeCheck {
 public:
  explicit ShapeCheck(const Limits& limits) : limits_(limits) {}

  Result<void> condition(const Node& node, std::size_t depth) {
    if (auto room = enter(node, depth); !room) return room;
    switch (node.kind) {
      case Kind::all_of:
      case Kind::any_of:
        if (node.children.empty()) return invalid("a predicate's && or || has no operands");
        break;
      case Kind::negation:
        if (node.children.size() != 1) return invalid("a predicate's ! needs exactly one operand");
        break;
      case Kind::comparison:
        return comparison(node, depth);
      default:
        return invalid("a predicate has a term where a condition is needed");
    }
    for (const Node& child : node.children) {
      if (auto ok = condition(child, depth + 1); !ok) return ok;
    }
    return {};
  }

 private:
  Result<void> comparison(const Node& node, std::size_t depth) {
    if (symbol(node.op).empty()) return invalid("a predicate compares with an unknown operator");
    if (node.children.size() != 2) return invalid("a predicate's comparison needs exactly two terms");
    for (const Node& child : node.children) {
      if (auto ok = term(child, depth + 1, false); !ok) return ok;
    }
    return {};
  }

  Result<void> term(const Node& node, std::size_t depth, bool within_abs) {
    if (auto room = enter(node, depth); !room) return room;
    switch (node.kind) {
      case Kind::new_value:
      case Kind::old_value:
        return reference(node);
      case Kind::state_quality:
        if (within_abs) return invalid("abs() needs numbers, not a quality");
        if (!node.path.empty()) return invalid("the quality has no fields");
        return reference(node);
      case Kind::literal:
        return literal(node, within_abs);
      case Kind::absolute: {
        if (node.children.size() != 1) return invalid("a predicate's abs() needs exactly one term or difference");
        const Node& child = node.children.front();
        return child.kind == Kind::difference ? difference(child, depth + 1) : term(child, depth + 1, true);
      }
      case Kind::difference:
        return invalid("a difference may stand only within abs(): abs(value - old_value)");
      default:
        return invalid("a predicate has a condition where a term is needed");
    }
  }

  Result<void> difference(const Node& node, std::size_t depth) {
    if (auto room = enter(node, depth); !room) return room;
    if (node.children.size() != 2) return invalid("a predicate's difference needs exactly two terms");
    for (const Node& child : node.children) {
      if (auto ok = term(child, depth + 1, true); !ok) return ok;
    }
    return {};
  }

  Result<void> reference(const Node& node) {
    if (!node.children.empty()) return invalid("value, old_value and quality have no operands");
    for (const std::string& field : node.path) {
      if (!is_field_name(field)) return invalid(text::quote(field) + " is not a field name");
    }
    return {};
  }

  Result<void> literal(const Node& node, bool within_abs) {
    if (!node.children.empty()) return invalid("a literal has no operands");
    const std::string& text = node.literal_text;
    if (!text.empty() && !(within_abs ? is_number(text) : is_word(text))) {
      return invalid(text::quote(text) + (within_abs ? " is not a number, and abs() needs one" : " has to be quoted"));
    }
    const ValueType type = node.literal.type();
    if (text.empty() && within_abs && type != ValueType::int64 && type != ValueType::float64) {
      return invalid("abs() needs numbers, not a " + std::string(to_string(type)));
    }
    return {};
  }

  // Counts the node, and bounds everything that it can cost later.
  Result<void> enter(const Node& node, std::size_t depth) {
    const std::size_t depth_max = std::min(limits_.predicate_depth_max, nesting_max);
    if (depth > depth_max)
      return invalid("the predicate is nested deeper than " + std::to_string(depth_max) + " levels");
    if (++nodes_ > limits_.predicate_nodes_max) {
      return invalid("the predicate has more than " + std::to_string(limits_.predicate_nodes_max) + " nodes");
    }
    bytes_ += node.literal.payload_bytes() + node.literal_text.size();
    for (const std::string& field : node.path) bytes_ += field.size() + 1;
    if (bytes_ > limits_.value_bytes_max) {
      return invalid("the predicate's literals have more than " + std::to_string(limits_.value_bytes_max) + " bytes");
    }
    return {};
  }

  const Limits& limits_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

Failure invalid(std::string message) { return Failure{ErrorCode::invalid_predicate, std::move(message)}; }

Result<void> check_shape(const Node& root, const Limits& limits) { return ShapeCheck(limits).condition(root, 1); }

bool is_condition(Kind kind) noexcept {
  return kind == Kind::all_of || kind == Kind::any_of || kind == Kind::negation || kind == Kind::comparison;
}

bool is_word_character(char c) noexcept {
  constexpr std::string_view others = "()!=<>&|\"',";
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && others.find(c) == std::string_view::npos;
}

// value-3 is not a word: it is far more likely to be a mistake than a string.
bool is_word(std::string_view text) noexcept {
  const auto is_reference = [&](std::string_view name) {
    if (!text.starts_with(name)) return false;
    return text.size() == name.size() || !is_field_name(text.substr(0, name.size() + 1));
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_word_character) && !is_reference("value") &&
         !is_reference("old_value") && !is_reference("quality");
}

std::size_t number_length(std::string_view text) noexcept {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text::is_digit(text[at])) ++at;
    return at - begin;
  };
  if (digits() == 0) return 0;
  std::size_t end = at;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() > 0) end = at;
  }
  at = end;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() > 0) end = at;
  }
  return end;
}

// A number that is too large for a double is refused: it would be read as a string, which abs() does not take.
bool is_number(std::string_view text) noexcept {
  return !text.empty() && number_length(text) == text.size() && bool(parse_value(text, ValueType::float64));
}

bool is_field_name(std::string_view text) noexcept {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || text::is_digit(c); });
}

std::string_view symbol(Op op) noexcept {
  switch (op) {
    case Op::equal:
      return "==";
    case Op::not_equal:
      return "!=";
    case Op::less:
      return "<";
    case Op::less_equal:
      return "<=";
    case Op::greater:
      return ">";
    case Op::greater_equal:
      return ">=";
  }
  return {};
}

}  // namespace hoiku::predicate
