// size.hpp: upper bounds of encoded sizes, so that broker and client can fill a frame without encoding it first.
//
// Promises   encode(frame) has at most frame_overhead_bytes and the sum of the bounds of what the frame carries. A
//            frame with a Hello or a fatal Failure carries nothing, and has no bound here.
// Cost       adding up lengths: linear in the number of writes, rows, names and nodes, not in the bytes of values.
#pragma once

#include <cstddef>

#include "hoiku/proto/message.hpp"
#include "hoiku/proto/transition.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

struct EncodedSize {
  std::size_t contents = 0;  // names, texts and payloads, byte for byte
  std::size_t overhead = 0;  // what is around them, at its longest: tags, lengths, ids, versions, times

  std::size_t bound() const noexcept { return contents + overhead; }
  // A guess for one message: numbers mostly take a quarter of their longest form.
  std::size_t expected() const noexcept { return contents + overhead / 4; }

  EncodedSize& operator+=(EncodedSize other) noexcept {
    contents += other.contents;
    overhead += other.overhead;
    return *this;
  }
  friend EncodedSize operator+(EncodedSize a, EncodedSize b) noexcept { return a += b; }
};

inline constexpr std::size_t frame_overhead_bytes = 256;  // the frame's numbers and a Welcome
inline constexpr std::size_t snapshot_end_bytes = 64;
// No item of a frame has a smaller bound, so a frame's bound also bounds its items: commands, and the topics, topic
// writes, nodes and names in them; deliveries, changes, ends of snapshots, answers, and the rows in them.
inline constexpr std::size_t item_bytes_min = 64;

EncodedSize size_of(const Transition& transition);
// The same, by the sizes of its name, its writer and its payload.
EncodedSize transition_size(std::size_t topic, std::size_t writer, std::size_t payload) noexcept;
EncodedSize delivery_size(const Transition& transition);    // of a Delivery with it
inline constexpr std::size_t delivery_overhead_bytes = 64;  // of a Delivery, beside its transition
EncodedSize size_of(const TopicWrite& write);
EncodedSize size_of(const ListRow& row);
EncodedSize size_of(const ReaderRow& row);
EncodedSize size_of(const Command& command);
EncodedSize size_of(const Answer& answer);

}  // namespace proto
}  // namespace hoiku
