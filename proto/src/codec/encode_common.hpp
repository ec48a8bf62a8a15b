// encode_common.hpp: what client frames and server frames are both made of.
//
// The encoder takes nothing from Protobuf's generated code but the numbers of the fields; see wire/writer.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/value_view.hpp"
#include "proto/src/wire/writer.hpp"

namespace hoiku::proto {

// The expected size of a message whose length takes one byte.
inline constexpr std::size_t small = 64;

void put_value(wire::WireWriter& to, int field, const ValueView& value);
void put_version(wire::WireWriter& to, int field, const Version& version);
void put_time(wire::WireWriter& to, int field, WallTime time);
void put_duration(wire::WireWriter& to, int field, std::chrono::nanoseconds duration);
void put_milliseconds(wire::WireWriter& to, int field, std::chrono::milliseconds duration);  // 0 if negative
void put_transition(wire::WireWriter& to, int field, const Transition& transition);
void put_predicate(wire::WireWriter& to, int field, const Predicate& predicate);
void put_failure(wire::WireWriter& to, int field, const Failure& failure);

}  // namespace hoiku::proto
