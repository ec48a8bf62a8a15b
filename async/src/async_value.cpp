#include "hoiku/async/async_value.hpp"

namespace hoiku::detail {

void refuse_foreign_thread() {
  throw std::logic_error("set() from a thread that does not own the value: set it on the thread of its loop");
}

void refuse_set_in_predicate() {
  throw std::logic_error("set() from inside a predicate of the same value: a predicate only looks");
}

}  // namespace hoiku::detail
