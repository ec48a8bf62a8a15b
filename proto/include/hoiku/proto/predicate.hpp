// predicate.hpp: a condition on a topic's value, as data: it can be sent, checked, bounded, compared and shared.
//
// Grammar, the same on the command line:
//   or := and ('||' and)* ; and := not ('&&' not)* ; not := '!' not | '(' or ')' | comparison
//   comparison := term ('=='|'!='|'<'|'<='|'>'|'>=') term
//   comparison := 'quality' ('=='|'!=') ('live'|'stale'|'orphaned'), in either order
//   term := 'value' path? | 'old_value' path? | literal | 'abs(' term ('-' term)? ')' ; path := ('.' field)+
//   literal := number | 'true' | 'false' | name | '"' text '"' | "'" text "'" | type '(' text ')', as in double(nan),
//   bytes(00ff), message("T",00ff)
// A number is written as 21, -0.5, 1e-3, nan, inf or -inf. A text stands in quotes, with the escapes of JSON. A name is
// that of an enumeration's value, and is compared with a field (value.mode == WALKING), with or without quotes.
// Any other word without quotes is refused, and so is a comparison that names no value, old_value or quality.
//
// Promises   immutable and cheap to copy. test() never throws, never allocates without bound, and reads nothing but its
//            arguments.
// Meaning    a comparison with null, or of two types that are not comparable, is false, also with !=. NaN equals NaN
//            and has no order (NaN <= NaN is false). int64 and double compare by their exact mathematical values. A
//            difference of integers is exact; a difference with a double is computed in double. A number is comparable
//            with numbers only, a text with texts only: what is refused if the topic's type is known
//            (resolved_for()) is false otherwise. An unset topic has no quality, unless the end of a lease unset it:
//            then it is orphaned.
// Limits     Limits::predicate_nodes_max, predicate_depth_max, and value_bytes_max for all literals together. parse(),
//            build() and check() refuse what is beyond them. The codec accepts a few times more, see codec.hpp, and
//            leaves the words of a predicate to check().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/quality.hpp"
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
    difference = 9,
    state_quality = 10,  // terms
  };

  // The tree, open to the codec and the builders. A comparison has two terms as children, `absolute` one term.
  struct Node {
    Kind kind = Kind::literal;
    Op op = Op::equal;              // of a comparison
    Value literal;                  // of a literal; read from literal_text, if there is one (null if it is a name)
    std::string literal_text;       // of a literal without quotes, as written: a number, true, false or a name
    std::vector<std::string> path;  // field names after value or old_value
    std::shared_ptr<const FieldPath> field;  // the resolved path
    std::vector<Node> children;
  };

  static Result<Predicate> parse(std::string_view text, const Limits& limits = {});
  static Result<Predicate> build(Node root, const Limits& limits = {});  // checks shape, size and depth
  // Whether the predicate is within the limits, and has only comparisons that the grammar allows. A predicate that was
  // decoded or built may have others, and all_of() and its like may exceed the limits.
  Result<void> check(const Limits& limits) const;

  // The common case, `value op literal`. Never fails.
  static Predicate compare(Op op, Value literal);
  // `quality op wanted`, with equal or not_equal.
  static Predicate compare(Op op, Quality wanted);
  // Do not check the size: the broker refuses predicates that are too large.
  static Predicate all_of(const Predicate& a, const Predicate& b);
  static Predicate any_of(const Predicate& a, const Predicate& b);
  static Predicate negate(const Predicate& a);

  const Node& root() const noexcept { return *root_; }

  // The normal form as text. Equal keys have equal meaning. parse(key()) gives the same predicate, unless its fields
  // are resolved: then the key also has their field paths, which parse() does not take.
  const std::string& key() const noexcept;
  bool uses_old_value() const noexcept;
  bool names_quality() const noexcept;  // true: a change of the quality alone may change the result
  std::size_t fields() const noexcept;  // references to fields of messages
  std::size_t comparisons() const noexcept;
  // `value op literal`. The literal belongs to the predicate.
  struct Comparison {
    Op op;
    const Value& literal;
  };
  // The predicate as one comparison of the value itself with a literal. Empty: it is something else.
  std::optional<Comparison> as_comparison() const noexcept;

  // The predicate for topics of `type` (null: not known), with its fields looked up in `schema`, that of the topic's
  // messages. An enumeration is its number, and a text compared with it the name of a value. Idempotent for one type; a
  // newer compatible schema resolves to the same. Errors: type_mismatch if a literal is of another type;
  // invalid_predicate if the type lacks an operation: an order of bools, bytes or messages, abs() of anything but
  // numbers, a field of anything but a message, a field without a schema, or a name where no enumeration is.
  Result<Predicate> resolved_for(ValueType type, const MessageSchema* schema = nullptr) const;

  bool test(const Value& value, const Value& old_value, Quality quality) const noexcept;

 private:
  struct Shared;
  explicit Predicate(std::shared_ptr<const Shared> shared);
  std::shared_ptr<const Shared> shared_;
  const Node* root_ = nullptr;
};

}  // namespace hoiku
