// wire.hpp: shared by the tests on real sockets: a temporary folder, a loop with a time limit, and a broker's
// addresses.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::wire_tests {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

// The time limit of everything that has to happen. A test that passes never waits for it. A sanitizer costs a factor of
// 2 to 15.
inline constexpr auto patience = is_sanitized ? 120s : 30s;

// A new folder below the system's temporary one. Its end removes it with its content.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Takes all descriptors of this process, until its end.
class Shortage {
 public:
  // UBSan needs descriptors itself, to look at the type of an object.
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool is_possible = false;
#else
  static constexpr bool is_possible = true;
#endif
  Shortage();
  ~Shortage() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;

 private:
  rlimit before_{};
};

// Runs a test's body in a loop. An exception, or a body that hangs, fails the test.
void run_within_patience(const std::function<Task<>()>& body);
void run_within(Duration bound, const std::function<Task<>()>& body);

// Waits until `is_so` returns true; fails the test after its patience.
Task<> eventually(std::function<bool()> is_so);

// Returns the message of a connection attempt that has to fail; empty if it succeeded.
Task<std::string> failure_of_connecting(std::string endpoint, LinkKind kind = default_link_kind);

// Returns where a server should listen: "ipc" in the folder, "inproc" under a name of its own, "tcp" at a port that the
// system chooses.
std::string listen_endpoint(const std::string& transport, const Folder& folder);

// Requires an endpoint of TCP with its port.
std::uint16_t port_of(const std::string& endpoint);

}  // namespace hoiku::wire_tests
