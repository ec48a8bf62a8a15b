// slot_table.hpp: what the slot numbers of one session mean, at its client, and how its runs are read by them.
//
// Thread     the owner's. Owner: whoever receives the frames of a session, in their order, each once.
// Limits     a slot number is at most one more than all before, so a table has at most as many slots as it was told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/run_reader.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

class SlotTable {
 public:
  struct Slot {
    RequestId subscription = 0;
    std::uint32_t member = 0;
    std::string topic;
    std::uint64_t epoch = 0;
  };

  void clear() noexcept { slots_.clear(); }

  // Whether the frame may be read next. Error: protocol_violation, if a run is of a slot that means nothing, or a slot
  // number was left out.
  Result<void> check(const ServerFrame& frame) const;
  // Reads a frame that check() allows: calls take_run(slot, run) for each run, and take_delivery(delivery) for each
  // delivery, in their order.
  template <class Frame, class TakeRun, class TakeDelivery>
  void read_checked(Frame& frame, TakeRun&& take_run, TakeDelivery&& take_delivery) {
    for_each_in_order(
        frame, [&](auto& run) { take_run(slots_[run.slot - 1], run); },
        [&](auto& delivery) {
          if (delivery.slot != 0) bind(delivery);
          take_delivery(delivery);
        });
  }
  // Checks the frame, and calls take(delivery) for each of its deliveries, and for each transition of its runs as one.
  // Error: as check(), before the first call; and if a run is malformed, which no decoded one is.
  template <class Take>
  Result<void> read(const ServerFrame& frame, Take&& take) {
    if (Result<void> checked = check(frame); !checked) return checked;
    bool is_malformed = false;
    const auto take_run = [&](const Slot& slot, const Run& run) {
      RunReader reader(run, slot.topic, slot.epoch);
      while (const TransitionView* transition = reader.next()) {
        Delivery delivery;
        delivery.subscription = slot.subscription;
        delivery.member = slot.member;
        delivery.transition = std::make_shared<const Transition>(transition->copy());
        take(delivery);
      }
      is_malformed = is_malformed || reader.is_malformed();
    };
    read_checked(frame, take_run, take);
    if (is_malformed) return violation("a run is malformed");
    return {};
  }

  // The frame with a delivery for each transition of its runs.
  Result<ServerFrame> without_runs(const ServerFrame& frame);

 private:
  void bind(const Delivery& delivery);
  static Failure violation(std::string what);

  std::vector<Slot> slots_;  // by their number, from 1
};

}  // namespace proto
}  // namespace hoiku
