#include "hoiku/proto/error.hpp"

namespace hoiku {

std::string to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_topic:
      return "invalid_topic";
    case ErrorCode::invalid_predicate:
      return "invalid_predicate";
    case ErrorCode::type_mismatch:
      return "type_mismatch";
    case ErrorCode::version_conflict:
      return "version_conflict";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::limit_exceeded:
      return "limit_exceeded";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::outcome_unknown:
      return "outcome_unknown";
    case ErrorCode::protocol_violation:
      return "protocol_violation";
    case ErrorCode::unsupported_version:
      return "unsupported_version";
    case ErrorCode::session_lost:
      return "session_lost";
    case ErrorCode::not_owner:
      return "not_owner";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::lagged:
      return "lagged";
    case ErrorCode::invalid_argument:
      return "invalid_argument";
  }
  return "error_" + std::to_string(static_cast<std::uint32_t>(code));
}

}  // namespace hoiku
