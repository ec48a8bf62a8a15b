#include "broker/core/outbox/outbox.hpp"

#include <algorithm>

namespace hoiku::broker {

bool Outbox::build_frame(StateSource& states, const Facts& facts, BuildReport& report) {
  if (answers_.empty() && deliveries_.empty()) return false;
  queue().building = sent_.last_number() + 1;
  FrameDraft draft;
  if (!std::exchange(delivery_goes_first_, false)) answers_.fill(draft, states);
  if (deliveries_.is_window_open()) {
    delivery_goes_first_ = !deliveries_.fill(draft, states, report);
    deliveries_.fill_ends(draft, facts.revision);
  }
  proto::ServerFrame& frame = draft.frame;
  if (frame.answers.empty()) answers_.fill(draft, states);
  if (draft.has_no_values() && frame.snapshot_ends.empty()) return false;

  if (deliveries_.is_complete() && facts.all_known) frame.complete_through = facts.revision;
  frame.settled = settled_through(facts.settled);

  draft.cost.is_batch = !draft.deliveries.empty() || !frame.snapshot_ends.empty();
  draft.cost.deliveries = static_cast<std::uint32_t>(draft.deliveries.size());
  deliveries_.finish(draft);
  answers_.sent(draft.cost);
  deliveries_.sent(draft.cost);
  in_flight_ += draft.cost.deliveries;
  totals_.in_flight += draft.cost.deliveries;
  ++totals_.kept_frames;
  sent_.append(std::move(frame), draft.cost);
  return true;
}

bool Outbox::acknowledge(std::uint64_t number) {
  const bool was_sent = sent_.acknowledge(number, [this](const FrameCost& cost) {
    answers_.acknowledged(cost);
    deliveries_.acknowledged(cost);
    in_flight_ -= cost.deliveries;
    totals_.in_flight -= cost.deliveries;
    totals_.delivered += cost.deliveries;
    --totals_.kept_frames;
  });
  queue().acknowledged = acknowledged();
  return was_sent;
}

Outbox::~Outbox() {
  totals_.in_flight -= in_flight_;
  totals_.kept_frames -= sent_.size();
}

}  // namespace hoiku::broker
