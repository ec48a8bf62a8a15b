// normal_form.cpp: rewrites predicates into their normal form. Only exact equivalences are used, null and NaN included.
//
//   && and ||    nested ones of a kind are merged, operands sorted by their text and deduplicated, a single one
//   replaces
//                its junction
//   !!x          x. But !(a > b) stays: it is true if one side is null or NaN, and a <= b is not
//   comparisons  the literal on the right; otherwise value before old_value before abs(): a < b always equals b > a
//   abs(a - b)   the same order: both differences have one magnitude
//   literals     0.0 for -0.0, one spelling for one typed value; a word stays as written until its type is known
#include <algorithm>
#include <utility>

#include "hoiku/proto/field_path.hpp"
#include "hoiku/proto/text.hpp"
#include "proto/src/literal_text.hpp"
#include "proto/src/predicate/tree.hpp"

namespace hoiku::predicate {
namespace {

struct Operand {
  std::string text;
  Node node;
};

std::string literal_text(const Node& node) {
  if (!node.literal_text.empty()) return node.literal_text;
  std::string out;
  if (const auto* v = node.literal.get_if<std::string>()) {
    text::append_quoted(out, *v);
  } else if (const auto* m = node.literal.get_if<MessageBytes>()) {
    out = "message(";
    text::append_quoted(out, m->type_name);
    out += ',' + text::to_hex(m->data) + ')';
  } else {
    out = to_string(node.literal.type());
    out += '(' + (node.literal.is_null() ? std::string() : to_display_string(node.literal)) + ')';
  }
  return out;
}

// The order of terms in a comparison.
int rank(const Node& term) {
  switch (term.kind) {
    case Kind::new_value:
      return 0;
    case Kind::old_value:
      return 1;
    case Kind::state_quality:
      return 2;
    case Kind::absolute:
      return 3;
    default:
      return 4;
  }
}

Op mirrored(Op op) {
  switch (op) {
    case Op::less:
      return Op::greater;
    case Op::less_equal:
      return Op::greater_equal;
    case Op::greater:
      return Op::less;
    case Op::greater_equal:
      return Op::less_equal;
    default:
      return op;
  }
}

// Puts the two terms of `node` in order. True if they have changed places.
bool order_terms(Node& node) {
  Node& left = node.children[0];
  Node& right = node.children[1];
  const bool in_order = rank(left) != rank(right) ? rank(left) < rank(right) : term_text(left) <= term_text(right);
  if (!in_order) std::swap(left, right);
  return !in_order;
}

void normalise_term(Node& node) {
  for (Node& child : node.children) normalise_term(child);
  if (node.kind == Kind::difference) order_terms(node);
  if (node.kind != Kind::literal) return;
  if (!node.literal_text.empty()) {
    node.literal = read_word(node.literal_text);
  } else if (const auto* number = node.literal.get_if<double>(); number && *number == 0) {
    node.literal = Value(0.0);
  }
}

std::string normalise_comparison(Node& node) {
  for (Node& child : node.children) normalise_term(child);
  if (order_terms(node)) node.op = mirrored(node.op);
  if (node.children[0].kind == Kind::state_quality && !node.children[1].literal_text.empty())
    node.children[1].literal = Value(node.children[1].literal_text);
  return comparison_text(node);
}

// The children of `node` in normal form, with nested junctions of its own kind merged.
std::vector<Operand> operands_of(Node& node) {
  std::vector<Operand> operands;
  for (Node& child : node.children) {
    std::string text = normalise(child);
    if (child.kind != node.kind) {
      operands.push_back({std::move(text), std::move(child)});
      continue;
    }
    for (Node& grandchild : child.children) {
      std::string normal = normalise(grandchild);  // in normal form already; this returns the text
      operands.push_back({std::move(normal), std::move(grandchild)});
    }
  }
  return operands;
}

std::string normalise_junction(Node& node) {
  std::vector<Operand> operands = operands_of(node);
  std::sort(operands.begin(), operands.end(), [](const Operand& a, const Operand& b) { return a.text < b.text; });
  const auto same = [](const Operand& a, const Operand& b) { return a.text == b.text; };
  operands.erase(std::unique(operands.begin(), operands.end(), same), operands.end());
  if (operands.size() == 1) {
    Operand only = std::move(operands.front());
    node = std::move(only.node);
    return std::move(only.text);
  }
  std::string out;
  node.children.clear();
  for (Operand& operand : operands) {
    if (!out.empty()) out += node.kind == Kind::all_of ? " && " : " || ";
    const bool parentheses = node.kind == Kind::all_of && operand.node.kind == Kind::any_of;
    out += parentheses ? '(' + operand.text + ')' : operand.text;
    node.children.push_back(std::move(operand.node));
  }
  return out;
}

std::string normalise_negation(Node& node) {
  std::string text = normalise(node.children.front());
  if (node.children.front().kind != Kind::negation) return "!(" + text + ")";
  Node inner = std::move(node.children.front().children.front());
  node = std::move(inner);
  return text.substr(2, text.size() - 3);
}

}  // namespace

std::string normalise(Node& node) {
  switch (node.kind) {
    case Kind::all_of:
    case Kind::any_of:
      return normalise_junction(node);
    case Kind::negation:
      return normalise_negation(node);
    default:
      return normalise_comparison(node);
  }
}

std::string comparison_text(const Node& comparison) {
  std::string out = term_text(comparison.children[0]);
  out += ' ';
  out += symbol(comparison.op);
  out += ' ';
  return out + term_text(comparison.children[1]);
}

std::string term_text(const Node& term) {
  switch (term.kind) {
    case Kind::absolute:
      return "abs(" + term_text(term.children[0]) + ")";
    case Kind::difference:
      return term_text(term.children[0]) + " - " + term_text(term.children[1]);
    case Kind::literal:
      return literal_text(term);
    case Kind::state_quality:
      return "quality";
    default:
      break;
  }
  std::string out = term.kind == Kind::new_value ? "value" : "old_value";
  for (const std::string& field : term.path) out += '.' + field;
  if (term.field) out += '@' + term.field->key();
  return out;
}

}  // namespace hoiku::predicate
