#include "cli/standard_output.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>
#include <utility>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/sleep.hpp"

namespace hoiku::cli {
namespace {

constexpr int output = STDOUT_FILENO;

bool is_ready(short events) {
  pollfd waiting{output, events, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

// Writes a first part of `bytes` without blocking, and returns its size; 0 if the reader has no room, or a signal came.
// The descriptor stays as it is: O_NONBLOCK would be shared with the shell, and with everybody who has it.
std::size_t write_some(std::string_view bytes) {
  if (!is_ready(POLLOUT)) return 0;
  // A pipe that is ready has room for so much.
  const ssize_t count = ::write(output, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) throw CannotWrite(errno);
  return 0;
}

// Waits until one of `events`, an error or a hang-up is there. Returns false if the output has no such events. Asio
// makes nonblocking what it waits for, so this gives it an epoll that contains the output.
Task<bool> wait_for(std::uint32_t events) {
  boost::asio::posix::stream_descriptor waiting(current_io_context(), ::epoll_create1(EPOLL_CLOEXEC));
  epoll_event wanted{};
  wanted.events = events;
  const bool has_events = ::epoll_ctl(waiting.native_handle(), EPOLL_CTL_ADD, output, &wanted) == 0;
  if (has_events) co_await waiting.async_wait(boost::asio::posix::stream_descriptor::wait_read, use_task);
  co_return has_events;
}

}  // namespace

CannotWrite::CannotWrite(int number, const std::string& note)
    : std::runtime_error("cannot write: " + std::generic_category().message(number) + note), number_(number) {}

bool CannotWrite::is_reader_gone() const noexcept { return number_ == EPIPE; }

Task<> write_output(std::string bytes) {
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t written = write_some(rest);
    rest.remove_prefix(written);
    if (written > 0) continue;
    const bool has_events = co_await wait_for(EPOLLOUT);
    if (!has_events) co_await checkpoint();
  }
}

Task<> print(std::string line) { return write_output(std::move(line) + "\n"); }

void write_output_blocking(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd waiting{output, POLLOUT, 0};
    ::poll(&waiting, 1, -1);
    bytes.remove_prefix(write_some(bytes));
  }
}

Task<> wait_until_nobody_reads() {
  Event never;
  while (!is_ready(0)) {
    const bool has_events = co_await wait_for(0);
    if (!has_events) co_await never.wait();
  }
}

bool output_is_terminal() noexcept { return ::isatty(output) != 0; }

std::optional<std::size_t> terminal_width() noexcept {
  winsize size{};
  if (!output_is_terminal() || ::ioctl(output, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

}  // namespace hoiku::cli
