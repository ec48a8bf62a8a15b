#include "hoiku/proto/link.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/proto/endpoint.hpp"
#include "inproc_link.hpp"
#include "zmq_link.hpp"

namespace hoiku::proto {
namespace {

Endpoint require_endpoint(const std::string& text, EndpointUse use) {
  Result<Endpoint> parsed = parse_endpoint(text, use);
  if (!parsed) throw Error(parsed.failure());
  return std::move(*parsed);
}

}  // namespace

std::unique_ptr<Connector> make_connector(const std::string& endpoint) {
  Endpoint parsed = require_endpoint(endpoint, EndpointUse::connect);
  if (parsed.kind == Endpoint::Kind::inproc) return make_inproc_connector(endpoint, std::move(parsed.path));
  return make_zmq_connector(endpoint, std::move(parsed));
}

std::unique_ptr<ServerLink> make_server_link(const std::vector<std::string>& endpoints, std::size_t frame_bytes_max) {
  for (const std::string& text : endpoints) {
    const Endpoint parsed = require_endpoint(text, EndpointUse::listen);
    if (parsed.kind != Endpoint::Kind::inproc) continue;
    if (endpoints.size() == 1) return make_inproc_server_link(text, parsed.path, frame_bytes_max);
    throw Error(ErrorCode::invalid_argument, text + " cannot be one of several endpoints: listen there alone");
  }
  return make_zmq_server_link(endpoints, frame_bytes_max);
}

}  // namespace hoiku::proto
