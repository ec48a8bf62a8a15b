#include "tests/sim/players/dice.hpp"

#include <limits>
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

bool has_order(const std::string& topic) { return !topic.starts_with("flag") && !topic.starts_with("bytes"); }

}  // namespace

const std::vector<std::string>& Dice::topics() {
  static const std::vector<std::string> names{"number/0", "number/1", "number/2", "number/0/deep", "text/0",
                                              "text/1",   "flag/0",   "real/0",   "bytes/0"};
  return names;
}

// Now and then at the ends of what its type can hold.
Value Dice::value(const std::string& topic) {
  using Integer = std::numeric_limits<std::int64_t>;
  static const std::vector<std::int64_t> far{Integer::min(), Integer::max(), Integer::max() - 1,
                                             (std::int64_t{1} << 53) + 1, -1};
  if (topic.starts_with("number") && chance(6)) return Value(pick(far));
  if ((topic.starts_with("text") || topic.starts_with("bytes")) && chance(10)) {
    std::string drawn = contents();
    return topic.starts_with("text") ? Value(std::move(drawn)) : Value(Bytes(std::move(drawn)));
  }
  return literal(topic);
}

Value Dice::next_value(const std::string& topic) {
  if (chance(3)) return topic.starts_with("text") ? Value(7) : Value("seven");
  if (value_bytes_max_ && topic.starts_with("text") && chance(2)) return Value(std::string(*value_bytes_max_ + 1, 'x'));
  return value(topic);
}

std::string Dice::contents() {
  const std::size_t most = value_bytes_max_.value_or(chance(10) ? 5000 : 1000);
  return std::string(chance(20) ? most : below(most + 1), static_cast<char>(below(2) * 0x7a));
}

// Draws from few values, so that comparisons often match.
Value Dice::literal(const std::string& topic) {
  using Real = std::numeric_limits<double>;
  static const std::vector<std::string> words{"rest", "left", "right"};
  static const std::vector<double> reals{0.0,
                                         -0.0,
                                         0.5,
                                         -2.25,
                                         5.0,
                                         Real::quiet_NaN(),
                                         Real::infinity(),
                                         -Real::infinity(),
                                         Real::max(),
                                         Real::denorm_min()};
  static const std::vector<std::string> octets{std::string(), std::string("\0\xff", 2), std::string("\xff")};
  if (topic.starts_with("number") || topic.starts_with("own")) return Value(static_cast<std::int64_t>(below(5)));
  if (topic.starts_with("text")) return Value(pick(words));
  if (topic.starts_with("real")) return Value(pick(reals));
  if (topic.starts_with("bytes")) return Value(Bytes(pick(octets)));
  return Value(chance(50));
}

std::string Dice::pattern() {
  static const std::vector<std::string> patterns{"number/*", "own/*",     "**",     "*/0",    "number/**",
                                                 "text/*",   "nothing/*", "pose/*", "**/deep"};
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
  const bool is_text = topic.starts_with("text") || topic.starts_with("bytes");
  Predicate::Node said = node(Kind::literal);
  said.literal = is_text ? literal(topic) : value(topic);
  // A number, true and false may be said without their type.
  if (!is_text && chance(30)) {
    said.literal_text = to_display_string(said.literal);
    said.literal = Value();
  }
  Predicate::Node made = node(Kind::comparison, {node(Kind::new_value), std::move(said)});
  if (chance(30)) std::swap(made.children[0], made.children[1]);
  made.op = pick(all);
  if (!has_order(topic)) made.op = topic.starts_with("bytes") && chance(50) ? Op::not_equal : Op::equal;
  return made;
}

Predicate::Node Dice::about_change(const std::string& topic) {
  Predicate::Node made = node(Kind::comparison, {node(Kind::new_value), node(Kind::old_value)});
  made.op = has_order(topic) && chance(50) ? Op::greater : Op::not_equal;
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

Predicate Dice::about_field() {
  static const std::vector<Op> all{Op::equal, Op::not_equal, Op::less, Op::less_equal, Op::greater, Op::greater_equal};
  const auto compared = [&] {
    Predicate::Node field = node(Kind::new_value), said = node(Kind::literal);
    const std::size_t kind = below(3);
    if (kind == 0) {
      field.path = {"x"};
      said.literal = Value(static_cast<std::int64_t>(below(5)) - 1);
    } else if (kind == 1) {
      field.path = {"mood"};
      said.literal = Value(chance(50) ? "calm" : "");
    } else {
      field.path = {"place", "height"};
      said.literal = Value(static_cast<double>(below(3)) / 2);
    }
    Predicate::Node made = node(Kind::comparison, {std::move(field), std::move(said)});
    made.op = pick(all);
    return made;
  };
  return asked(chance(40) ? junction(compared(), compared()) : compared());
}

std::optional<Predicate> Dice::filter(const std::string& pattern) {
  if (pattern.starts_with("pose")) return about_field();
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
