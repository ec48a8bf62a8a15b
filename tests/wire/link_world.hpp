// link_world.hpp: makes links, for the suite that holds every implementation of link.hpp to its promises: the simulated
// network in virtual time; and in real time inproc, and over tcp and ipc each kind of server with each kind of client.
//
// Lifetime   one test. listen() and connect() are called inside run().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hoiku/link/link.hpp"

namespace hoiku::wire_tests {

class LinkWorld {
 public:
  virtual ~LinkWorld() = default;

  // Listens, always at the same address, so that clients find a broker that starts again.
  virtual std::unique_ptr<link::ServerLink> listen(std::size_t frame_bytes_max = Limits{}.frame_bytes_max) = 0;
  // Returns a connector to the address of the last listen().
  virtual std::unique_ptr<link::Connector> connector() = 0;
  // Runs the body. An exception, or a body that does not end, fails the test.
  virtual void run(const std::function<Task<>()>& body) = 0;

  Task<std::unique_ptr<link::Link>> connect();
};

// Returns the names of the worlds, which can be part of a test's name.
std::vector<std::string> link_worlds();
std::unique_ptr<LinkWorld> make_link_world(const std::string& name);

}  // namespace hoiku::wire_tests
