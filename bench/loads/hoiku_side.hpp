// hoiku_side.hpp: what the loads on hoikud share.
#pragma once

#include <string>
#include <utility>

#include "bench/loads/loads.hpp"
#include "hoiku/async.hpp"
#include "hoiku/hoiku.hpp"

namespace hoiku::bench {

inline constexpr const char* one_topic = "bench/value";

inline std::string endpoint_of(const Load& load) { return "tcp://127.0.0.1:" + std::to_string(load.port); }

inline Task<Bus> connect(Nursery& nursery, const HoikuSide& side, const Load& load, std::string name) {
  return Bus::connect(nursery, endpoint_of(load), client_name(std::move(name)), link_kind(side.link));
}

}  // namespace hoiku::bench
