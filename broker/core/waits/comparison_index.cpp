#include "broker/core/waits/comparison_index.hpp"

#include <cmath>
#include <cstdint>
#include <optional>

namespace hoiku::broker {
namespace {

// The number, rounded to a double. Empty: it is no number, or NaN.
std::optional<double> rounded(const Value& value) {
  if (const auto* integer = value.get_if<std::int64_t>()) return static_cast<double>(*integer);
  const auto* number = value.get_if<double>();
  if (number == nullptr || std::isnan(*number)) return std::nullopt;
  return *number;
}

template <class Iterator>
void append(std::vector<WaitGroup*>& found, Iterator from, Iterator to) {
  for (; from != to; ++from) found.push_back(from->second);
}

}  // namespace

ComparisonIndex::Numbers& ComparisonIndex::numbers_of(Predicate::Op op) noexcept {
  if (op == Predicate::Op::equal) return equal_;
  return op == Predicate::Op::greater || op == Predicate::Op::greater_equal ? above_ : below_;
}

bool ComparisonIndex::takes(const Predicate& predicate) {
  const auto comparison = predicate.as_comparison();
  if (!comparison || comparison->op == Predicate::Op::not_equal) return false;
  return rounded(comparison->literal) ||
         (comparison->literal.get_if<std::string>() != nullptr && comparison->op == Predicate::Op::equal);
}

bool ComparisonIndex::add(WaitGroup& group, const Predicate& predicate, Place& place) {
  if (!takes(predicate)) return false;
  const auto comparison = predicate.as_comparison();
  if (const auto number = rounded(comparison->literal)) {
    Numbers& numbers = numbers_of(comparison->op);
    place = NumberPlace{&numbers, numbers.emplace(*number, &group)};
  } else {
    place = texts_.emplace(*comparison->literal.get_if<std::string>(), &group);
  }
  ++size_;
  return true;
}

void ComparisonIndex::remove(Place& place) noexcept {
  if (const auto* number = std::get_if<NumberPlace>(&place)) {
    number->in->erase(number->at);
  } else if (const auto* text = std::get_if<Texts::iterator>(&place)) {
    texts_.erase(*text);
  } else {
    return;
  }
  place = std::monostate();
  --size_;
}

void ComparisonIndex::find(const Value& value, std::vector<WaitGroup*>& found) const {
  if (const auto* text = value.get_if<std::string>()) {
    const auto [from, to] = texts_.equal_range(*text);
    return append(found, from, to);
  }
  const auto number = rounded(value);
  if (!number) return;
  append(found, above_.begin(), above_.upper_bound(*number));
  append(found, below_.lower_bound(*number), below_.end());
  const auto [from, to] = equal_.equal_range(*number);
  append(found, from, to);
}

void ComparisonIndex::all(std::vector<WaitGroup*>& found) const {
  for (const Numbers* numbers : {&above_, &below_, &equal_}) append(found, numbers->begin(), numbers->end());
  append(found, texts_.begin(), texts_.end());
}

}  // namespace hoiku::broker
