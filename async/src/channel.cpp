#include "hoiku/async/channel.hpp"

#include "hoiku/async/exception_group.hpp"

namespace hoiku::detail {

void ChannelEnd::require_open() const {
  if (!open) throw Closed("this handle of the channel has been closed");
}

void ChannelWaiter::throw_if_closed() const {
  if (ending_ == Ending::handle_closed) throw Closed("this handle of the channel has been closed");
}

std::shared_ptr<ChannelEnd> ChannelCore::open(std::shared_ptr<ChannelCore> core, ChannelSide side) {
  auto end = std::make_shared<ChannelEnd>(std::move(core), side);
  ++end->core->open_[static_cast<bool>(side)];
  return end;
}

void ChannelCore::close(ChannelEnd& end) noexcept {
  if (!std::exchange(end.open, false)) return;
  Waiters& own = waiters(end.side);
  for (ChannelWaiter* waiter = own.first(); waiter;) {
    ChannelWaiter* following = own.after(*waiter);
    if (waiter->is_on(end)) waiter->finish(ChannelWaiter::Ending::handle_closed);
    waiter = following;
  }
  if (--open_[static_cast<bool>(end.side)] > 0) return;

  const bool is_sender = end.side == ChannelSide::sender;
  Waiters& others = waiters(is_sender ? ChannelSide::receiver : ChannelSide::sender);
  while (ChannelWaiter* waiter = others.first()) waiter->finish(ChannelWaiter::Ending::other_side_gone);
  if (!is_sender) discard();
}

ChannelStatistics ChannelCore::statistics() {
  const auto count = [](Waiters& parked) {
    std::size_t number = 0;
    for (ChannelWaiter* waiter = parked.first(); waiter; waiter = parked.after(*waiter)) ++number;
    return number;
  };
  ChannelStatistics statistics;
  statistics.used = used();
  statistics.capacity = capacity_;
  statistics.peak = peak_;
  statistics.open_senders = open_handles(ChannelSide::sender);
  statistics.open_receivers = open_handles(ChannelSide::receiver);
  statistics.parked_senders = count(waiters(ChannelSide::sender));
  statistics.parked_receivers = count(waiters(ChannelSide::receiver));
  return statistics;
}

ChannelHandle::ChannelHandle(std::shared_ptr<ChannelCore> core, ChannelSide side)
    : end_(ChannelCore::open(std::move(core), side)) {}

ChannelHandle::ChannelHandle(const ChannelHandle& other)
    : end_(other.is_open() ? ChannelCore::open(other.end_->core, other.end_->side) : nullptr) {}

const std::shared_ptr<ChannelEnd>& ChannelHandle::end() const {
  if (!is_open()) throw Closed("this handle of the channel has been closed, or moved away");
  return end_;
}

}  // namespace hoiku::detail
