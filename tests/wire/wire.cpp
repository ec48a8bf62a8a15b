#include "wire.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "hoiku/async/sleep.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::wire_tests {
namespace {

Task<bool> bounded(Duration bound, const std::function<Task<>()>& body) {
  const bool late = co_await move_on_after(bound, body);
  co_return late;
}

}  // namespace

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hoiku-wire-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Shortage::Shortage() {
  ::getrlimit(RLIMIT_NOFILE, &before_);
  const int free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(free);
  rlimit now = before_;
  now.rlim_cur = static_cast<rlim_t>(free);  // the lowest one that is free: all below are taken
  ::setrlimit(RLIMIT_NOFILE, &now);
}

void run_within_patience(const std::function<Task<>()>& body) { run_within(patience, body); }

void run_within(Duration bound, const std::function<Task<>()>& body) {
  try {
    const bool late = run([&] { return bounded(bound, body); });
    if (late) ADD_FAILURE() << "the test hangs";
  } catch (const ExceptionGroup& group) {
    group.for_each_leaf([](const std::exception& leaf) { ADD_FAILURE() << leaf.what(); });
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

Task<> eventually(std::function<bool()> is_so) {
  while (!is_so()) co_await sleep(1ms);
}

Task<std::string> failure_of_connecting(std::string endpoint, LinkKind kind) {
  const auto connector = link::make_connector(endpoint, kind);
  try {
    co_await connector->connect();
  } catch (const link::LinkClosed& error) {
    co_return error.what();
  }
  co_return "";
}

std::string listen_endpoint(const std::string& transport, const Folder& folder) {
  if (transport == "inproc") return "inproc://" + folder.path("broker");
  return transport == "ipc" ? "ipc://" + folder.path("broker.sock") : "tcp://127.0.0.1:*";
}

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
}

}  // namespace hoiku::wire_tests
