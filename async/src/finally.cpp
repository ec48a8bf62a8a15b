#include "hoiku/async/finally.hpp"

#include "hoiku/async/cancelled.hpp"
#include "hoiku/async/exception_group.hpp"

namespace hoiku::detail {

void throw_if_failed(std::exception_ptr act, std::exception_ptr rest) {
  if (!rest) {
    if (act) std::rethrow_exception(std::move(act));
    return;
  }
  if (!act || is_cancelled(act)) std::rethrow_exception(std::move(rest));
  throw ExceptionGroup({std::move(act), std::move(rest)});
}

void throw_rest_too_slow() { throw TooSlowError("what finally() does at the end has not ended within its time limit"); }

}  // namespace hoiku::detail
