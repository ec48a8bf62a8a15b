// sizes.hpp: how many bytes things take in an encoded frame, estimated from above. The windows count with these numbers,
// so that the core does not have to encode what it may not send yet.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

inline constexpr std::size_t frame_overhead_bytes = 256;       // numbers and Welcome
inline constexpr std::size_t transition_overhead_bytes = 120;  // thirteen fields, each at its longest
inline constexpr std::size_t answer_overhead_bytes = 64;
inline constexpr std::size_t snapshot_end_bytes = 64;
inline constexpr std::size_t row_overhead_bytes = 24;
inline constexpr std::size_t reader_row_bytes = 160;
inline constexpr std::size_t written_bytes = 32;  // a version, and whether it is new

inline std::size_t estimated_bytes(const Transition& transition) {
  return transition_overhead_bytes + transition.topic.size() + transition.writer.size() +
         transition.value.payload_bytes();
}

inline std::size_t estimated_bytes(const proto::ReaderRow& row) {
  std::size_t bytes = reader_row_bytes + row.client.size() + row.session.size() + row.filter.size();
  for (const std::string& topic : row.topics) bytes += topic.size() + 8;
  return bytes;
}

inline std::size_t estimated_bytes(const proto::Answer& answer) {
  if (const auto* done = std::get_if<proto::WaitDone>(&answer))
    return answer_overhead_bytes + estimated_bytes(*done->match);
  if (const auto* done = std::get_if<proto::TransitionDone>(&answer)) {
    return answer_overhead_bytes + estimated_bytes(*done->match) +
           (done->old_value ? done->old_value->payload_bytes() : 0);
  }
  if (const auto* got = std::get_if<proto::GetDone>(&answer))
    return answer_overhead_bytes + estimated_bytes(*got->current);
  if (const auto* failed = std::get_if<proto::Failed>(&answer))
    return answer_overhead_bytes + failed->failure.message.size();
  if (const auto* commit = std::get_if<proto::CommitDone>(&answer))
    return answer_overhead_bytes + written_bytes * commit->written.size();
  if (const auto* schema = std::get_if<proto::SchemaDone>(&answer)) return answer_overhead_bytes + schema->files.size();
  if (const auto* readers = std::get_if<proto::ReadersDone>(&answer)) {
    std::size_t bytes = answer_overhead_bytes;
    for (const proto::ReaderRow& row : readers->rows) bytes += estimated_bytes(row);
    return bytes;
  }
  if (const auto* list = std::get_if<proto::ListDone>(&answer)) {
    std::size_t bytes = answer_overhead_bytes;
    for (const proto::ListRow& row : list->rows) bytes += row_overhead_bytes + estimated_bytes(*row.current);
    return bytes;
  }
  return answer_overhead_bytes;
}

}  // namespace hoiku::broker
