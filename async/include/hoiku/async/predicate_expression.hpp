// predicate_expression.hpp: conditions written as they are said: value > 3 && value != 7.
//
// An expression is data, not code: it can be compared with another one, so that equal waits share one evaluation, and it
// can be sent to a broker. Nodes are classes with constructors, since g++ 12 destroys aggregates in a co_await twice.
#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hoiku {

enum class ComparisonOp : unsigned char { equal, not_equal, less, less_equal, greater, greater_equal };

namespace detail {

template <class A, class B>
concept BothIntegers = std::integral<A> && std::integral<B> && !std::same_as<A, bool> && !std::same_as<B, bool>;

// Integers are compared by their values, whatever their signs; a NaN equals a NaN and stands in no order.
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

}  // namespace detail

// Marks what may stand in a condition.
struct PredicateExpression {};

template <ComparisonOp comparison, class Literal>
class ValueComparison : public PredicateExpression {
 public:
  static constexpr ComparisonOp op = comparison;
  explicit ValueComparison(Literal literal) : literal_(std::move(literal)) {}
  const Literal& literal() const noexcept { return literal_; }
  template <class T>
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
  bool test(const T& candidate) const {
    return !a_.test(candidate);
  }
  bool same_as(const PredicateNegation& other) const { return a_.same_as(other.a_); }

 private:
  A a_;
};

template <class E>
concept IsPredicateExpression = std::derived_from<std::remove_cvref_t<E>, PredicateExpression>;

// Stands for the value that is waited for, in a condition given to that value: x.wait_value(value > 3).
class ValueTerm {
 public:
  constexpr ValueTerm() = default;
};
inline constexpr ValueTerm value;

namespace detail {

// Text is kept as a std::string: the literal outlives the expression that it was written in.
template <class L>
using StoredLiteral = std::conditional_t<std::is_convertible_v<L, std::string_view>, std::string, std::decay_t<L>>;

template <class L>
concept Literal = !std::same_as<std::remove_cvref_t<L>, ValueTerm> && !IsPredicateExpression<L>;

template <ComparisonOp op, class L>
auto comparison(L&& literal) {
  using Stored = StoredLiteral<L>;
  return ValueComparison<op, Stored>(Stored(std::forward<L>(literal)));
}

}  // namespace detail

template <detail::Literal L>
auto operator==(ValueTerm, L&& l) {
  return detail::comparison<ComparisonOp::equal>(std::forward<L>(l));
}
template <detail::Literal L>
auto operator!=(ValueTerm, L&& l) {
  return detail::comparison<ComparisonOp::not_equal>(std::forward<L>(l));
}
template <detail::Literal L>
auto operator<(ValueTerm, L&& l) {
  return detail::comparison<ComparisonOp::less>(std::forward<L>(l));
}
template <detail::Literal L>
auto operator<=(ValueTerm, L&& l) {
  return detail::comparison<ComparisonOp::less_equal>(std::forward<L>(l));
}
template <detail::Literal L>
auto operator>(ValueTerm, L&& l) {
  return detail::comparison<ComparisonOp::greater>(std::forward<L>(l));
}
template <detail::Literal L>
auto operator>=(ValueTerm, L&& l) {
  return detail::comparison<ComparisonOp::greater_equal>(std::forward<L>(l));
}
template <detail::Literal L>
auto operator==(L&& l, ValueTerm v) {
  return v == std::forward<L>(l);
}
template <detail::Literal L>
auto operator!=(L&& l, ValueTerm v) {
  return v != std::forward<L>(l);
}
template <detail::Literal L>
auto operator<(L&& l, ValueTerm v) {
  return v > std::forward<L>(l);
}
template <detail::Literal L>
auto operator<=(L&& l, ValueTerm v) {
  return v >= std::forward<L>(l);
}
template <detail::Literal L>
auto operator>(L&& l, ValueTerm v) {
  return v < std::forward<L>(l);
}
template <detail::Literal L>
auto operator>=(L&& l, ValueTerm v) {
  return v <= std::forward<L>(l);
}

template <class A, class B>
  requires IsPredicateExpression<A> && IsPredicateExpression<B>
auto operator&&(A a, B b) {
  return PredicateJunction<Junction::all, A, B>(std::move(a), std::move(b));
}
template <class A, class B>
  requires IsPredicateExpression<A> && IsPredicateExpression<B>
auto operator||(A a, B b) {
  return PredicateJunction<Junction::any, A, B>(std::move(a), std::move(b));
}
template <class A>
  requires IsPredicateExpression<A>
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
