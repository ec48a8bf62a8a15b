// decode_common.hpp: the parts that client frames and server frames share.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace google::protobuf {
class MessageLite;
}
namespace hoiku::v1 {
class Value;
class Version;
}  // namespace hoiku::v1

namespace hoiku::proto {

Failure violation(std::string message);
WallTime wall_time(std::int64_t microseconds);
std::chrono::milliseconds milliseconds(std::uint64_t count);
hoiku::Version version(const v1::Version& in);
Result<hoiku::Value> take_value(v1::Value& in);  // moved out of the message
Result<Mode> take_mode(int in);

Result<void> parse(std::string_view bytes, const Limits& limits, google::protobuf::MessageLite& out);
Result<void> check_items(int count, const Limits& limits);

}  // namespace hoiku::proto
