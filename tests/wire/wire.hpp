// wire.hpp: what the tests on real sockets share: a folder of their own, a loop with a bound, and a broker's two addresses.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
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

// What does not come within this time does not come. Never waited for where a test passes.
inline constexpr auto patience = 30s;

// A new folder under the system's temporary one, gone with everything in it at the end.
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

// Runs a test's body in a loop of its own. What it throws fails the test, as does a body that hangs.
void run_within_patience(const std::function<Task<>()>& body);
void run_within(Duration bound, const std::function<Task<>()>& body);

// Waits until it is true; whoever waits longer than the test's patience has failed.
Task<> eventually(std::function<bool()> is_so);

// What a connection attempt that has to fail says; empty where it did not fail.
Task<std::string> failure_of_connecting(std::string endpoint);

// Where a server should listen: "ipc" in the folder, "inproc" under a name that nobody else has, "tcp" at a port that the
// system chooses.
std::string listen_endpoint(const std::string& transport, const Folder& folder);

}  // namespace hoiku::wire_tests
