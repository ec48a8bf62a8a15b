// comparison_index.hpp: finds the groups of waits whose predicate compares the value with one number or text, without
// testing each.
//
// Groups are ordered by their numbers, each rounded to the nearest double. Rounding keeps the order, so only groups at
// the end of a range may be found in vain: the caller tests what is found.
//
// Thread     the core's. Owner: Waits.
// Cost       add() and remove(): the logarithm of the groups. find(): that, and the groups that are found.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::broker {

struct WaitGroup;

class ComparisonIndex {
 public:
  using Numbers = std::multimap<double, WaitGroup*>;
  using Texts = std::multimap<std::string, WaitGroup*>;
  struct NumberPlace {
    Numbers* in = nullptr;
    Numbers::iterator at;
  };
  // Where a group is. Default: nowhere.
  using Place = std::variant<std::monostate, NumberPlace, Texts::iterator>;

  // False: the predicate is of another kind: more than one comparison, `!=`, another term than the value, NaN, or a
  // constant that is neither a number nor a text with `==`.
  static bool takes(const Predicate& predicate);
  // False: it is not taken.
  [[nodiscard]] bool add(WaitGroup& group, const Predicate& predicate, Place& place);
  void remove(Place& place) noexcept;
  // Appends all groups whose predicate is true of `value`, and perhaps a few others.
  void find(const Value& value, std::vector<WaitGroup*>& found) const;
  bool empty() const noexcept { return size_ == 0; }
  // Appends all groups.
  void all(std::vector<WaitGroup*>& found) const;

 private:
  Numbers& numbers_of(Predicate::Op op) noexcept;

  Numbers above_;  // value > number, value >= number
  Numbers below_;  // value < number, value <= number
  Numbers equal_;
  Texts texts_;  // value == "text"
  std::size_t size_ = 0;
};

}  // namespace hoiku::broker
