// predicate.hpp: a condition on a topic's value, as data: it can be sent, checked, bounded, compared and shared.
//
// Grammar, the same on the command line:
//   or := and ('||' and)* ; and := not ('&&' not)* ; not := '!' not | '(' or ')' | comparison
//   comparison := term ('=='|'!='|'<'|'<='|'>'|'>=') term
//   term := 'value' path? | 'old_value' path? | literal | 'abs(' term ('-' term)? ')' ; path := ('.' field)+
//   literal := word | '"' text '"' | "'" text "'" | type '(' text ')', as in double(nan), bytes(00ff),
//   message("T",00ff)
// A word is a run of characters without white space, parentheses, quotes, commas and !=<>&|. It is read as a value of
// the topic's type. Quoted text is a string, with the escapes of JSON. Within abs() a word is a number.
//
// Promises   immutable and cheap to copy. test() never throws, never allocates without bound, and reads nothing but its
//            arguments.
// Meaning    a comparison with null, or of two types that are not comparable, is false, also with !=. NaN equals NaN
//            and has no order (NaN <= NaN is false). int64 and double compare by their exact mathematical values. A
//            difference of integers is exact; a difference with a double is computed in double.
// Limits     Limits::predicate_nodes_max, predicate_depth_max, and value_bytes_max for all literals together. parse(),
//            build() and check() refuse what is beyond them. The codec accepts a few times more, see codec.hpp.
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

namespace [[gnu::visibility("default")]] hoiku {

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

  // The tree, open to the codec and the builders. A comparison has two terms as children, `absolute` one term.
  struct Node {
    Kind kind = Kind::literal;
    Op op = Op::equal;              // of a comparison
    Value literal;                  // of a literal; read from literal_text with an inferred type, if there is one
    std::string literal_text;       // of an unquoted literal, as written: read again as the topic's type
    std::vector<std::string> path;  // field names after value or old_value
    std::shared_ptr<const FieldPath> field;  // the resolved path
    std::vector<Node> children;
  };

  static Result<Predicate> parse(std::string_view text, const Limits& limits = {});
  static Result<Predicate> build(Node root, const Limits& limits = {});  // checks shape, size and depth
  // Whether the predicate is within the limits. Decoded predicates, and those of all_of() and its like, may exceed
  // them.
  Result<void> check(const Limits& limits) const;

  // The common case, `value op literal`. Never fails.
  static Predicate compare(Op op, Value literal);
  // Do not check the size: the broker refuses predicates that are too large.
  static Predicate all_of(const Predicate& a, const Predicate& b);
  static Predicate any_of(const Predicate& a, const Predicate& b);
  static Predicate negate(const Predicate& a);

  const Node& root() const noexcept { return *root_; }

  // The normal form as text. Equal keys have equal meaning. parse(key()) gives the same predicate, unless its fields
  // are resolved: then the key also has their field paths, which parse() does not take.
  const std::string& key() const noexcept;
  bool uses_old_value() const noexcept;
  std::size_t fields() const noexcept;  // references to fields of messages

  // The predicate with its literals read as values of `type` (null: inferred) and its fields looked up in `schema`,
  // that of the topic's messages. An enumeration is its number, and a text compared with it the name of a value.
  // Idempotent for one type; a newer compatible schema resolves to the same. Errors: type_mismatch if a literal is of
  // another type; invalid_predicate if the type lacks an operation: an order of bools, bytes or messages, abs() of
  // anything but numbers, a field of anything but a message, or a field without a schema.
  Result<Predicate> resolved_for(ValueType type, const MessageSchema* schema = nullptr) const;

  bool test(const Value& value, const Value& old_value) const noexcept;

 private:
  struct Shared;
  explicit Predicate(std::shared_ptr<const Shared> shared);
  std::shared_ptr<const Shared> shared_;
  const Node* root_ = nullptr;
};

}  // namespace hoiku
