#include "link/src/listening.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/core.h>

namespace hoiku::link {
namespace {

std::string in_use() { return "another program listens there, perhaps a broker: stop it, or choose another address"; }

bool is_listening_at(const std::string& path) {
  boost::asio::io_context context;
  boost::asio::local::stream_protocol::socket probe(context);
  boost::system::error_code error;
  probe.connect(boost::asio::local::stream_protocol::endpoint(path), error);
  return !error;
}

std::string reason_of(int number) {
  switch (number) {
    case EADDRINUSE:
      return in_use();
    case ENODEV:
    case EADDRNOTAVAIL:
      return "this machine has no such address: use one of its own addresses, or * for all of them";
    case EACCES:
      return "permission denied: choose a path that this user may write, or a port above 1023";
    default:
      return std::strerror(number);
  }
}

}  // namespace

Error cannot_listen(const std::string& text, const std::string& reason) {
  return {ErrorCode::unavailable, fmt::format("cannot listen at {}: {}", text, reason)};
}

Error cannot_listen(const std::string& text, int error_number) { return cannot_listen(text, reason_of(error_number)); }

void check_socket_path(const std::string& text, const std::string& path) {
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
  if (is_listening_at(path)) throw cannot_listen(text, in_use());
}

}  // namespace hoiku::link
