#include "tests/sim/players/dice.hpp"

#include <utility>

#include "hoiku/proto/topic_name.hpp"
#include "tests/sim/judge/meaning.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;
using Kind = Predicate::Kind;
using Op = Predicate::Op;

namespace {

Predicate::Node node(Kind kind, std::vector<Predicate::Node> children = {}) {
  Predicate::Node made;
  made.kind = kind;
  made.children = std::move(children);
  return made;
}

}  // namespace

std::string Dice::topic() {
  static const std::vector<std::string> names{"number/0", "number/1", "number/2", "number/0/deep",
                                              "text/0",   "text/1",   "flag/0"};
  return pick(names);
}

Value Dice::value(const std::string& topic) {
  static const std::vector<std::string> words{"rest", "left", "right"};
  if (topic.starts_with("number") || topic.starts_with("own")) return Value(static_cast<std::int64_t>(below(5)));
  if (topic.starts_with("text")) return Value(pick(words));
  return Value(chance(50));
}

Value Dice::next_value(const std::string& topic) {
  if (chance(3)) return topic.starts_with("text") ? Value(7) : Value("seven");
  return value(topic);
}

std::string Dice::pattern() {
  static const std::vector<std::string> patterns{"number/*",  "own/*",  "**",        "*/0",
                                                 "number/**", "text/*", "nothing/*", "**/deep"};
  return chance(35) ? topic() : pick(patterns);
}

std::vector<std::string> Dice::composite() {
  std::vector<std::string> names;
  for (std::size_t left = 2 + below(3); left > 0; --left) names.push_back(topic());
  return names;
}

std::optional<Predicate> Dice::predicate(const std::string& topic) {
  if (chance(10)) return std::nullopt;
  return asked(condition(topic));
}

Predicate::Node Dice::condition(const std::string& topic) {
  // Only topics with owners and deadlines change their quality.
  if (chance(topic.starts_with("own") ? 20 : 3)) return junction(comparison(topic), about_quality());
  if (chance(topic.starts_with("own") ? 20 : 3)) return about_quality();
  if (chance(15)) return about_change(topic);
  if (chance(5))
    return node(Kind::any_of, {comparison(topic), about_change(topic)});  // one half is about the old value
  if (chance(40)) return junction(comparison(topic), comparison(topic));
  if (chance(20)) return node(Kind::negation, {comparison(topic)});
  return comparison(topic);
}

// Written in one of the ways that have one normal form.
Predicate::Node Dice::junction(Predicate::Node a, Predicate::Node b) {
  Predicate::Node made = node(chance(50) ? Kind::all_of : Kind::any_of, {std::move(a), std::move(b)});
  if (chance(10)) made.children.push_back(made.children.front());
  if (chance(10)) made = node(made.kind, {made.children.front(), made});
  if (chance(10)) made = node(Kind::negation, {made});
  if (chance(10)) made = node(Kind::negation, {node(Kind::negation, {made})});
  return made;
}

Predicate::Node Dice::comparison(const std::string& topic) {
  static const std::vector<Op> all{Op::equal, Op::not_equal, Op::less, Op::less_equal, Op::greater, Op::greater_equal};
  Predicate::Node literal = node(Kind::literal);
  literal.literal = value(topic);
  // A number, true and false may be said without their type.
  if (literal.literal.type() != ValueType::string && chance(30)) {
    literal.literal_text = to_display_string(literal.literal);
    literal.literal = Value();
  }
  Predicate::Node made = node(Kind::comparison, {node(Kind::new_value), std::move(literal)});
  if (chance(30)) std::swap(made.children[0], made.children[1]);
  made.op = topic.starts_with("flag") ? Op::equal : pick(all);
  return made;
}

Predicate::Node Dice::about_change(const std::string& topic) {
  Predicate::Node made = node(Kind::comparison, {node(Kind::new_value), node(Kind::old_value)});
  made.op = !topic.starts_with("flag") && chance(50) ? Op::greater : Op::not_equal;
  return made;
}

Predicate::Node Dice::about_quality() {
  static const std::vector<std::string> names{"live", "stale", "stale", "orphaned", "orphaned"};
  Predicate::Node name = node(Kind::literal);
  name.literal_text = pick(names);
  Predicate::Node made = node(Kind::comparison, {node(Kind::state_quality), std::move(name)});
  if (chance(30)) std::swap(made.children[0], made.children[1]);
  made.op = chance(70) ? Op::equal : Op::not_equal;
  return made;
}

std::optional<Predicate> Dice::filter(const std::string& pattern) {
  if (pattern.starts_with("gone") || pattern.starts_with("$hoiku/broker")) return predicate("number/0");
  if (pattern.starts_with("$hoiku/sessions")) return predicate("text/0");
  if (pattern.starts_with("own") || (pattern == "**" && chance(30))) return predicate("own/0");
  return predicate(is_plain_name(pattern) ? pattern : topic());
}

std::chrono::nanoseconds Dice::interval() { return between(5ms, 300ms); }

std::chrono::nanoseconds Dice::hold() {
  if (chance(50)) return 0ns;
  return chance(20) ? std::chrono::nanoseconds(50ms) : between(5ms, 400ms);
}

}  // namespace hoiku::model
