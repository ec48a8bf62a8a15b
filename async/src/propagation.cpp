#include "hoiku/async/detail/propagation.hpp"

#include <algorithm>
#include <vector>

namespace hoiku::detail {
namespace {

thread_local int open_transactions = 0;
thread_local std::vector<Derived*> marked;

}  // namespace

Derived::~Derived() { Propagation::unmark(*this); }

Propagation::Propagation() noexcept { ++open_transactions; }

Propagation::~Propagation() {
  if (open_transactions == 1) {
    while (!marked.empty()) {
      // The lowest first: all of its sources are up to date. Whatever it marks is higher.
      const auto lowest = std::min_element(
          marked.begin(), marked.end(), [](const Derived* a, const Derived* b) { return a->height() < b->height(); });
      Derived* derived = *lowest;
      marked.erase(lowest);
      derived->marked_ = false;
      derived->recompute();
    }
  }
  --open_transactions;
}

void Propagation::mark(Derived& derived) {
  if (derived.marked_) return;
  derived.marked_ = true;
  marked.push_back(&derived);
}

void Propagation::unmark(Derived& derived) noexcept {
  if (!derived.marked_) return;
  derived.marked_ = false;
  std::erase(marked, &derived);
}

}  // namespace hoiku::detail
