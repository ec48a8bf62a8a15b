// protobuf_log.hpp: keeps Protobuf's own log away from our standard error. The headers of that log are private to
// Protobuf and change between its versions.
#pragma once

#include <memory>

namespace hoiku::schema {

// Silences Protobuf in the whole process for as long as the result lives. Protobuf reports each malformed text of a
// message that it reads, and a stranger's messages are not worth a line each. Thread: any.
[[nodiscard]] std::shared_ptr<const void> silence_protobuf();

}  // namespace hoiku::schema
