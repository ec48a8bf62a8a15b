// null_mechanism.hpp: ZMTP's mechanism NULL: each end says READY with the type of its socket, and no more.
#pragma once

#include <memory>

#include "link/src/zmtp/mechanism.hpp"

namespace hoiku::link::zmtp {

enum class Role : std::uint8_t { client, server };

// A broker is a ROUTER and its clients are DEALERs, as if ZeroMQ's library had made them. An identity that a client
// gives itself is ignored: a broker numbers its peers.
std::unique_ptr<Mechanism> make_null_mechanism(Role role);

}  // namespace hoiku::link::zmtp
