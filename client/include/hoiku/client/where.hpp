// where.hpp: Where: a condition that is written as text, or made of `value`, wherever a condition is taken.
//
//   co_await pose.wait_value(where("value.position.x > 3"), held_for(200ms));
//   bus.watch("motor/*/heat", where("value > 80"))
//
// The grammar is in proto/predicate.hpp.
#pragma once

#include <string_view>
#include <utility>

#include "hoiku/client/options.hpp"
#include "hoiku/proto/predicate.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// For a topic: the predicate of a wait or a reader. For a subscription: only versions that satisfy it; an unset topic
// satisfies no comparison, so a reader hears that a topic became unset only if the condition allows it, as !(value > 3)
// does, and `old_value` is the topic's version before. Under a pattern values of another type do not pass; a topic that
// is named has to be of the right type. A change of the quality passes a condition that names it.
using Where = Option<struct WhereTag, Predicate>;
inline Where where(Predicate predicate) { return Where(std::move(predicate)); }
// Throws Error(invalid_predicate), which says where the expression is wrong.
Where where(std::string_view expression);

namespace detail {

template <class P>
concept WrittenPredicate = AnyOf<std::remove_cvref_t<P>, Predicate, Where>;

inline const Predicate& predicate_of(const Predicate& predicate) { return predicate; }
inline const Predicate& predicate_of(const Where& where) { return where.value(); }

}  // namespace detail
}  // namespace hoiku
