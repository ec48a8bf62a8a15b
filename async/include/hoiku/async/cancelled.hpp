// cancelled.hpp: what unwinds a scope that has been cancelled.
//
// Cancelled is not a std::exception, so that no `catch (const std::exception&)` swallows it by accident; it is never a
// member of an ExceptionGroup; and user code cannot make one. Whoever catches it with `catch (...)` throws it on; one that
// is swallowed all the same is thrown again at the next point of cancellation, for as long as the scope is cancelled.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace hoiku {

enum class CancelSource : unsigned char { unknown, deadline, explicit_call, nursery, keyboard_interrupt, shutdown };

struct CancelReason {
  CancelSource source = CancelSource::unknown;
  std::string text;  // what was given to cancel(), or empty
};

namespace detail {
class ScopeNode;
}

class Cancelled final {
 public:
  const CancelReason& reason() const noexcept { return reason_; }

 private:
  friend class detail::ScopeNode;
  explicit Cancelled(CancelReason reason) : reason_(std::move(reason)) {}
  CancelReason reason_;
};

namespace detail {
// Without a rethrow, which would cost a microsecond for each frame that is unwound.
bool is_cancelled(const std::exception_ptr& error) noexcept;
}  // namespace detail
}  // namespace hoiku
