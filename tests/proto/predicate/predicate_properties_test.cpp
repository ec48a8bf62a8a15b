// Properties of every predicate, checked on random ones.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "hoiku/proto/predicate.hpp"

namespace hoiku {
namespace {

using Node = Predicate::Node;
using Kind = Predicate::Kind;
using Op = Predicate::Op;

const std::vector<Value>& values() {
  static const std::vector<Value> all{
      Value(),
      Value(true),
      Value(false),
      Value(0),
      Value(1),
      Value(-2),
      Value(3),
      Value(std::int64_t{1} << 53),
      Value((std::int64_t{1} << 53) + 1),
      Value(std::numeric_limits<std::int64_t>::max()),
      Value(std::numeric_limits<std::int64_t>::min()),
      Value(0.0),
      Value(-0.0),
      Value(1.0),
      Value(-2.5),
      Value(0x1p53),
      Value(0x1p63),
      Value(1e300),
      Value(HUGE_VAL),
      Value(-HUGE_VAL),
      Value(std::nan("")),
      Value(""),
      Value("a"),
      Value("b"),
      Value("1"),
      Value("\"\\ \n\x01\xFF"),
      Value(Bytes{"a"}),
      Value(Bytes{""}),
      Value(MessageBytes{"a.B", "x"}),
      Value(MessageBytes{"a.\"C\"", "x"}),
  };
  return all;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return engine_() % end; }

  Node condition(std::size_t depth) {
    const std::size_t choice = depth <= 1 ? 9 : below(10);
    if (choice < 4) {
      Node node = of(choice < 2 ? Kind::all_of : Kind::any_of);
      for (std::size_t i = 1 + below(4); i > 0; --i) node.children.push_back(condition(depth - 1));
      return node;
    }
    if (choice < 6) {
      Node node = of(Kind::negation);
      node.children.push_back(condition(depth - 1));
      return node;
    }
    Node node = of(Kind::comparison);
    node.op = static_cast<Op>(1 + below(6));
    node.children = {term(false, 2), term(false, 2)};
    if (below(8) == 0) node = about_quality();
    return node;
  }

  Quality quality() { return static_cast<Quality>(below(3)); }

  bool words = true;  // whether literals may be words, which another type reads differently

 private:
  Node about_quality() {
    Node node = of(Kind::comparison);
    node.op = static_cast<Op>(1 + below(2));
    node.children = {of(Kind::state_quality), of(Kind::literal)};
    node.children[1].literal_text = to_string(quality());
    if (below(2) == 0) std::swap(node.children[0], node.children[1]);
    return node;
  }
  static Node of(Kind kind) {
    Node node;
    node.kind = kind;
    return node;
  }

  Node term(bool within_abs, std::size_t depth) {
    switch (below(depth == 0 ? 4 : 5)) {
      case 0:
        return of(Kind::new_value);
      case 1:
        return of(Kind::old_value);
      case 4: {
        Node node = of(Kind::absolute);
        node.children.push_back(below(2) == 0 ? term(true, depth - 1) : difference(depth - 1));
        return node;
      }
      default:
        return literal(within_abs);
    }
  }

  Node difference(std::size_t depth) {
    Node node = of(Kind::difference);
    node.children = {term(true, depth), term(true, depth)};
    return node;
  }

  Node literal(bool within_abs) {
    Node node = of(Kind::literal);
    if (words && below(2) == 0) {
      constexpr std::array<const char*, 8> texts{"0", "1", "-2.50", "1e3", "007", "true", "nan", "-inf"};
      node.literal_text = texts[below(within_abs ? 5 : texts.size())];
      return node;
    }
    do {
      node.literal = values()[below(values().size())];
    } while (within_abs && node.literal.type() != ValueType::int64 && node.literal.type() != ValueType::float64);
    return node;
  }

  std::mt19937_64 engine_;
};

Limits wide() {
  Limits limits;
  limits.predicate_nodes_max = 10'000;
  limits.predicate_depth_max = 20;
  return limits;
}

// ---- a second implementation of the meaning, on trees that are not in normal form ----------------------------------

// A long double holds every int64 and every double exactly (its mantissa has at least 64 bits here). A difference of
// integers takes two of them. Empty if the operation has no meaning.
struct Number {
  long double value = 0;
  bool integer = false;
};

std::optional<Number> number(const Value& value) {
  if (const auto* v = value.get_if<std::int64_t>()) return Number{static_cast<long double>(*v), true};
  if (const auto* v = value.get_if<double>()) return Number{*v, false};
  return std::nullopt;
}

// A word of the random predicates: a number or true.
Value word_value(const std::string& word) {
  if (word == "true") return Value(true);
  if (word == "nan" || word == "-inf") return Value(word == "nan" ? std::nan("") : -HUGE_VAL);
  return parse_value(word).value();
}

struct Meant {
  Value value;                   // of value, old_value and literals
  std::optional<Number> number;  // of everything that is one
};

Meant meant(const Node& term, const Value& now, const Value& old) {
  switch (term.kind) {
    case Kind::new_value:
      return {now, number(now)};
    case Kind::old_value:
      return {old, number(old)};
    case Kind::literal: {
      const Value value = term.literal_text.empty() ? term.literal : word_value(term.literal_text);
      return {value, number(value)};
    }
    case Kind::absolute: {
      const auto inner = meant(term.children[0], now, old).number;
      if (!inner) return {};
      return {Value(), Number{std::fabs(inner->value), inner->integer}};
    }
    default:
      break;
  }
  const auto a = meant(term.children[0], now, old).number;
  const auto b = meant(term.children[1], now, old).number;
  if (!a || !b) return {};
  if (a->integer && b->integer) return {Value(), Number{a->value - b->value, true}};
  return {Value(), Number{static_cast<double>(a->value) - static_cast<double>(b->value), false}};
}

template <class T>
bool in_order(Op op, const T& a, const T& b) {
  switch (op) {
    case Op::less:
      return a < b;
    case Op::less_equal:
      return a <= b;
    case Op::greater:
      return a > b;
    case Op::greater_equal:
      return a >= b;
    case Op::equal:
      return a == b;
    case Op::not_equal:
      return a != b;
  }
  return false;
}

bool means(const Node& node, const Value& now, const Value& old, Quality quality) {
  bool all = true;
  bool any = false;
  if (node.kind != Kind::comparison) {
    for (const Node& child : node.children) {
      const bool one = means(child, now, old, quality);
      all = all && one;
      any = any || one;
    }
    return node.kind == Kind::all_of ? all : node.kind == Kind::any_of ? any : !any;
  }
  for (const std::size_t i : {0u, 1u}) {
    if (node.children[i].kind != Kind::state_quality) continue;
    if (now.is_null() && quality == Quality::live) return false;
    return (node.children[1 - i].literal_text == to_string(quality)) == (node.op == Op::equal);
  }
  const Meant a = meant(node.children[0], now, old);
  const Meant b = meant(node.children[1], now, old);
  if (a.number && b.number) {
    const bool both_nan = std::isnan(a.number->value) && std::isnan(b.number->value);
    return both_nan ? node.op == Op::equal : in_order(node.op, a.number->value, b.number->value);
  }
  if (a.value.is_null() || a.value.type() != b.value.type()) return false;
  if (const auto* text = a.value.get_if<std::string>()) return in_order(node.op, *text, *b.value.get_if<std::string>());
  return node.op == Op::equal ? a.value == b.value : node.op == Op::not_equal && !(a.value == b.value);
}

// A difference of the largest integers needs 65 bits, which a long double may not have.
bool is_huge(const Value& value) {
  const auto* integer = value.get_if<std::int64_t>();
  return integer && (*integer > (std::int64_t{1} << 61) || *integer < -(std::int64_t{1} << 61));
}

bool has_huge_difference(const Node& node, bool within) {
  if (within && is_huge(node.literal)) return true;
  for (const Node& child : node.children) {
    if (has_huge_difference(child, within || node.kind == Kind::difference)) return true;
  }
  return false;
}

bool has_difference(const Node& node) {
  if (node.kind == Kind::difference) return true;
  for (const Node& child : node.children) {
    if (has_difference(child)) return true;
  }
  return false;
}

TEST(PredicateProperty, TheNormalFormMeansWhatTheTreeMeant) {
  Random random(2);
  int held = 0;
  int tried = 0;
  for (int i = 0; i < 3000; ++i) {
    const Node tree = random.condition(4);
    if (has_huge_difference(tree, false)) continue;
    const auto predicate = Predicate::build(tree, wide());
    ASSERT_TRUE(predicate) << predicate.failure().message;
    const bool small_only = has_difference(tree);
    for (int k = 0; k < 40; ++k) {
      const Value& now = values()[random.below(values().size())];
      const Value& old = values()[random.below(values().size())];
      if (small_only && (is_huge(now) || is_huge(old))) continue;
      const Quality quality = random.quality();
      const bool expected = means(tree, now, old, quality);
      ASSERT_EQ(predicate->test(now, old, quality), expected)
          << predicate->key() << " on " << to_display_string(now) << ", " << to_display_string(old);
      held += expected;
      ++tried;
    }
  }
  EXPECT_GT(held, tried / 10);
  EXPECT_LT(held, tried * 9 / 10);
}

TEST(PredicateProperty, TheKeyParsesToTheSamePredicate) {
  Random random(3);
  int allowed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto predicate = Predicate::build(random.condition(4), wide());
    ASSERT_TRUE(predicate);
    if (!predicate->check(wide())) continue;  // a comparison that the grammar does not allow
    ++allowed;
    const auto again = Predicate::parse(predicate->key(), wide());
    ASSERT_TRUE(again) << predicate->key() << ": " << again.failure().message;
    ASSERT_EQ(again->key(), predicate->key());
    const Value& now = values()[random.below(values().size())];
    const Value& old = values()[random.below(values().size())];
    EXPECT_EQ(again->test(now, old, Quality::live), predicate->test(now, old, Quality::live)) << predicate->key();
  }
  EXPECT_GT(allowed, 1000);
}

TEST(PredicateProperty, TheNormalFormIsItsOwn) {
  Random random(4);
  for (int i = 0; i < 3000; ++i) {
    const auto predicate = Predicate::build(random.condition(4), wide());
    ASSERT_TRUE(predicate);
    EXPECT_EQ(Predicate::build(predicate->root(), wide())->key(), predicate->key());
  }
}

TEST(PredicateProperty, TheOrderOfOperandsDoesNotMatter) {
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    const auto a = Predicate::build(random.condition(3), wide());
    const auto b = Predicate::build(random.condition(3), wide());
    EXPECT_EQ(Predicate::all_of(*a, *b).key(), Predicate::all_of(*b, *a).key());
    EXPECT_EQ(Predicate::any_of(*a, *b).key(), Predicate::any_of(*b, *a).key());
    EXPECT_EQ(Predicate::negate(Predicate::negate(*a)).key(), a->key());
  }
}

TEST(PredicateProperty, ResolvingStatedLiteralsChangesNoMeaning) {
  Random random(6);
  random.words = false;
  int resolved_ones = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto predicate = Predicate::build(random.condition(2), wide());
    const auto type = static_cast<ValueType>(random.below(7));
    const auto resolved = predicate->resolved_for(type);
    // A difference from double(1) becomes one from int64(1), which is exact.
    if (!resolved || has_difference(predicate->root())) continue;
    ++resolved_ones;
    EXPECT_EQ(resolved->resolved_for(type)->key(), resolved->key());
    for (const Value& now : values()) {
      if (now.type() != type && !now.is_null()) continue;
      EXPECT_EQ(resolved->test(now, Value(), Quality::live), predicate->test(now, Value(), Quality::live))
          << predicate->key();
      EXPECT_EQ(resolved->test(now, now, Quality::live), predicate->test(now, now, Quality::live)) << predicate->key();
    }
  }
  EXPECT_GT(resolved_ones, 1000);
}

TEST(PredicateProperty, NoTextMakesTheParserFail) {
  Random random(7);
  constexpr std::array<const char*, 28> pieces{
      "value", "old_value", "abs(", "(",     ")", "!",    "==", "!=", "<",  ">=", "&&",     "||", "|", "-",
      "\"",    "'",         "\\",   "\\u00", "1", "-2.5", "x",  ".",  ".y", " ",  "bytes(", "00", ",", "\xFF"};
  int parsed = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = random.below(2) == 0 ? "value == " : "";
    for (std::size_t k = random.below(12); k > 0; --k) text += pieces[random.below(pieces.size())];
    const auto predicate = Predicate::parse(text);
    if (!predicate) continue;
    ++parsed;
    EXPECT_EQ(Predicate::parse(predicate->key())->key(), predicate->key()) << text;
  }
  EXPECT_GT(parsed, 100);
}

}  // namespace
}  // namespace hoiku
