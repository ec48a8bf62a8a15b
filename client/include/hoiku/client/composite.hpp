// composite.hpp: compose_values(a, b) reads several topics as one, and shows only states that existed at one revision.
//
//   auto both = compose_values(bus.topic<int>("a"), bus.topic<bool>("b"));
//   const auto [a, b] = co_await both.wait_value([](int a, bool b) { return b && a > 3; });
//   auto states = both.eventual_values();                               // then: co_await states.next()
//   auto trusted = compose_values(with_quality(a), b);                  // `a` as a Qualified<int>: qualified.hpp
//
// Promises   all transitions of one revision arrive together. A state is shown while every topic is set; a topic of
//            std::optional may be unset. A composite itself subscribes to nothing: its readers and waits do.
// Limits     64 topics, of one Bus (Error(limit_exceeded), Error(invalid_argument)).
#pragma once

#include <tuple>
#include <utility>

#include "hoiku/client/qualified.hpp"
#include "hoiku/client/topic.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

class CompositeCore {
 public:
  explicit CompositeCore(const std::vector<TopicCore>& topics);
  const BusPtr& bus() const noexcept { return bus_; }
  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  BusPtr bus_;
  std::vector<std::string> names_;
};

template <MemberType... Ts>
Task<std::tuple<Ts...>> values_of(Task<Members> state) {
  const Members members = co_await std::move(state);
  co_return decode_members<Ts...>(members);
}

// Adapts a predicate that takes the tuple of the values, or the values one by one.
template <class F, class... Ts>
auto on_members(F function) {
  return [function = std::move(function)](const Ts&... values) mutable -> bool {
    if constexpr (std::predicate<F&, const Ts&...>)
      return std::invoke(function, values...);
    else
      return std::invoke(function, std::tuple<Ts...>(values...));
  };
}

template <class F, class... Ts>
constexpr void check_composite_condition() {
  check_function<std::decay_t<F>&, const Ts&...>();
  static_assert(
      Coroutine<std::decay_t<F>&, const Ts&...> || std::predicate<std::decay_t<F>&, const Ts&...> ||
          std::predicate<std::decay_t<F>&, const std::tuple<Ts...>&>,
      "a condition on composed topics is a callable that takes their values, or the tuple of them, and returns bool");
}

// The handles that may be composed, each with its type of member.
template <class Handle>
struct HandleTraits;
template <TopicType T>
struct HandleTraits<Topic<T>> {
  using Member = T;
  static const TopicCore& core(const Topic<T>& handle) { return handle.core(); }
};
template <TopicType T>
struct HandleTraits<QualifiedTopic<T>> {
  using Member = Qualified<T>;
  static const TopicCore& core(const QualifiedTopic<T>& handle) { return handle.topic().core(); }
};
template <class Handle>
concept ComposableTopic = requires { typename HandleTraits<Handle>::Member; };

}  // namespace detail

template <detail::MemberType... Ts>
class CompositeValues {
 public:
  CompositeValues(const detail::CompositeCore& composite, detail::MembersTest test, Duration hold)
      : reader_(composite.bus(), composite.names(), detail::uses_of<Ts...>(), std::move(test), hold) {}

  // Waits for a state that satisfies the condition and differs from the one returned last, and returns it.
  Task<std::tuple<Ts...>> next() { return detail::values_of<Ts...>(reader_.next()); }

 private:
  detail::StateReader reader_;
};

template <detail::MemberType... Ts>
class TopicComposite {
 public:
  explicit TopicComposite(const std::vector<detail::TopicCore>& topics) : core_(topics) {}

  CompositeValues<Ts...> eventual_values(HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) & {
    return CompositeValues<Ts...>(core_, nullptr, hold.duration());
  }
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, HeldFor>)
  CompositeValues<Ts...> eventual_values(F&& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) & {
    return CompositeValues<Ts...>(core_, test(std::forward<F>(condition)), hold.duration());
  }
  void eventual_values(auto&&...) && = delete;  // give the composite a name

  // Waits for the first state that satisfies the condition, and returns it.
  template <class F>
  Task<std::tuple<Ts...>> wait_value(F&& condition, HeldFor hold = HeldFor(std::chrono::nanoseconds(0))) const {
    detail::check_closure<F>();
    return detail::values_of<Ts...>(detail::wait_state(core_.bus(), core_.names(), detail::uses_of<Ts...>(),
                                                       test(std::forward<F>(condition)), hold.duration()));
  }

 private:
  template <class F>
  static detail::MembersTest test(F&& condition) {
    detail::check_composite_condition<F, Ts...>();
    return detail::typed_test<Ts...>(detail::on_members<std::decay_t<F>, Ts...>(std::forward<F>(condition)));
  }
  detail::CompositeCore core_;
};

// Makes a composite of topics. with_quality(topic) shows its quality too, as a Qualified<T>.
template <detail::ComposableTopic... Handles>
  requires(sizeof...(Handles) > 0)
auto compose_values(const Handles&... topics) {
  return TopicComposite<typename detail::HandleTraits<Handles>::Member...>(
      std::vector<detail::TopicCore>{detail::HandleTraits<Handles>::core(topics)...});
}

}  // namespace hoiku
