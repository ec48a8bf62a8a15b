#include "tests/sim/players/dice.hpp"

#include "hoiku/proto/topic_name.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

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
  using Op = Predicate::Op;
  const bool ordered = !topic.starts_with("flag");
  const auto comparison = [&] {
    static const std::vector<Op> all{Op::equal,      Op::not_equal, Op::less,
                                     Op::less_equal, Op::greater,   Op::greater_equal};
    return Predicate::compare(ordered ? pick(all) : Op::equal, value(topic));
  };
  const auto change = [&] {
    return *Predicate::parse(ordered && chance(50) ? "value > old_value" : "value != old_value");
  };
  if (chance(15)) return change();
  if (chance(5)) return Predicate::any_of(comparison(), change());  // one half is about the old value
  if (chance(20)) return Predicate::all_of(comparison(), comparison());
  if (chance(20)) return Predicate::any_of(comparison(), comparison());
  if (chance(20)) return Predicate::negate(comparison());
  return comparison();
}

std::optional<Predicate> Dice::filter(const std::string& pattern) {
  if (pattern.starts_with("gone")) return predicate("number/0");
  return predicate(is_plain_name(pattern) ? pattern : topic());
}

std::chrono::nanoseconds Dice::interval() { return between(5ms, 300ms); }

std::chrono::nanoseconds Dice::hold() {
  if (chance(50)) return 0ns;
  return chance(20) ? std::chrono::nanoseconds(50ms) : between(5ms, 400ms);
}

}  // namespace hoiku::model
