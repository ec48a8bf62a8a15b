#include "tests/sim/judge/meaning.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <pose.pb.h>

namespace hoiku::model {
namespace {

using Kind = Predicate::Kind;
using Node = Predicate::Node;
using Op = Predicate::Op;

// By the normal form; each tree once, by how it is told.
std::map<std::string, std::map<std::string, Node>>& asked_trees() {
  static std::map<std::string, std::map<std::string, Node>> trees;
  return trees;
}

std::string told(const Node& node) {
  std::string text = std::to_string(static_cast<int>(node.kind)) + std::to_string(static_cast<int>(node.op)) + '{' +
                     node.literal_text + '|' + std::string(to_string(node.literal.type())) +
                     to_display_string(node.literal);
  for (const std::string& name : node.path) text += '.' + name;
  for (const Node& child : node.children) text += told(child);
  return text + '}';
}

std::vector<const Node*> trees_of(const Predicate& predicate) {
  std::vector<const Node*> trees;
  if (const auto found = asked_trees().find(predicate.key()); found != asked_trees().end()) {
    for (const auto& [text, tree] : found->second) trees.push_back(&tree);
  }
  if (trees.empty()) trees.push_back(&predicate.root());  // of a test that did not ask it here
  return trees;
}

// A long double has 64 bits for digits: each int64 and each double exactly.
using Number = long double;
static_assert(std::numeric_limits<Number>::digits >= 64);

std::optional<Number> as_number(const Value& value) {
  if (const auto* i = value.get_if<std::int64_t>()) return static_cast<Number>(*i);
  if (const auto* d = value.get_if<double>()) return *d;
  return std::nullopt;
}

// The literal as a value; null if it is the name of a quality.
Value literal(const Node& node) {
  const std::string& word = node.literal_text;
  if (word.empty()) return node.literal;
  if (word == "true" || word == "false") return Value(word == "true");
  if (word.find_first_not_of("-0123456789") == std::string::npos) return Value(std::int64_t{std::stoll(word)});
  char* end = nullptr;
  const double number = std::strtod(word.c_str(), &end);
  return *end == '\0' ? Value(number) : Value();
}

struct Seen {
  const Value& value;
  const Value& old_value;
  Quality quality;
};

// The field as Protobuf's generated class reads it; null in anything but a Pose, and in a place that it does not have.
Value field(const std::vector<std::string>& path, const Value& value) {
  const auto* message = value.get_if<MessageBytes>();
  Pose pose;
  if (!message || message->type_name != pose.GetTypeName() || !pose.ParseFromString(message->data)) return {};
  if (path.front() == "x") return Value(std::int64_t{pose.x()});
  if (path.front() == "mood") return Value(pose.mood());
  return pose.has_place() ? Value(pose.place().height()) : Value();
}

Value term(const Node& node, const Seen& seen) {
  switch (node.kind) {
    case Kind::new_value:
      return node.path.empty() ? seen.value : field(node.path, seen.value);
    case Kind::old_value:
      return seen.old_value;
    case Kind::literal:
      return literal(node);
    case Kind::absolute: {
      const auto a = as_number(term(node.children.front(), seen));
      return a ? Value(static_cast<double>(std::abs(*a))) : Value();
    }
    case Kind::difference: {
      const auto a = as_number(term(node.children[0], seen));
      const auto b = as_number(term(node.children[1], seen));
      return a && b ? Value(static_cast<double>(*a - *b)) : Value();
    }
    default:
      return {};
  }
}

template <class T>
bool is_equal(const T& a, const T& b) {
  return a == b;
}
bool is_equal(Number a, Number b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// NaN equals NaN, and has no order: not even "less or equal".
template <class T>
bool compare(Op op, const T& a, const T& b) {
  switch (op) {
    case Op::equal:
      return is_equal(a, b);
    case Op::not_equal:
      return !is_equal(a, b);
    case Op::less:
      return a < b;
    case Op::less_equal:
      return a < b || a == b;
    case Op::greater:
      return b < a;
    case Op::greater_equal:
      return b < a || a == b;
  }
  return false;
}

// The comparison of the quality with the name that the other term has. An unset topic has none, unless it is orphaned.
bool compare_quality(const Node& comparison, const Node& name, const Seen& seen) {
  static const std::map<Quality, std::string> names{
      {Quality::live, "live"}, {Quality::stale, "stale"}, {Quality::orphaned, "orphaned"}};
  if (seen.value.is_null() && seen.quality != Quality::orphaned) return false;
  return compare(comparison.op, names.at(seen.quality), name.literal_text);
}

bool condition(const Node& node, const Seen& seen) {
  const auto is_true = [&](const Node& child) { return condition(child, seen); };
  switch (node.kind) {
    case Kind::all_of:
      return std::all_of(node.children.begin(), node.children.end(), is_true);
    case Kind::any_of:
      return std::any_of(node.children.begin(), node.children.end(), is_true);
    case Kind::negation:
      return !is_true(node.children.front());
    default:
      break;
  }
  const Node& left = node.children[0];
  const Node& right = node.children[1];
  if (left.kind == Kind::state_quality) return compare_quality(node, right, seen);
  if (right.kind == Kind::state_quality) return compare_quality(node, left, seen);
  const Value a = term(left, seen);
  const Value b = term(right, seen);
  if (const auto x = as_number(a), y = as_number(b); x && y) return compare(node.op, *x, *y);
  if (const auto *x = a.get_if<std::string>(), *y = b.get_if<std::string>(); x && y) return compare(node.op, *x, *y);
  if (const auto *x = a.get_if<bool>(), *y = b.get_if<bool>(); x && y) return compare(node.op, *x, *y);
  const auto *x = a.get_if<Bytes>(), *y = b.get_if<Bytes>();
  if (x && y) return (node.op == Op::equal) == (x->data == y->data);
  const auto *m = a.get_if<MessageBytes>(), *n = b.get_if<MessageBytes>();
  if (m && n) return (node.op == Op::equal) == (m->type_name == n->type_name && m->data == n->data);
  return false;  // a comparison with null, or of unlike types
}

template <class F>
bool any_node(const Node& node, const F& test) {
  return test(node) || std::any_of(node.children.begin(), node.children.end(),
                                   [&](const Node& child) { return any_node(child, test); });
}

ValueType literal_type_of(const Node& node) {
  if (node.kind == Kind::literal) {
    const ValueType type = literal(node).type();
    return type == ValueType::float64 ? ValueType::int64 : type;
  }
  for (const Node& child : node.children) {
    if (const ValueType type = literal_type_of(child); type != ValueType::null) return type;
  }
  return ValueType::null;
}

// Asks all trees of the predicate, which have to agree.
template <class F>
auto agreed(const Predicate& predicate, const F& ask) {
  const std::vector<const Node*> trees = trees_of(predicate);
  const auto first = ask(*trees.front());
  for (const Node* tree : trees) {
    if (ask(*tree) != first)
      throw std::logic_error("two predicates with one meaning have the normal form " + predicate.key());
  }
  return first;
}

}  // namespace

Predicate asked(const Node& tree) {
  Predicate predicate = Predicate::build(tree).value();
  asked_trees()[predicate.key()].emplace(told(tree), tree);
  return predicate;
}

bool holds(const Predicate& predicate, const Value& value, const Value& old_value, Quality quality) {
  return agreed(predicate, [&](const Node& tree) { return condition(tree, Seen{value, old_value, quality}); });
}

ValueType literal_type(const Predicate& predicate) { return agreed(predicate, literal_type_of); }

bool uses_fields(const Predicate& predicate) {
  return agreed(predicate,
                [](const Node& tree) { return any_node(tree, [](const Node& node) { return !node.path.empty(); }); });
}

bool uses_old_value(const Predicate& predicate) {
  return agreed(predicate, [](const Node& tree) {
    return any_node(tree, [](const Node& node) { return node.kind == Kind::old_value; });
  });
}

bool names_quality(const Predicate& predicate) {
  return agreed(predicate, [](const Node& tree) {
    return any_node(tree, [](const Node& node) { return node.kind == Kind::state_quality; });
  });
}

bool asks_for_order(const Predicate& predicate) {
  return agreed(predicate, [](const Node& tree) {
    return any_node(tree, [](const Node& node) {
      return node.kind == Kind::comparison && node.op != Op::equal && node.op != Op::not_equal;
    });
  });
}

}  // namespace hoiku::model
