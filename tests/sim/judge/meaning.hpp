// meaning.hpp: what predicates mean, by an evaluation of the judge's own: of the trees as they were asked.
//
// The broker gets the normal form, which proto/ makes. So that the judge does not believe that form, whoever asks a
// predicate leaves its tree here; every tree that was asked under a normal form is evaluated, and they have to agree.
// For null, bool, int64, double, string, bytes, and the fields of a Pose (pose.proto).
#pragma once

#include "hoiku/proto/predicate.hpp"

namespace hoiku::model {

// Makes the predicate, and remembers the tree as long as the process runs.
Predicate asked(const Predicate::Node& tree);

// Returns true if a transition from `old_value` to `value`, which has this quality, satisfies the predicate. Throws
// std::logic_error if two trees have one normal form and not one meaning.
bool holds(const Predicate& predicate, const Value& value, const Value& old_value, Quality quality);

// Returns the type of the predicate's literals that are values, int64 for all numbers; null if it has none.
ValueType literal_type(const Predicate& predicate);
bool uses_fields(const Predicate& predicate);
bool uses_old_value(const Predicate& predicate);
bool names_quality(const Predicate& predicate);
bool asks_for_order(const Predicate& predicate);

}  // namespace hoiku::model
