// tree.hpp: the modules behind predicate.hpp, which predicate.cpp wires: shape, word, meaning, parser, normal form,
// types, evaluation.
//
// All of them work on Predicate::Node and expect a tree that check_shape() has accepted, unless they say otherwise.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/predicate.hpp"

namespace hoiku::predicate {

using Node = Predicate::Node;
using Kind = Predicate::Kind;
using Op = Predicate::Op;

// Differences of 64-bit integers are exact: each level of nesting needs one bit more.
__extension__ using Wide = __int128;
inline constexpr std::size_t nesting_max = 60;  // whatever the limits say: so many bits a Wide has above 64

Failure invalid(std::string message);  // invalid_predicate

// ---- shape.cpp: takes any tree --------------------------------------------------------------------------------------

// Whether a tree is a predicate, and within the limits. Descends no deeper than the limit allows.
Result<void> check_shape(const Node& root, const Limits& limits);
bool is_condition(Kind kind) noexcept;
bool is_word(std::string_view text) noexcept;  // needs no quotes as a literal
bool is_word_character(char c) noexcept;
bool is_number(std::string_view text) noexcept;             // needs no quotes within abs()
std::size_t number_length(std::string_view text) noexcept;  // of the longest number at the front, or 0
bool is_field_name(std::string_view text) noexcept;
std::string_view symbol(Op op) noexcept;

// ---- word.cpp: literals without quotes ------------------------------------------------------------------------------

enum class Word { none, number, boolean, name };
Word word_type(std::string_view text) noexcept;  // none: there is no word
// The word as a value. Null: it is a name, or a number that is too large.
Value read_word(std::string_view text);

// ---- meaning.cpp ----------------------------------------------------------------------------------------------------

// Refuses words that are neither a number, true, false, nor possibly the name of an enumeration's value; comparisons
// that name no state of the topic; and those of two types that are known to be unlike.
Result<void> check_meaning(const Node& root);

// ---- parser.cpp -----------------------------------------------------------------------------------------------------

Result<Node> parse_text(std::string_view text, const Limits& limits);

// ---- normal_form.cpp ------------------------------------------------------------------------------------------------

// Rewrites the tree into its normal form. Returns that form as text.
std::string normalise(Node& node);
std::string term_text(const Node& term);
std::string comparison_text(const Node& comparison);

// ---- types.cpp ------------------------------------------------------------------------------------------------------

bool is_numeric(ValueType type) noexcept;
bool has_order(ValueType type) noexcept;  // true also for null, the unknown type
bool asks_for_order(Op op) noexcept;
Failure no_order(ValueType type, Op op);  // a comparison by an order that values of the type do not have

// The tree with its numbers kept as `type`, and its fields and the names of enumerations looked up in `schema`.
Result<Node> resolve(const Node& root, ValueType type, const MessageSchema* schema);

// ---- evaluation.cpp -------------------------------------------------------------------------------------------------

bool evaluate(const Node& condition, const Value& value, const Value& old_value, Quality quality) noexcept;

}  // namespace hoiku::predicate
