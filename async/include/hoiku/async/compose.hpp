// compose.hpp: several values as one: compose_values(a, b) is the pair of them, and can be waited on like any value.
//
// Promises   reads and hooks in one frame, so that nothing is missed; read-only; never shows a state that no transaction
//            left behind, also where a source stands in it twice or through another composite.
// Lifetime   the sources outlive it (what they were is kept, but it no longer changes once one has ended).
#pragma once

#include <algorithm>
#include <tuple>
#include <utility>

#include "hoiku/async/async_value.hpp"

namespace hoiku {
namespace detail {

template <class T>
void accepts_readable(const ReadableValue<T>&);
template <class S>
concept is_readable = requires(S& source) { accepts_readable(source); };

}  // namespace detail

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

// Synchronous; the composite must not outlive its sources, which may be AsyncValues and composites.
template <class First, class... Rest>
  requires(detail::is_readable<First> && (detail::is_readable<Rest> && ...))
auto compose_values(First& first, Rest&... rest) {
  return []<class... Ts>(ReadableValue<Ts>&... sources) { return Composite<Ts...>(sources...); }(first, rest...);
}

}  // namespace hoiku
