// absent.cpp: stands in for the other files of this folder in a build without ZeroMQ's library.
#include "link/src/zmq/link.hpp"

namespace hoiku::link {
namespace {

Error absent() {
  return {ErrorCode::invalid_argument,
          "this build of Hoiku is without ZeroMQ's library: choose the link zmtp, or build it with HOIKU_LIBZMQ=ON"};
}

}  // namespace

bool has_zmq_link() noexcept { return false; }

std::unique_ptr<Connector> make_zmq_connector(std::string, Endpoint) { throw absent(); }

std::unique_ptr<ServerLink> make_zmq_server_link(const std::vector<std::string>&, const ServerLinkOptions&,
                                                 std::shared_ptr<Signal>) {
  throw absent();
}

}  // namespace hoiku::link
