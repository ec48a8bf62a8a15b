// compose.hpp: several values as one: compose_values(battery, lid) is the pair of both, and can be waited on like any
// value.
//
//   auto both = compose_values(battery, lid);
//   co_await both.wait_value([](int level, bool open) { return level < 20 && !open; });
//   transaction([&] { battery.set(10); lid.set(false); });  // one transition of `both`
//
// Promises   Read-only. Never shows a state that no transaction left, also if it has one source twice, or through
//            another composite. No transition between the construction and the first wait is missed.
// Lifetime   The sources outlive the composite.
// Thread     that of its sources.
#pragma once

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "hoiku/async/async_value.hpp"
#include "hoiku/async/detail/propagation.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <class T>
void accept_readable(ReadableValue<T>& source);
template <class S>
concept Readable = requires(S& source) { accept_readable(source); };

}  // namespace detail

// The tuple of its sources' values.
template <class... Ts>
class Composite final : public ReadableValue<std::tuple<Ts...>>, private detail::Derived {
 public:
  explicit Composite(ReadableValue<Ts>&... sources)
      : ReadableValue<std::tuple<Ts...>>(std::tuple<Ts...>(sources.value()...), height_above(sources...)),
        Derived(height_above(sources...)),
        sources_(&sources...) {
    (sources.add(*this), ...);
  }
  ~Composite() {
    this->close();
    std::apply([this](auto*... sources) { (sources->remove(*this), ...); }, sources_);
  }

 private:
  static std::size_t height_above(const ReadableValue<Ts>&... sources) { return std::max({sources.height()...}) + 1; }
  void recompute() override {
    this->assign(std::apply([](auto*... sources) { return std::tuple<Ts...>(sources->value()...); }, sources_));
  }
  std::tuple<ReadableValue<Ts>*...> sources_;
};

// Makes a composite of values, which may be AsyncValues and composites. Synchronous.
template <detail::Readable First, detail::Readable... Rest>
auto compose_values(First& first, Rest&... rest) {
  return []<class... Ts>(ReadableValue<Ts>&... sources) { return Composite<Ts...>(sources...); }(first, rest...);
}

// Calls `sets`: composites see all that it sets as one transition. It must not wait. If it throws, the exception comes
// out, and what it had set stays set.
template <class F>
void transaction(F&& sets) {
  detail::check_function<F>();
  if constexpr (!detail::Coroutine<F>) {
    detail::Propagation propagation;
    std::invoke(std::forward<F>(sets));
  }
}

}  // namespace hoiku
