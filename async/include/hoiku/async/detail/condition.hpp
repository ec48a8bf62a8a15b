// condition.hpp: a predicate that tasks wait for on one value, with its watchers, and how it is made of the user's
// argument.
#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "hoiku/async/detail/body.hpp"
#include "hoiku/async/detail/intrusive_list.hpp"
#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/async/time.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

struct WatchesCondition;

// The transition that a set makes, while it evaluates the conditions.
template <class T>
struct TransitionView {
  const T& value;
  const T& old_value;
  TimePoint at;
};

// Hears of every evaluation of its condition, on the setter's stack: it may record and notify, nothing more.
template <class T>
class Watcher : public ListHook<WatchesCondition> {
 public:
  virtual void evaluated(bool matches, const TransitionView<T>& transition) = 0;
  virtual void failed(std::exception_ptr error) noexcept = 0;  // the predicate threw
  virtual void closed() noexcept = 0;                          // the value has ended

 protected:
  ~Watcher() = default;
};

template <class T>
class Condition {
 public:
  virtual ~Condition() = default;
  virtual bool test(const T& value) = 0;
  virtual bool test_transition(const TransitionView<T>& transition) { return test(transition.value); }
  virtual bool same_as(const Condition&) const { return false; }
  IntrusiveList<Watcher<T>, WatchesCondition>& watchers() noexcept { return watchers_; }

 private:
  IntrusiveList<Watcher<T>, WatchesCondition> watchers_;
};

template <class T, class Expression>
class ExpressionCondition final : public Condition<T> {
 public:
  explicit ExpressionCondition(Expression expression) : expression_(std::move(expression)) {}
  bool test(const T& candidate) override { return expression_.test(candidate); }
  bool same_as(const Condition<T>& other) const override {
    const auto* same = dynamic_cast<const ExpressionCondition*>(&other);
    return same && expression_.same_as(same->expression_);
  }

 private:
  Expression expression_;
};

// A user's function of a value. Functions cannot be compared, so each is a condition of its own.
template <class T, class F>
class CallableCondition final : public Condition<T> {
 public:
  explicit CallableCondition(F predicate) : predicate_(std::move(predicate)) {}
  bool test(const T& candidate) override {
    if constexpr (std::predicate<F&, const T&>)
      return std::invoke(predicate_, candidate);
    else
      return std::apply(predicate_, candidate);
  }

 private:
  F predicate_;
};

// A user's function of the new and the old value of a transition.
template <class T, class F>
class TransitionCondition final : public Condition<T> {
 public:
  explicit TransitionCondition(F predicate) : predicate_(std::move(predicate)) {}
  bool test(const T&) override { return false; }  // a value alone is no transition
  bool test_transition(const TransitionView<T>& transition) override {
    return std::invoke(predicate_, transition.value, transition.old_value);
  }

 private:
  F predicate_;
};

template <class T>
class AnyCondition final : public Condition<T> {
 public:
  bool test(const T&) override { return true; }
  bool same_as(const Condition<T>& other) const override { return typeid(other) == typeid(AnyCondition); }
};

template <class T>
std::unique_ptr<Condition<T>> make_equal_condition(T wanted) {
  using Equal = ValueComparison<ComparisonOp::equal, T>;
  return std::make_unique<ExpressionCondition<T, Equal>>(Equal(std::move(wanted)));
}

template <class F, class T>
inline constexpr bool applies_to_members = false;
template <class F, class... Ts>
inline constexpr bool applies_to_members<F, std::tuple<Ts...>> = std::predicate<F&, const Ts&...>;

// A function of a value; for a composite, of its tuple or of its members. A T that can be called is still a value.
template <class F, class T>
concept PredicateFunction = !std::same_as<std::remove_cvref_t<F>, T> && !IsPredicateExpression<F> &&
                            (std::predicate<std::decay_t<F>&, const T&> || applies_to_members<std::decay_t<F>, T>);

template <class T, class P>
std::unique_ptr<Condition<T>> make_condition(P&& predicate) {
  using D = std::decay_t<P>;
  if constexpr (IsPredicateExpression<P>) {
    static_assert(TestableOn<D, T>,
                  "this condition does not fit the value's type: compare `value` with something of that type");
    if constexpr (TestableOn<D, T>) return std::make_unique<ExpressionCondition<T, D>>(std::forward<P>(predicate));
  } else if constexpr (PredicateFunction<P, T>) {
    return std::make_unique<CallableCondition<T, D>>(std::forward<P>(predicate));
  } else {
    check_function<D&, const T&>();
    static_assert(
        !std::same_as<D, bool> || std::same_as<T, bool>,
        "a bool as the condition of a value that is not one: does a variable named `value` hide hoiku::value?");
    static_assert(!std::same_as<T, bool> || !std::is_pointer_v<D>,
                  "this value is a bool: it is equal to true or false, not to a text or a pointer");
    static_assert(Coroutine<D&, const T&> || std::convertible_to<P, T>,
                  "a condition is an expression (value > 3), a callable that takes the value and returns bool, or a "
                  "value to be equal to");
    if constexpr (std::convertible_to<P, T>)
      return make_equal_condition<T>(static_cast<T>(std::forward<P>(predicate)));
    else
      return after_an_error<std::unique_ptr<Condition<T>>>();
  }
}

// A function of the new and the old value. One that could take a single value too is called with both.
template <class F, class T>
concept TransitionFunction = !IsPredicateExpression<F> && std::predicate<std::decay_t<F>&, const T&, const T&>;

template <class T, class P>
std::unique_ptr<Condition<T>> make_transition_condition(P&& predicate) {
  if constexpr (TransitionFunction<P, T>)
    return std::make_unique<TransitionCondition<T, std::decay_t<P>>>(std::forward<P>(predicate));
  else
    return make_condition<T>(std::forward<P>(predicate));
}

}  // namespace detail
}  // namespace hoiku
