#include "hoiku/async/asio.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel_error.hpp>

namespace hoiku::detail {

bool is_aborted(const boost::system::error_code& code) noexcept {
  return code == boost::asio::error::operation_aborted ||
         code == boost::asio::experimental::channel_errc::channel_cancelled;
}

bool is_aborted(const std::exception_ptr& error) noexcept {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& failure) {
    return is_aborted(failure.code());
  } catch (...) {
    return false;
  }
}

void cancel_operation(boost::asio::cancellation_signal& signal) noexcept {
  signal.emit(boost::asio::cancellation_type::all);
}

}  // namespace hoiku::detail
