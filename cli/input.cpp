#include "cli/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

constexpr std::size_t bytes_max = 4u << 20;

Failure cannot_read(const std::string& name) {
  return Failure{ErrorCode::invalid_argument, name + " cannot be read: " + std::generic_category().message(errno)};
}

// Like read(), but waits if somebody else has made the descriptor nonblocking.
ssize_t read_some(int descriptor, char* to, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(descriptor, to, size);
    if (count >= 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) return count;
    pollfd waiting{descriptor, POLLIN, 0};
    if (errno != EINTR) ::poll(&waiting, 1, -1);
  }
}

Result<std::string> read_all(int descriptor, const std::string& name) {
  std::string bytes(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = read_some(descriptor, bytes.data() + size, bytes.size() - size);
    if (count < 0) return cannot_read(name);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > bytes_max)
    return Failure{ErrorCode::too_large, name + " has more than 4 MiB, which is too large for a value"};
  bytes.resize(size);
  return bytes;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const std::string name = "the file " + text::one_line(path);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return cannot_read(name);
  auto bytes = read_all(descriptor, name);
  ::close(descriptor);
  return bytes;
}

Result<std::string> read_standard_input() { return read_all(STDIN_FILENO, "standard input"); }

}  // namespace hoiku::cli
