// propagation.hpp: carries transitions of values on to the composites that are made of them: once per transaction, and
// in an order in which nobody sees a mixed state.
//
// Each composite has a height above its highest source. A set marks the composites of the value that it changed; when
// the outermost transaction of the thread ends, the marked ones are recomputed, lowest first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

// A value that is computed from others.
class Derived {
 public:
  explicit Derived(std::size_t height) noexcept : height_(height) {}
  Derived(const Derived&) = delete;
  Derived& operator=(const Derived&) = delete;
  std::size_t height() const noexcept { return height_; }
  // Reads the sources and takes over their state.
  virtual void recompute() = 0;

 protected:
  virtual ~Derived();

 private:
  friend class Propagation;
  std::size_t height_;
  bool marked_ = false;
};

// An open transaction. While one is alive on a thread, derived values wait; the outermost brings them up to date when
// it ends.
class Propagation {
 public:
  Propagation() noexcept;
  ~Propagation();
  Propagation(const Propagation&) = delete;
  Propagation& operator=(const Propagation&) = delete;
  static void mark(Derived& derived);
  static void unmark(Derived& derived) noexcept;
};

// A value that others are computed from.
class SourceOfDerived {
 public:
  std::size_t height() const noexcept { return height_; }
  void add(Derived& derived) { derived_.push_back(&derived); }
  void remove(Derived& derived) noexcept { std::erase(derived_, &derived); }

 protected:
  explicit SourceOfDerived(std::size_t height) noexcept : height_(height) {}
  ~SourceOfDerived() = default;
  void mark_derived() const {
    for (Derived* derived : derived_) Propagation::mark(*derived);
  }

 private:
  std::size_t height_;
  std::vector<Derived*> derived_;
};

}  // namespace detail
}  // namespace hoiku
