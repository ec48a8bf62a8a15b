// predicate_expression.hpp: conditions written as they are said: value > 3 && value != 7.
//
// An expression is data, not code: equal expressions share one evaluation, and a broker can evaluate them.
// Its nodes are classes with constructors, since g++ 12 destroys aggregates in a co_await twice.
#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace [[gnu::visibility("default")]] hoiku {

enum class ComparisonOp : unsigned char { equal, not_equal, less, less_equal, greater, greater_equal };

namespace detail {

template <class A, class B>
concept BothIntegers = std::integral<A> && std::integral<B> && !std::same_as<A, bool> && !std::same_as<B, bool>;

// Compares integers by their values, whatever their signs. A NaN equals a NaN, and is neither less nor greater.
template <ComparisonOp op, class A, class B>
bool compare(const A& a, const B& b) {
  if constexpr (BothIntegers<A, B>) {
    if constexpr (op == ComparisonOp::equal) return std::cmp_equal(a, b);
    if constexpr (op == ComparisonOp::not_equal) return std::cmp_not_equal(a, b);
    if constexpr (op == ComparisonOp::less) return std::cmp_less(a, b);
    if constexpr (op == ComparisonOp::less_equal) return std::cmp_less_equal(a, b);
    if constexpr (op == ComparisonOp::greater) return std::cmp_greater(a, b);
    if constexpr (op == ComparisonOp::greater_equal) return std::cmp_greater_equal(a, b);
  } else {
    if constexpr (std::floating_point<A> && std::floating_point<B>) {
      const bool both_nan = a != a && b != b;
      if constexpr (op == ComparisonOp::equal) return both_nan || a == b;
      if constexpr (op == ComparisonOp::not_equal) return !both_nan && a != b;
    }
    if constexpr (op == ComparisonOp::equal) return static_cast<bool>(a == b);
    if constexpr (op == ComparisonOp::not_equal) return !static_cast<bool>(a == b);
    if constexpr (op == ComparisonOp::less) return static_cast<bool>(a < b);
    if constexpr (op == ComparisonOp::less_equal) return static_cast<bool>(a <= b);
    if constexpr (op == ComparisonOp::greater) return static_cast<bool>(a > b);
    if constexpr (op == ComparisonOp::greater_equal) return static_cast<bool>(a >= b);
  }
}

template <ComparisonOp op, class A, class B>
constexpr bool can_compare() {
  using enum ComparisonOp;
  if constexpr (BothIntegers<A, B>) return true;
  if constexpr (op == equal || op == not_equal) return requires(const A& a, const B& b) { a == b; };
  if constexpr (op == less) return requires(const A& a, const B& b) { a < b; };
  if constexpr (op == less_equal) return requires(const A& a, const B& b) { a <= b; };
  if constexpr (op == greater) return requires(const A& a, const B& b) { a > b; };
  if constexpr (op == greater_equal) return requires(const A& a, const B& b) { a >= b; };
}

}  // namespace detail

// A condition that can be tested on a value of this type.
template <class Expression, class T>
concept TestableOn = requires(const Expression& expression, const T& candidate) { expression.test(candidate); };

// Marks what is no literal: terms, and the conditions made of them.
struct ConditionPart {};

template <class L>
concept Literal = !std::derived_from<std::remove_cvref_t<L>, ConditionPart>;

// Gives a term of conditions (`value`, a Topic) its comparison operators, in both orders of the operands. A term
// derives from ComparableTerm<Term> and has a template <ComparisonOp op, class L> compared(L&& literal) that returns
// the condition.
template <class Term>
class ComparableTerm : public ConditionPart {
 public:
  template <Literal L>
  friend auto operator==(const Term& term, L&& l) {
    return compare<ComparisonOp::equal>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator!=(const Term& term, L&& l) {
    return compare<ComparisonOp::not_equal>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator<(const Term& term, L&& l) {
    return compare<ComparisonOp::less>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator<=(const Term& term, L&& l) {
    return compare<ComparisonOp::less_equal>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator>(const Term& term, L&& l) {
    return compare<ComparisonOp::greater>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator>=(const Term& term, L&& l) {
    return compare<ComparisonOp::greater_equal>(term, std::forward<L>(l));
  }

  template <Literal L>
  friend auto operator==(L&& l, const Term& term) {
    return compare<ComparisonOp::equal>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator!=(L&& l, const Term& term) {
    return compare<ComparisonOp::not_equal>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator<(L&& l, const Term& term) {
    return compare<ComparisonOp::greater>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator<=(L&& l, const Term& term) {
    return compare<ComparisonOp::greater_equal>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator>(L&& l, const Term& term) {
    return compare<ComparisonOp::less>(term, std::forward<L>(l));
  }
  template <Literal L>
  friend auto operator>=(L&& l, const Term& term) {
    return compare<ComparisonOp::less_equal>(term, std::forward<L>(l));
  }

  // Two terms: write compose_values(a, b).wait_value([](auto a, auto b) { return a > b; }).
  template <std::derived_from<ConditionPart> Other>
  friend void operator==(const Term&, const Other&) = delete;  // use compose_values(a, b)
  template <std::derived_from<ConditionPart> Other>
  friend void operator!=(const Term&, const Other&) = delete;  // use compose_values(a, b)
  template <std::derived_from<ConditionPart> Other>
  friend void operator<(const Term&, const Other&) = delete;  // use compose_values(a, b)
  template <std::derived_from<ConditionPart> Other>
  friend void operator<=(const Term&, const Other&) = delete;  // use compose_values(a, b)
  template <std::derived_from<ConditionPart> Other>
  friend void operator>(const Term&, const Other&) = delete;  // use compose_values(a, b)
  template <std::derived_from<ConditionPart> Other>
  friend void operator>=(const Term&, const Other&) = delete;  // use compose_values(a, b)

 private:
  template <ComparisonOp op, class L>
  static auto compare(const Term& term, L&& literal) {
    return term.template compared<op>(std::forward<L>(literal));
  }
};

// Marks the conditions on `value`.
struct PredicateExpression : ConditionPart {};

template <ComparisonOp comparison, class Literal>
class ValueComparison : public PredicateExpression {
 public:
  static constexpr ComparisonOp op = comparison;
  explicit ValueComparison(Literal literal) : literal_(std::move(literal)) {}
  const Literal& literal() const noexcept { return literal_; }
  template <class T>
    requires(detail::can_compare<op, T, Literal>())
  bool test(const T& candidate) const {
    return detail::compare<op>(candidate, literal_);
  }
  bool same_as(const ValueComparison& other) const {
    return detail::compare<ComparisonOp::equal>(literal_, other.literal_);
  }

 private:
  Literal literal_;
};

enum class Junction : unsigned char { all, any };

template <Junction kind, class A, class B>
class PredicateJunction : public PredicateExpression {
 public:
  static constexpr Junction junction = kind;
  PredicateJunction(A a, B b) : a_(std::move(a)), b_(std::move(b)) {}
  const A& left() const noexcept { return a_; }
  const B& right() const noexcept { return b_; }
  template <class T>
    requires(TestableOn<A, T> && TestableOn<B, T>)
  bool test(const T& candidate) const {
    if constexpr (kind == Junction::all) return a_.test(candidate) && b_.test(candidate);
    if constexpr (kind == Junction::any) return a_.test(candidate) || b_.test(candidate);
  }
  bool same_as(const PredicateJunction& other) const { return a_.same_as(other.a_) && b_.same_as(other.b_); }

 private:
  A a_;
  B b_;
};

template <class A>
class PredicateNegation : public PredicateExpression {
 public:
  explicit PredicateNegation(A a) : a_(std::move(a)) {}
  const A& operand() const noexcept { return a_; }
  template <class T>
    requires TestableOn<A, T>
  bool test(const T& candidate) const {
    return !a_.test(candidate);
  }
  bool same_as(const PredicateNegation& other) const { return a_.same_as(other.a_); }

 private:
  A a_;
};

template <class E>
concept IsPredicateExpression = std::derived_from<std::remove_cvref_t<E>, PredicateExpression>;

// Stands for the value in a condition on it: x.wait_value(value > 3).
class ValueTerm : public ComparableTerm<ValueTerm> {
 private:
  friend class ComparableTerm<ValueTerm>;

  // A literal that is text is kept as a std::string: the expression may outlive it.
  template <class L>
  using Stored = std::conditional_t<std::is_convertible_v<L, std::string_view>, std::string, std::decay_t<L>>;

  template <ComparisonOp op, class L>
  ValueComparison<op, Stored<L>> compared(L&& literal) const {
    return ValueComparison<op, Stored<L>>(Stored<L>(std::forward<L>(literal)));
  }
};
inline constexpr ValueTerm value{};

template <IsPredicateExpression A, IsPredicateExpression B>
auto operator&&(A a, B b) {
  return PredicateJunction<Junction::all, A, B>(std::move(a), std::move(b));
}
template <IsPredicateExpression A, IsPredicateExpression B>
auto operator||(A a, B b) {
  return PredicateJunction<Junction::any, A, B>(std::move(a), std::move(b));
}
template <IsPredicateExpression A>
auto operator!(A a) {
  return PredicateNegation<A>(std::move(a));
}

// How long a condition has to stay true, by the clock of the loop or the broker that evaluates it. Default: no time.
class HeldFor {
 public:
  HeldFor() noexcept : HeldFor(std::chrono::nanoseconds(0)) {}
  explicit HeldFor(std::chrono::nanoseconds duration) noexcept : duration_(duration) {}
  std::chrono::nanoseconds duration() const noexcept { return duration_; }

 private:
  std::chrono::nanoseconds duration_;
};
inline HeldFor held_for(std::chrono::nanoseconds duration) { return HeldFor(duration); }

}  // namespace hoiku
