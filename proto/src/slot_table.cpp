#include "hoiku/proto/slot_table.hpp"

#include <utility>

namespace hoiku::proto {

Failure SlotTable::violation(std::string what) {
  return {ErrorCode::protocol_violation, "the broker broke the protocol: " + std::move(what)};
}

Result<ServerFrame> SlotTable::without_runs(const ServerFrame& frame) {
  ServerFrame expanded = frame;
  expanded.deliveries.clear();
  expanded.runs.clear();
  const auto done = read(frame, [&](const Delivery& delivery) { expanded.deliveries.push_back(delivery); });
  if (!done) return done.failure();
  return expanded;
}

Result<void> SlotTable::check(const ServerFrame& frame) const {
  std::size_t slots = slots_.size();
  std::string what;
  const auto find = [&](std::string violated) {
    if (what.empty()) what = std::move(violated);
  };
  for_each_in_order(
      frame,
      [&](const Run& run) {
        if (run.slot == 0 || run.slot > slots) find("a run is of an unknown slot");
      },
      [&](const Delivery& delivery) {
        if (delivery.slot == 0) return;
        if (delivery.slot > slots + 1) find("it has left out a slot number");
        if (delivery.slot == slots + 1) ++slots;
        const std::size_t name_bytes = delivery.transition->topic.size();
        if (name_bytes > run_name_bytes_max)
          find("the topic of a slot has a name of " + std::to_string(name_bytes) + " bytes");
      });
  if (!what.empty()) return violation(std::move(what));
  return {};
}

void SlotTable::bind(const Delivery& delivery) {
  if (delivery.slot == slots_.size() + 1) slots_.emplace_back();
  const Transition& state = *delivery.transition;
  slots_[delivery.slot - 1] = Slot{delivery.subscription, delivery.member, state.topic, state.version.epoch};
}

}  // namespace hoiku::proto
