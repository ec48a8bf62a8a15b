// propagation.hpp: how a change of a value reaches what is composed of it: once per transaction, and in an order in which
// nobody sees a mixed state.
//
// Every derived value has a height above its highest source. A set marks the derived values of what it changed; when the
// outermost transaction of the thread ends, the marked ones are computed anew, lowest first.
#pragma once

#include <cstddef>
#include <functional>

#include "hoiku/async/detail/intrusive_list.hpp"

namespace hoiku {
namespace detail {

class Derived {
 public:
  explicit Derived(std::size_t height) noexcept : height_(height) {}
  Derived(const Derived&) = delete;
  Derived& operator=(const Derived&) = delete;
  std::size_t height() const noexcept { return height_; }
  // Reads the sources and takes over their state. Runs no code but the user's transform, whose errors it keeps.
  virtual void recompute() = 0;

 protected:
  virtual ~Derived();

 private:
  friend class Propagation;
  std::size_t height_;
  bool marked_ = false;
};

// While one is alive on a thread, derived values wait; the outermost brings them up to date when it ends.
class Propagation {
 public:
  Propagation() noexcept;
  ~Propagation();
  Propagation(const Propagation&) = delete;
  Propagation& operator=(const Propagation&) = delete;
  static void mark(Derived& derived);
  static void forget(Derived& derived) noexcept;
};

}  // namespace detail

// Everything that `change` sets is seen by composed values as one change. It must not wait; an exception out of it leaves
// what was set already set.
template <class F>
void transaction(F&& change) {
  detail::Propagation propagation;
  std::invoke(std::forward<F>(change));
}

}  // namespace hoiku
