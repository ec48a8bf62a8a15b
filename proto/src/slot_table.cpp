#include "hoiku/proto/slot_table.hpp"

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
  auto run = frame.runs.begin();
  for (std::size_t place = 0; place <= frame.deliveries.size(); ++place) {
    for (; run != frame.runs.end() && run->place == place; ++run) {
      if (run->slot == 0 || run->slot > slots) return violation("a run is of an unknown slot");
    }
    if (place == frame.deliveries.size()) break;
    const Delivery& delivery = frame.deliveries[place];
    if (delivery.slot > slots + 1) return violation("it has left out a slot number");
    if (delivery.slot == slots + 1) ++slots;
    if (delivery.slot != 0 && delivery.transition->topic.size() > run_name_bytes_max)
      return violation("the topic of a slot has a name of " + std::to_string(delivery.transition->topic.size()) +
                       " bytes");
  }
  return {};
}

void SlotTable::bind(const Delivery& delivery) {
  if (delivery.slot == slots_.size() + 1) slots_.emplace_back();
  const Transition& state = *delivery.transition;
  slots_[delivery.slot - 1] = Slot{delivery.subscription, delivery.member, state.topic, state.version.epoch};
}

std::shared_ptr<const Transition> SlotTable::RunPosition::next(const Change& change, const std::string& topic,
                                                               std::uint64_t epoch) {
  if (!std::exchange(is_first_, false)) {
    ++number_;
    revision_ += change.revision_step;
    // A broker may send any steps: their sum may wrap around.
    changed_at_ = WallTime(std::chrono::microseconds(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(changed_at_.time_since_epoch().count()) +
                                  static_cast<std::uint64_t>(change.time_step.count()))));
    if (change.writer) writer_ = *change.writer;
  }
  auto transition = std::make_shared<Transition>();
  transition->topic = topic;
  transition->version = {epoch, number_};
  transition->revision = revision_;
  transition->value = change.value.copy();
  transition->changed_at = changed_at_;
  transition->writer = writer_;
  transition->quality = change.quality;
  transition->source_time = change.source_time;
  return transition;
}

}  // namespace hoiku::proto
