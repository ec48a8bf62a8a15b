// codec.hpp: frames to bytes and back. The files of src/codec are the only ones that include Protobuf's generated code.
//
// Promises   decode() accepts any bytes: what is malformed, truncated, unknown where it matters, or over a limit becomes a
//            Failure (protocol_violation, unsupported_version, too_large …) after bounded work. encode() of what decode()
//            accepted gives frames that decode to the same structs. Unknown fields of a newer peer are skipped.
// Refused    what breaks the format, and so the whole frame: bytes that do not parse; a frame over frame_bytes_max or
//            frame_items_max; a value, command, answer, quality or predicate of an unknown kind, or none; a predicate that
//            is no tree of conditions and terms, or has more than 4 times predicate_nodes_max, 2 times predicate_depth_max
//            or 2 times value_bytes_max; a hello of another version, with a token that has not 16 bytes, a name that is
//            too long or not one line of UTF-8, or with commands beside it.
// Let through, because each can be answered with an error of its own while the rest of the frame counts: names and
//            patterns, however wrong (check_topic_name), their number, values over value_bytes_max, predicates a little
//            over the limits (Predicate::check) or unfit for the topic (Predicate::resolved_for), negative holds, ids.
// Errors     of an unknown number are kept as they are. Durations beyond what a duration can say become the largest.
// Limits     while it decodes, Protobuf needs up to some 50 bytes for each byte of a frame that was made to hurt.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::proto {

std::string encode(const ClientFrame& frame);
std::string encode(const ServerFrame& frame);
Result<ClientFrame> decode_client_frame(std::string_view bytes, const Limits& limits = {});
Result<ServerFrame> decode_server_frame(std::string_view bytes, const Limits& limits = {});

}  // namespace hoiku::proto
