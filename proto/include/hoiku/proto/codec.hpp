// codec.hpp: frames to bytes and back. Only the files of src/codec include Protobuf's generated code.
//
// Promises   decode() accepts any bytes. Frames that are malformed, truncated, over a limit, or of an unknown kind
//            where that matters become a Failure (protocol_violation, unsupported_version, too_large …) after bounded
//            work. What decode() accepts, encode() writes so that it decodes to the same structs. Unknown fields are
//            skipped.
// Refused    frames that do not parse; frames over frame_bytes_max, or with more than command_items_max items (a
//            client's) or frame_items_max items (a broker's); a value, command, answer, quality or predicate that is
//            missing or of an unknown kind; a commit or composite with more than 4 times as many topics as the limit; a
//            predicate that is not a tree of conditions and terms, or has more than 4 times predicate_nodes_max, 2
//            times predicate_depth_max or 2 times value_bytes_max; a hello of another version, with a token that has
//            not 16 bytes, with a name that is too long or not one line of UTF-8, or with commands beside it.
// Accepted   faults that can be answered with an error of their own, so that the rest of the frame counts: invalid
//            names and patterns (check_topic_name), a few too many of them, values over value_bytes_max, predicates a
//            little over the limits (Predicate::check) or of the wrong type (Predicate::resolved_for), negative holds,
//            any ids.
// Errors     keeps unknown error codes as they are. Durations that do not fit become the longest one.
// Limits     a frame is refused for its items before more of them are allocated: decoding takes at most the bytes of
//            the frame, and some 200 bytes for each item.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

std::string encode(const ClientFrame& frame);
std::string encode(const ServerFrame& frame);
Result<ClientFrame> decode_client_frame(std::string_view bytes, const Limits& limits = {});
Result<ServerFrame> decode_server_frame(std::string_view bytes, const Limits& limits = {});

}  // namespace proto
}  // namespace hoiku
