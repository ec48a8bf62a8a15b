// frame_draft.hpp: a frame of a session that is being built, and where its contents come from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "broker/core/readers/subscription.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/command_traits.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/size.hpp"

namespace hoiku::broker {

// Gives a frame its states and the answers of lookups. A state is never null: a topic that was never set has version 0.
class StateSource {
 public:
  virtual State committed(TopicId topic) const = 0;
  // The states between the one of that number and the committed one, in their order, until the topic's history changes.
  // Nothing, if the history has discarded the first of them.
  virtual std::span<const State> past_after(TopicId topic, std::uint64_t number) const = 0;
  // The next state that passes the filter of a started slot; null after `steps_max` steps without a match.
  virtual FilterScan find_next_match(const Slot& slot, std::size_t steps_max) = 0;
  // The rows of a page take `page_bytes_max` bytes at most, unless one alone is larger.
  virtual proto::Answer look_up(const proto::Lookup& lookup, std::size_t page_bytes_max) = 0;
  // The time at which the intervals of delivered slots begin.
  virtual TimePoint time() const = 0;

 protected:
  ~StateSource() = default;
};

// A frame's share of the budgets of its session, until it is acknowledged.
struct FrameCost {
  std::size_t batch_bytes = 0;
  std::size_t answer_bytes = 0;
  std::uint32_t requests = 0;
  std::uint32_t reader_answers = 0;
  std::uint32_t refused_posts = 0;
  std::uint32_t deliveries = 0;
  bool is_batch = false;  // the frame has deliveries or ends of snapshots
};

struct FrameDraft {
  bool has_no_values() const noexcept { return frame.answers.empty() && deliveries.empty(); }

  proto::ServerFrame frame;           // without the deliveries
  std::vector<Delivered> deliveries;  // put into the frame when there are no more
  FrameCost cost;
  std::size_t bytes = proto::frame_overhead_bytes;  // the size of the frame so far
};

// The bytes of a frame that has several values; one value alone may take more. A client takes no frame with more than
// frame_items_max items.
inline std::size_t frame_budget(const Limits& limits) noexcept {
  return std::min(limits.frame_bytes_max - limits.frame_bytes_max / 4,
                  proto::frame_overhead_bytes + limits.frame_items_max * proto::item_bytes_min);
}

}  // namespace hoiku::broker
