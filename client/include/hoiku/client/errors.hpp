// errors.hpp: the two errors of the bus that have a class of their own, because programs act on them.
//
// Every error of the bus is an Error with a code from the protocol (proto/error.hpp). The other codes are thrown as
// Error: unavailable (no broker answers), outcome_unknown (a write was in flight when the session was lost: it may or
// may not have been applied), too_large, limit_exceeded, invalid_topic, invalid_predicate and so on. A Bus that is used
// after its nursery has ended throws Closed; if an error ended it, that error.
#pragma once

#include <string>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/transition.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// if_version named a version that is no longer the topic's.
class VersionConflict : public Error {
 public:
  VersionConflict(const std::string& message, Version current)
      : Error(ErrorCode::version_conflict, message), current_(current) {}
  // The topic's version when the write was refused; number 0: it is not set.
  Version current() const noexcept { return current_; }

 private:
  Version current_;
};

// The topic holds values of another type than the one that it was used with. The message names the topic and both
// types.
class TypeMismatch : public Error {
 public:
  explicit TypeMismatch(const std::string& message) : Error(ErrorCode::type_mismatch, message) {}
};

}  // namespace hoiku
