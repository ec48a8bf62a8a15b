// slot_table.hpp: what the slot numbers of one session mean, at its client, and how its runs are read by them.
//
// Thread     the owner's. Owner: whoever receives the frames of a session, in their order, each once.
// Limits     a slot number is at most one more than all before, so a table has at most as many slots as it was told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hoiku/proto/change.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/message.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

class SlotTable {
 public:
  void clear() noexcept { slots_.clear(); }

  // Whether the frame may be read next. Error: protocol_violation, if a run is of a slot that means nothing, or a slot
  // number was left out.
  Result<void> check(const ServerFrame& frame) const;
  // Calls take(delivery) for each delivery of the frame, and for each change of its runs as one, in their order.
  // Error: as check(), before the first call; and if a run is malformed, which no decoded one is.
  template <class Take>
  Result<void> read(const ServerFrame& frame, Take&& take) {
    if (Result<void> checked = check(frame); !checked) return checked;
    auto run = frame.runs.begin();
    for (std::size_t place = 0; place <= frame.deliveries.size(); ++place) {
      for (; run != frame.runs.end() && run->place == place; ++run) {
        if (Result<void> done = read(*run, take); !done) return done;
      }
      if (place == frame.deliveries.size()) break;
      const Delivery& delivery = frame.deliveries[place];
      if (delivery.slot != 0) bind(delivery);
      take(delivery);
    }
    return {};
  }

  // The frame with a delivery for each change of its runs.
  Result<ServerFrame> without_runs(const ServerFrame& frame);

 private:
  struct Slot {
    RequestId subscription = 0;
    std::uint32_t member = 0;
    std::string topic;
    std::uint64_t epoch = 0;
  };

  void bind(const Delivery& delivery);
  static Failure violation(std::string what);

  template <class Take>
  Result<void> read(const Run& run, Take& take) {
    const Slot& slot = slots_[run.slot - 1];
    ChangeReader changes(run.changes);
    RunPosition at(run);
    while (const std::optional<Change> change = changes.next()) {
      Delivery delivery;
      delivery.subscription = slot.subscription;
      delivery.member = slot.member;
      delivery.transition = at.next(*change, slot.topic, slot.epoch);
      take(delivery);
    }
    if (changes.is_malformed()) return violation("a run is malformed");
    return {};
  }

  // Adds up the steps of a run.
  class RunPosition {
   public:
    explicit RunPosition(const Run& run)
        : number_(run.number), revision_(run.revision), changed_at_(run.changed_at), writer_(run.writer) {}
    std::shared_ptr<const Transition> next(const Change& change, const std::string& topic, std::uint64_t epoch);

   private:
    bool is_first_ = true;
    std::uint64_t number_;
    std::uint64_t revision_;
    WallTime changed_at_;
    std::string writer_;
  };

  std::vector<Slot> slots_;  // by their number, from 1
};

}  // namespace proto
}  // namespace hoiku
