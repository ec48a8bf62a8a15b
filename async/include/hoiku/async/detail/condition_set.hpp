// condition_set.hpp: the conditions that tasks wait for on one value. Equal conditions are one, evaluated once per set.
#pragma once

#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <utility>

#include "hoiku/async/detail/condition.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <class T>
class ConditionSet {
 public:
  std::size_t size() const noexcept { return conditions_.size(); }
  bool evaluating() const noexcept { return evaluating_; }

  // Returns the condition to watch: an equal one if there is one already, otherwise `wanted`.
  std::shared_ptr<Condition<T>> add(std::shared_ptr<Condition<T>> wanted) {
    for (auto& condition : conditions_) {
      if (condition->same_as(*wanted)) return condition;
    }
    conditions_.push_back(wanted);
    return wanted;
  }
  // Removes a condition that nobody watches any more; during an evaluation, the evaluation does that at its end.
  void remove_if_unwatched(const std::shared_ptr<Condition<T>>& condition) {
    if (condition->watchers().empty() && !evaluating_) conditions_.remove(condition);
  }

  // Tests every condition on the transition, and tells its watchers. A condition that a predicate adds has its turn at
  // the next set.
  void evaluate(const TransitionView<T>& transition) {
    evaluating_ = true;
    std::size_t left = conditions_.size();
    for (auto it = conditions_.begin(); left > 0; ++it, --left) evaluate(**it, transition);
    evaluating_ = false;
    std::erase_if(conditions_, [](const auto& condition) { return condition->watchers().empty(); });
  }

  // Tells every watcher that the value has ended.
  void close() noexcept {
    for (auto& condition : conditions_) {
      while (auto* watcher = condition->watchers().first()) {
        watcher->unlink();
        watcher->closed();
      }
    }
    conditions_.clear();
  }

 private:
  void evaluate(Condition<T>& condition, const TransitionView<T>& transition) {
    auto& watchers = condition.watchers();
    if (watchers.empty()) return;
    bool matches = false;
    std::exception_ptr error;
    try {
      matches = condition.test_transition(transition);
    } catch (...) {
      error = std::current_exception();
    }
    for (auto* watcher = watchers.first(); watcher;) {
      auto* following = watchers.after(*watcher);
      if (error)
        watcher->failed(error);
      else
        watcher->evaluated(matches, transition);
      watcher = following;
    }
  }

  bool evaluating_ = false;
  std::list<std::shared_ptr<Condition<T>>> conditions_;
};

}  // namespace detail
}  // namespace hoiku
