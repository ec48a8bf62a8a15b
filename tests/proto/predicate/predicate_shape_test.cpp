// The limits of predicates, and trees that were not parsed.
#include <gtest/gtest.h>

#include "hoiku/proto/predicate.hpp"
#include "tests/proto/predicate/refusal.hpp"

namespace hoiku {
namespace {

using test::expect_refused;

// ---- limits --------------------------------------------------------------------------------------------------------

std::string any_of(std::size_t comparisons) {
  std::string text = "value == 0";
  for (std::size_t i = 1; i < comparisons; ++i) text += " || value == " + std::to_string(i);
  return text;
}

std::string nested_abs(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "abs(";
  return text + "value" + std::string(count, ')') + " > 1";
}

TEST(PredicateLimits, AtMost64Nodes) {
  EXPECT_TRUE(Predicate::parse(any_of(21)));  // 1 + 3 * 21
  expect_refused(any_of(22));
  expect_refused(any_of(100'000));
  Limits limits;
  limits.predicate_nodes_max = 3;
  EXPECT_TRUE(Predicate::parse("value == 1", limits));
  EXPECT_FALSE(Predicate::parse("!(value == 1)", limits));
}

TEST(PredicateLimits, AtMostEightLevels) {
  EXPECT_TRUE(Predicate::parse(nested_abs(6)));  // the comparison, six times abs(), value
  expect_refused(nested_abs(7));
  expect_refused(nested_abs(100'000));
  expect_refused(std::string(100'000, '(') + "value == 1" + std::string(100'000, ')'));
  expect_refused(std::string(100'000, '!') + "value == 1");
  EXPECT_TRUE(Predicate::parse(std::string(20, '(') + "value == 1" + std::string(20, ')')));  // they leave no trace
}

TEST(PredicateLimits, LiteralsTogetherAreNoLargerThanAValue) {
  Limits limits;
  limits.value_bytes_max = 10;
  EXPECT_TRUE(Predicate::parse("value == 'aaaaa' || value == 'bbbbb'", limits));
  EXPECT_FALSE(Predicate::parse("value == 'aaaaa' || value == 'bbbbbb'", limits));
}

TEST(PredicateLimits, CheckFindsWhatTheBuildersMadeTooLarge) {
  Predicate all = Predicate::compare(Predicate::Op::not_equal, Value(0));
  for (int i = 1; i < 21; ++i) all = Predicate::all_of(all, Predicate::compare(Predicate::Op::not_equal, Value(i)));
  EXPECT_TRUE(all.check(Limits{}));
  all = Predicate::all_of(all, Predicate::compare(Predicate::Op::not_equal, Value(21)));
  ASSERT_FALSE(all.check(Limits{}));
  EXPECT_EQ(all.check(Limits{}).failure().code, ErrorCode::invalid_predicate);
}

// ---- trees ---------------------------------------------------------------------------------------------------------

using Node = Predicate::Node;
using Kind = Predicate::Kind;

Node node(Kind kind, std::vector<Node> children = {}) {
  Node made;
  made.kind = kind;
  made.children = std::move(children);
  return made;
}

Node word(std::string text) {
  Node made = node(Kind::literal);
  made.literal_text = std::move(text);
  return made;
}

Node comparison(Node a, Node b) { return node(Kind::comparison, {std::move(a), std::move(b)}); }

TEST(PredicateBuild, TakesWhatTheGrammarCanSay) {
  EXPECT_EQ(Predicate::build(comparison(word("3"), node(Kind::new_value)))->key(), "value == 3");
  const Node difference = node(Kind::difference, {node(Kind::new_value), word("3")});
  EXPECT_EQ(Predicate::build(comparison(node(Kind::absolute, {difference}), word("3")))->key(), "abs(value - 3) == 3");
}

// A tree may come from a peer that knows other words: check() refuses it, and the peer is not dropped for it.
TEST(PredicateBuild, LeavesTheWordsToCheck) {
  for (const Node& tree : {comparison(node(Kind::new_value), word("happy")), comparison(word("1"), word("1"))}) {
    const auto made = Predicate::build(tree);
    ASSERT_TRUE(made);
    ASSERT_FALSE(made->check(Limits{}));
    EXPECT_EQ(made->check(Limits{}).failure().code, ErrorCode::invalid_predicate);
    EXPECT_FALSE(made->test(Value("happy"), {}, Quality::live) && tree.children[0].kind == Kind::new_value);
  }
  EXPECT_TRUE(Predicate::compare(Predicate::Op::equal, Value(1)).check(Limits{}));
}

TEST(PredicateBuild, LeavesTextsToCheckToo) {
  for (const char* text : {"\xFF", "caf\xE9"}) {
    const auto made = Predicate::compare(Predicate::Op::equal, Value(text));
    ASSERT_FALSE(made.check(Limits{}));
    EXPECT_EQ(made.check(Limits{}).failure().code, ErrorCode::invalid_predicate);
    EXPECT_FALSE(Predicate::parse("value == \"" + std::string(text) + "\""));
  }
  EXPECT_TRUE(Predicate::compare(Predicate::Op::equal, Value("café")).check(Limits{}));
  EXPECT_TRUE(Predicate::compare(Predicate::Op::equal, Value(Bytes{"\xFF"})).check(Limits{}));
}

TEST(PredicateBuild, RefusesTreesThatAreNoPredicate) {
  const Node value = node(Kind::new_value);
  const Node fine = comparison(value, word("1"));
  Node strange_operator = fine;
  strange_operator.op = static_cast<Predicate::Op>(7);
  Node value_with_child = value;
  value_with_child.children.push_back(value);
  Node bad_field = value;
  bad_field.path = {"a.b"};
  Node text = node(Kind::literal);
  text.literal = Value("1");
  const std::vector<Node> refused{
      value,
      word("1"),
      node(Kind::all_of),
      node(Kind::any_of, {value}),
      node(Kind::negation),
      node(Kind::negation, {fine, fine}),
      node(Kind::comparison, {value}),
      comparison(value, fine),
      comparison(value, node(Kind::difference, {value, value})),
      comparison(value, node(Kind::absolute)),
      comparison(value, node(Kind::absolute, {node(Kind::difference, {value})})),
      comparison(value, node(Kind::absolute, {word("x")})),
      comparison(value, node(Kind::absolute, {text})),
      comparison(value, word("two words")),
      comparison(value, word("value")),
      comparison(value, word("value.x")),
      comparison(value, value_with_child),
      comparison(value, bad_field),
      node(static_cast<Kind>(0)),
      node(static_cast<Kind>(11)),
      node(Kind::state_quality),
      comparison(node(Kind::state_quality, {value}), word("stale")),
      comparison(value, node(Kind::absolute, {node(Kind::state_quality)})),
      comparison(value, word("quality")),
      strange_operator,
  };
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto result = Predicate::build(refused[i]);
    ASSERT_FALSE(result) << i;
    EXPECT_EQ(result.failure().code, ErrorCode::invalid_predicate) << i;
  }
}

}  // namespace
}  // namespace hoiku
