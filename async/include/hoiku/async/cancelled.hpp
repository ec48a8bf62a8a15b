// cancelled.hpp: Cancelled: the exception that unwinds a scope that has been cancelled.
//
// Promises   It is not a std::exception, so that no `catch (const std::exception&)` swallows it by accident. It is
//            never a member of an ExceptionGroup, and only this library makes it. A handler that catches it throws it
//            on; if it swallows it, the next wait throws it again, for as long as the scope is cancelled.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace [[gnu::visibility("default")]] hoiku {

enum class CancelSource : unsigned char {
  unknown,
  deadline,
  explicit_call,
  nursery,
  keyboard_interrupt,  // SIGINT
  shutdown,            // SIGTERM
  hangup               // SIGHUP: the terminal has closed
};

struct CancelReason {
  CancelSource source = CancelSource::unknown;
  std::string text;  // the argument of cancel(), or empty
};

namespace detail {
class ScopeNode;
}

class Cancelled final {
 public:
  // Says why the nearest scope with a reason of its own was cancelled.
  const CancelReason& reason() const noexcept { return reason_; }

 private:
  friend class detail::ScopeNode;
  explicit Cancelled(CancelReason reason) : reason_(std::move(reason)) {}
  CancelReason reason_;
};

namespace detail {
// Looks at the type without a rethrow, which would cost a microsecond for each frame that is unwound.
bool is_cancelled(const std::exception_ptr& error) noexcept;
}  // namespace detail
}  // namespace hoiku
