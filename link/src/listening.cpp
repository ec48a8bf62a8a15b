#include "link/src/listening.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "hoiku/proto/text.hpp"

namespace hoiku::link {
namespace {

constexpr const char* in_use = "another program listens there, perhaps a broker: stop it, or choose another address";
constexpr const char* may_not_replace =
    "permission denied: a socket of another user has that name, so choose another path, or let its owner remove it";

std::string reason_of(int number) {
  switch (number) {
    case EADDRINUSE:
      return in_use;
    case ENODEV:
    case EADDRNOTAVAIL:
      return "this machine has no such address: use one of its own addresses, or * for all of them";
    case EACCES:
    case EPERM:
      return "permission denied: choose a path that this user may write, or a port above 1023";
    default:
      return std::strerror(number);
  }
}

// Returns what connecting to a socket's file says. Never waits: a program whose queue of connections is full listens.
boost::system::error_code probe(const std::string& path) {
  boost::asio::io_context context;
  boost::asio::local::stream_protocol::socket socket(context);
  boost::system::error_code error;
  socket.open({}, error);
  if (!error) socket.native_non_blocking(true, error);
  if (!error) socket.connect(boost::asio::local::stream_protocol::endpoint(path), error);
  return error;
}

std::optional<gid_t> group_of(const std::string& name) {
  gid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return number;
  std::vector<char> buffer(16'384);
  group entry{};
  group* found = nullptr;
  while (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < (1U << 22))
    buffer.resize(2 * buffer.size());
  return found == nullptr ? std::nullopt : std::optional(found->gr_gid);
}

void set_group(const std::string& text, const std::string& path, const std::string& name) {
  const std::optional<gid_t> group = group_of(name);
  if (!group) throw cannot_listen(text, fmt::format("there is no group {}", text::quote(name)));
  if (::chown(path.c_str(), static_cast<uid_t>(-1), *group) == 0) return;
  if (errno != EPERM) throw cannot_listen(text, errno);
  throw cannot_listen(
      text, fmt::format("this user may not give the socket to the group {}: it has to be a member", text::quote(name)));
}

}  // namespace

Error cannot_listen(const std::string& text, const std::string& reason) {
  return {ErrorCode::unavailable, fmt::format("cannot listen at {}: {}", text, reason)};
}

Error cannot_listen(const std::string& text, int error_number) { return cannot_listen(text, reason_of(error_number)); }

void clear_socket_path(const std::string& text, const std::string& path) {
  if (path.starts_with('@')) return;  // an abstract name: no file
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error))
    throw cannot_listen(
        text, fmt::format("the directory {} does not exist: make it, or choose another path", folder.string()));
  const fs::file_status status = fs::symlink_status(path, error);
  if (!fs::exists(status)) return;
  if (!fs::is_socket(status))
    throw cannot_listen(text, "a file of that name exists and is not a socket: remove it, or choose another path");
  const boost::system::error_code found = probe(path);
  if (found == boost::asio::error::access_denied) throw cannot_listen(text, may_not_replace);
  // A socket that another program has just removed is no obstacle either.
  const bool is_dead = found == boost::asio::error::connection_refused || found.value() == ENOENT;
  if (!is_dead) throw cannot_listen(text, in_use);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  throw cannot_listen(text, errno == EACCES || errno == EPERM ? may_not_replace : std::strerror(errno));
}

void set_socket_access(const std::string& text, const std::string& path, const SocketAccess& access) {
  if (!access.mode && access.group.empty()) return;
  if (path.starts_with('@'))
    throw cannot_listen(text, "an abstract name has neither mode nor group: every user may connect, so choose a path");
  if (!access.group.empty()) set_group(text, path, access.group);
  if (access.mode && ::chmod(path.c_str(), *access.mode) != 0) throw cannot_listen(text, errno);
}

}  // namespace hoiku::link
