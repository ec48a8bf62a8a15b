// broker_predicate.hpp: translates conditions that are written in C++ (value > 3) into predicates for the broker.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/condition.hpp"
#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/client/quality_term.hpp"
#include "hoiku/client/topic_type.hpp"
#include "hoiku/client/where.hpp"
#include "hoiku/proto/predicate.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <class L>
concept Number = std::is_arithmetic_v<L> && !std::same_as<L, bool>;

constexpr Predicate::Op predicate_op(ComparisonOp op) {
  switch (op) {
    case ComparisonOp::equal:
      return Predicate::Op::equal;
    case ComparisonOp::not_equal:
      return Predicate::Op::not_equal;
    case ComparisonOp::less:
      return Predicate::Op::less;
    case ComparisonOp::less_equal:
      return Predicate::Op::less_equal;
    case ComparisonOp::greater:
      return Predicate::Op::greater;
    case ComparisonOp::greater_equal:
      return Predicate::Op::greater_equal;
  }
  return Predicate::Op::equal;
}

// The literal as a value of the bus. Numbers keep their mathematical value: the broker compares int64 and double
// exactly.
template <Number L>
Value number_literal(L literal) {
  if constexpr (std::integral<L>) {
    if (std::in_range<std::int64_t>(literal)) return Value(static_cast<std::int64_t>(literal));
    // Larger than every int64, as 2^63 is: every comparison has the same result.
    return Value(0x1p63);
  } else {
    return Value(static_cast<double>(literal));
  }
}

template <class T>
struct WithoutOptional {
  using type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
  using type = T;
};

template <TopicType T, ComparisonOp op, class L>
Predicate compare_with(const L& literal) {
  constexpr Predicate::Op as = predicate_op(op);
  if constexpr (is_optional<T>) {
    static_assert(!std::same_as<L, std::nullopt_t>,
                  "in the broker a topic that is not set matches no comparison: for a topic of std::optional write "
                  "wait_value(std::nullopt), or a callable that takes the std::optional");
    return compare_with<typename WithoutOptional<T>::type, op>(literal);
  } else if constexpr (std::same_as<T, bool>) {
    static_assert(std::same_as<L, bool>, "this topic holds a bool: compare it with true or false");
    static_assert(op == ComparisonOp::equal || op == ComparisonOp::not_equal, "a bool is compared with == or != only");
    return Predicate::compare(as, Value(literal));
  } else if constexpr (std::same_as<T, std::string>) {
    static_assert(std::convertible_to<const L&, std::string_view>, "this topic holds text: compare it with text");
    return Predicate::compare(as, Value(std::string(std::string_view(literal))));
  } else if constexpr (std::same_as<T, Value>) {
    if constexpr (Number<L>)
      return Predicate::compare(as, number_literal(literal));
    else if constexpr (std::convertible_to<const L&, std::string_view>)
      return Predicate::compare(as, Value(std::string(std::string_view(literal))));
    else
      return Predicate::compare(as, Value(literal));
  } else if constexpr (std::is_arithmetic_v<T>) {
    static_assert(Number<L>, "this topic holds a number: compare it with a number");
    return Predicate::compare(as, number_literal(literal));
  } else {
    static_assert(std::convertible_to<const L&, T>, "compare this topic with something of the type that it holds");
    static_assert(op == ComparisonOp::equal || op == ComparisonOp::not_equal || !std::same_as<T, Bytes>,
                  "bytes are compared with == or != only");
    return Predicate::compare(as, to_value<T>(literal, {}));
  }
}

template <class E>
inline constexpr bool is_comparison = false;
template <ComparisonOp op, class L>
inline constexpr bool is_comparison<ValueComparison<op, L>> = true;
template <class E>
inline constexpr bool is_quality_comparison = false;
template <ComparisonOp op>
inline constexpr bool is_quality_comparison<QualityComparison<op>> = true;
template <class E>
inline constexpr bool is_junction = false;
template <Junction kind, class A, class B>
inline constexpr bool is_junction<PredicateJunction<kind, A, B>> = true;
template <class E>
inline constexpr bool is_negation = false;
template <class A>
inline constexpr bool is_negation<PredicateNegation<A>> = true;

template <TopicType T, class E>
Predicate to_predicate(const E& expression) {
  if constexpr (is_comparison<E>) {
    return compare_with<T, E::op>(expression.literal());
  } else if constexpr (is_quality_comparison<E>) {
    return Predicate::compare(predicate_op(E::op), expression.wanted());
  } else if constexpr (is_junction<E>) {
    const Predicate left = to_predicate<T>(expression.left());
    const Predicate right = to_predicate<T>(expression.right());
    return E::junction == Junction::all ? Predicate::all_of(left, right) : Predicate::any_of(left, right);
  } else {
    static_assert(is_negation<E>,
                  "a condition on a topic is made of `value` and `quality` compared with constants, &&, || and !");
    return Predicate::negate(to_predicate<T>(expression.operand()));
  }
}

// A function that wait_value and eventual_values of a topic accept.
template <class P, class T>
concept TopicCallable = !IsPredicateExpression<P> && !std::same_as<std::remove_cvref_t<P>, T> && !WrittenPredicate<P> &&
                        std::predicate<std::decay_t<P>&, const T&>;

// A condition that cannot be sent: it is a function, or it may be "unset", which compares with nothing at the broker.
template <class P, class T>
concept EvaluatedInClient =
    TopicCallable<P, T> || (is_optional<T> && !IsPredicateExpression<P> && !WrittenPredicate<P>);

// A comparison of a topic, or a topic itself, in the place of a condition on `value`.
template <class P>
concept NamesItsTopic = std::derived_from<std::remove_cvref_t<P>, ConditionPart> && !IsPredicateExpression<P>;

template <class P, class T>
constexpr void check_topic_condition() {
  using D = std::decay_t<P>;
  using Content = typename WithoutOptional<T>::type;
  static_assert(!NamesItsTopic<P>,
                "this condition names its topic already: write co_await until(n >= 5), or n.wait_value(value >= 5)");
  check_function<D&, const T&>();
  static_assert(!std::same_as<Content, bool> || NamesItsTopic<P> || IsPredicateExpression<P> || TopicCallable<P, T> ||
                    AnyOf<D, bool, std::optional<bool>, std::nullopt_t, Predicate, Where>,
                "this topic holds a bool: it is equal to true or false, not to a number or a text");
  static_assert(
      !std::same_as<D, bool> || AnyOf<T, bool, std::optional<bool>, Value>,
      "a bool as the condition of a topic that holds something else: does a variable named `value` hide hoiku::value?");
  static_assert(
      NamesItsTopic<P> || Coroutine<D&, const T&> || IsPredicateExpression<P> || TopicCallable<P, T> ||
          WrittenPredicate<P> || std::convertible_to<P, T>,
      "a condition is an expression (value > 3), a callable that takes the topic's value and returns bool, a text "
      "in where(\"value > 3\"), a parsed Predicate, or a value to be equal to");
}

// Returns the predicate. Throws what the broker would answer if the topic held values of this type; fields of messages
// that are not known here are left to the broker.
Predicate fitting(const Predicate& predicate, ValueType type, const MessageSchema* schema);

// The predicate for any condition that can be sent.
template <TopicType T, class P>
Predicate broker_predicate(P&& condition) {
  using D = std::decay_t<P>;
  if constexpr (IsPredicateExpression<P>)
    return to_predicate<T>(condition);
  else if constexpr (WrittenPredicate<P>)
    return fitting(predicate_of(condition), declared_type<T>(), schema_of<T>());
  else if constexpr (std::same_as<T, Value> || (Number<T> && Number<D>))
    return compare_with<T, ComparisonOp::equal>(condition);
  else if constexpr (std::convertible_to<P, T>)
    return compare_with<T, ComparisonOp::equal>(static_cast<T>(std::forward<P>(condition)));
  else
    return after_an_error<Predicate>();
}

// Resolves a predicate as the broker does: reads its literals as the topic's type, and looks up its fields in the
// schema of the topic's messages. Throws Error(invalid_predicate) or TypeMismatch.
Predicate resolve_locally(const Predicate& predicate, ValueType type, const MessageSchema* schema);

// A condition on a value and its quality that the client evaluates.
template <TopicType T>
class LocalTest {
 public:
  using Function = std::function<bool(const T&, Quality)>;
  explicit LocalTest(Function function, bool names_quality = false)
      : function_(std::move(function)), names_quality_(names_quality) {}
  bool operator()(const T& v, Quality state_quality) const { return function_(v, state_quality); }
  bool names_quality() const noexcept { return names_quality_; }

 private:
  Function function_;
  bool names_quality_;
};

// Any condition, for evaluation in the client.
template <TopicType T, class P>
LocalTest<T> local_test(P&& condition) {
  using D = std::decay_t<P>;
  if constexpr (TopicCallable<P, T>) {
    return LocalTest<T>([function = D(std::forward<P>(condition))](const T& v, Quality) mutable {
      return static_cast<bool>(std::invoke(function, v));
    });
  } else if constexpr (EvaluatedInClient<P, T>) {
    return LocalTest<T>([wanted = to_value<T>(T(std::forward<P>(condition)), {})](const T& v, Quality) {
      return to_value<T>(v, {}) == wanted;
    });
  } else {
    // Evaluated as at the broker, so that both agree about NaN and mixed numbers.
    Predicate predicate =
        resolve_locally(broker_predicate<T>(std::forward<P>(condition)), declared_type<T>(), schema_of<T>());
    const bool names_quality = predicate.names_quality();
    return LocalTest<T>([predicate = std::move(predicate)](
                            const T& v, Quality of_v) { return predicate.test(to_value<T>(v, {}), Value(), of_v); },
                        names_quality);
  }
}

}  // namespace detail
}  // namespace hoiku
