// quality_term.hpp: `quality` in conditions: heat.wait_value(quality == Quality::stale).
//
// A condition that names the quality is tested at each change of the quality too, and a hold goes by the condition
// alone: without it a hold needs a live value throughout. An unset topic has no quality, unless the end of a lease
// unset it: that transition is orphaned.
#pragma once

#include <concepts>
#include <type_traits>

#include "hoiku/async/predicate_expression.hpp"
#include "hoiku/proto/quality.hpp"

namespace [[gnu::visibility("default")]] hoiku {

template <ComparisonOp comparison>
class QualityComparison : public PredicateExpression {
 public:
  static constexpr ComparisonOp op = comparison;
  explicit QualityComparison(Quality wanted) : wanted_(wanted) {}
  Quality wanted() const noexcept { return wanted_; }
  bool same_as(const QualityComparison& other) const { return wanted_ == other.wanted_; }

 private:
  Quality wanted_;
};

class QualityTerm : public ComparableTerm<QualityTerm> {
 private:
  friend class ComparableTerm<QualityTerm>;

  template <ComparisonOp op, class L>
  QualityComparison<op> compared(L&& wanted) const {
    static_assert(std::same_as<std::remove_cvref_t<L>, Quality>,
                  "the quality is compared with Quality::live, Quality::stale or Quality::orphaned");
    static_assert(op == ComparisonOp::equal || op == ComparisonOp::not_equal,
                  "the quality is compared with == or != only");
    return QualityComparison<op>(wanted);
  }
};
inline constexpr QualityTerm quality{};

}  // namespace hoiku
