// link_world.hpp: a place where links can be made, for the one suite that holds every implementation of link.hpp to what it
// promises: the simulated network, in virtual time, and in real time ZeroMQ over tcp and over ipc, and inproc.
//
// Lifetime   of one test. listen() and connect() inside of run().
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

  // Always the same address, so that a broker that starts again is found where the one before it was.
  virtual std::unique_ptr<link::ServerLink> listen(std::size_t frame_bytes_max = Limits{}.frame_bytes_max) = 0;
  // To the address where somebody listened last.
  virtual std::unique_ptr<link::Connector> connector() = 0;
  // What the body throws, and a body that does not end, fails the test.
  virtual void run(const std::function<Task<>()>& body) = 0;

  Task<std::unique_ptr<link::Link>> connect();
};

// The names of the worlds, which are good for the names of tests, and the making of one.
std::vector<std::string> link_worlds();
std::unique_ptr<LinkWorld> make_link_world(const std::string& name);

}  // namespace hoiku::wire_tests
