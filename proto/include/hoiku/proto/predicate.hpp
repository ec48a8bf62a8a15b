// predicate.hpp: a condition on a topic's value, as data: it can be sent, checked, bounded, compared and shared.
//
// Grammar, the same on the command line:
//   or := and ('||' and)* ; and := not ('&&' not)* ; not := '!' not | '(' or ')' | comparison
//   comparison := term ('=='|'!='|'<'|'<='|'>'|'>=') term
//   term := 'value' path? | 'old_value' path? | literal | 'abs(' term ('-' term)? ')' ; path := ('.' field)+
//   literal := word | '"' text '"' | "'" text "'" | type '(' text ')', as in double(nan), bytes(00ff), message("T",00ff)
// A word is anything without white space, parentheses, quotes, commas and !=<>&|; it is read as the topic's type. Texts
// in quotes are strings, with the escapes of JSON. Within abs() a word is a number.
//
// Promises   immutable and cheap to copy; test() never throws, never allocates without bound, and reads nothing but its
//            arguments; a comparison with null, or of two types that have nothing in common, is false, also by !=; NaN
//            equals NaN and stands in no order (NaN <= NaN is false); int64 and double compare by their exact mathematical
//            values; a difference of integers is exact, and one with a double in it is computed as doubles.
// Limits     Limits::predicate_nodes_max, predicate_depth_max, and value_bytes_max for all literals together; beyond them
//            parse(), build() and check() refuse. The codec lets a few times more through, see codec.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku {

class FieldPath;
class MessageSchema;

class Predicate {
 public:
  enum class Op : std::uint8_t { equal = 1, not_equal = 2, less = 3, less_equal = 4, greater = 5, greater_equal = 6 };
  enum class Kind : std::uint8_t {
    all_of = 1,
    any_of = 2,
    negation = 3,
    comparison = 4,  // conditions
    new_value = 5,
    old_value = 6,
    literal = 7,
    absolute = 8,
    difference = 9,  // terms
  };

  // The tree, open to the codec and the builders. Children of a comparison are two terms; of `absolute` one term.
  struct Node {
    Kind kind = Kind::literal;
    Op op = Op::equal;              // of a comparison
    Value literal;                  // of a literal; where it has a text, that text read by its look
    std::string literal_text;       // as it was written, where it was not quoted: read again as the topic's type
    std::vector<std::string> path;  // field names after value or old_value
    std::shared_ptr<const FieldPath> field;  // where that is, once it was resolved
    std::vector<Node> children;
  };

  static Result<Predicate> parse(std::string_view text, const Limits& limits = {});
  static Result<Predicate> build(Node root, const Limits& limits = {});  // checks shape, size and depth
  // Whether it is within the limits: what came off the wire, or was made by all_of() and its like, may not be.
  Result<void> check(const Limits& limits) const;

  // The common case, `value op literal`. Never fails.
  static Predicate compare(Op op, Value literal);
  static Predicate all_of(const Predicate& a,
                          const Predicate& b);  // unchecked size: the broker refuses what is too large
  static Predicate any_of(const Predicate& a, const Predicate& b);
  static Predicate negate(const Predicate& a);

  const Node& root() const noexcept { return *root_; }

  // The normal form as text: equal keys have equal meaning. parse(key()) gives the same predicate again, until its fields
  // were resolved: then their names have where they are behind them, which parse() does not take.
  const std::string& key() const noexcept;
  bool uses_old_value() const noexcept;
  std::size_t fields() const noexcept;  // of messages, that it names: each is looked for by itself

  // The predicate with its literals read as values of `type` (null: by their look). Errors: type_mismatch, where a literal
  // does not fit; invalid_predicate, where something is asked for that the type does not have: an order of bools, bytes or
  // messages, abs() of what is no number, a field of what is no message. Equal again after another call for the same type.
  // Fields are those of `schema`, of the topic's messages: without it they are refused (invalid_predicate). An enumeration is
  // its number, and a text beside it the name of one. A newer schema that is compatible changes nothing of what is resolved.
  Result<Predicate> resolved_for(ValueType type, const MessageSchema* schema = nullptr) const;

  bool test(const Value& value, const Value& old_value) const noexcept;

 private:
  struct Shared;
  explicit Predicate(std::shared_ptr<const Shared> shared);
  std::shared_ptr<const Shared> shared_;
  const Node* root_ = nullptr;
};

}  // namespace hoiku
