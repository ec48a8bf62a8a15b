// meaning.cpp: refuses comparisons that are a mistake whatever the topic holds.
#include "hoiku/proto/text.hpp"
#include "proto/src/predicate/tree.hpp"

namespace hoiku::predicate {
namespace {

bool is_reference(const Node& term) { return term.kind == Kind::new_value || term.kind == Kind::old_value; }

Result<void> check_quality(const Node& comparison, const Node& literal) {
  const bool is_quality = literal.kind == Kind::literal && parse_quality(literal.literal_text).has_value();
  if (is_quality && !asks_for_order(comparison.op)) return {};
  return invalid("the predicate has the comparison " + text::quote(comparison_text(comparison)) +
                 ": quality is compared by == or != with live, stale or orphaned, without quotes");
}

bool names_state(const Node& term) {
  if (is_reference(term)) return true;
  for (const Node& child : term.children) {
    if (names_state(child)) return true;
  }
  return false;
}

bool is_name(const Node& term) { return term.kind == Kind::literal && word_type(term.literal_text) == Word::name; }

// The type of a literal. null: another term, or a name.
ValueType literal_type(const Node& term) {
  if (term.kind != Kind::literal) return ValueType::null;
  return term.literal_text.empty() ? term.literal.type() : read_word(term.literal_text).type();
}

Result<void> check_terms(const Node& comparison, const Node& term, const Node& other) {
  const bool may_be_enumeration = is_reference(other) && !other.path.empty();
  if (is_name(term) && !(may_be_enumeration && is_field_name(term.literal_text))) {
    return invalid("the predicate compares with the word " + text::quote(term.literal_text) +
                   ": put a text in quotes, as in value == \"" + text::excerpt(term.literal_text) + "\"");
  }
  const auto* literal = term.kind == Kind::literal ? term.literal.get_if<std::string>() : nullptr;
  if (literal != nullptr && !text::is_utf8(*literal)) {
    return invalid("the predicate compares with the text " + text::quote(*literal) +
                   ", which is not UTF-8: no topic holds one");
  }
  const ValueType type = literal_type(term);
  if (type == ValueType::null) return {};
  if (other.kind == Kind::absolute && !is_numeric(type)) {
    return invalid("abs() is a number, and the predicate compares it with a " + std::string(to_string(type)));
  }
  if (asks_for_order(comparison.op) && !has_order(type)) return no_order(type, comparison.op);
  return {};
}

}  // namespace

Result<void> check_meaning(const Node& node) {
  if (node.kind != Kind::comparison) {
    for (const Node& child : node.children) {
      if (auto ok = check_meaning(child); !ok) return ok;
    }
    return {};
  }
  const Node& left = node.children[0];
  const Node& right = node.children[1];
  if (left.kind == Kind::state_quality) return check_quality(node, right);
  if (right.kind == Kind::state_quality) return check_quality(node, left);
  if (auto ok = check_terms(node, left, right); !ok) return ok;
  if (auto ok = check_terms(node, right, left); !ok) return ok;
  if (names_state(left) || names_state(right)) return {};
  return invalid("the predicate has the comparison " + text::quote(comparison_text(node)) +
                 ", which names no value, old_value or quality: it never changes");
}

}  // namespace hoiku::predicate
