// channel_core.hpp: the machinery of channel.hpp that does not depend on what is sent: handles, and who is parked.
//
// Where a receiver is parked the buffer is empty, and where a sender is parked it is full. So whatever comes next goes
// to whoever has waited longest, and nobody overtakes.
#pragma once

#include <cstddef>
#include <memory>

#include "hoiku/async/detail/parked.hpp"

namespace hoiku {

struct ChannelStatistics {
  std::size_t used = 0;  // items in the buffer
  std::size_t capacity = 0;
  std::size_t peak = 0;  // the most that were ever in the buffer
  std::size_t open_senders = 0;
  std::size_t open_receivers = 0;
  std::size_t parked_senders = 0;
  std::size_t parked_receivers = 0;
};

namespace detail {

enum class ChannelSide : bool { sender, receiver };

class ChannelCore;

// One handle, as whoever is parked on it sees it: it stays in its place when the handle moves.
struct ChannelEnd {
  ChannelEnd(std::shared_ptr<ChannelCore> channel_core, ChannelSide at) noexcept
      : core(std::move(channel_core)), side(at) {}
  void require_open() const;  // or Closed

  std::shared_ptr<ChannelCore> core;
  ChannelSide side;
  bool open = true;
};

class ChannelWaiter : public Parked, public ListHook<ChannelWaiter> {
 public:
  enum class Ending : unsigned char { served, handle_closed, other_side_gone };

  ChannelSide side() const noexcept { return end_->side; }
  bool is_on(const ChannelEnd& end) const noexcept { return end_.get() == &end; }
  void finish(Ending ending) noexcept {
    leave();
    ending_ = ending;
    wake();
  }

 protected:
  ChannelWaiter(const char* what, TaskState& task, std::shared_ptr<ChannelEnd> end) noexcept
      : Parked(what), end_(std::move(end)) {
    bind(task);
  }
  ~ChannelWaiter() = default;
  void leave() noexcept override { ListHook<ChannelWaiter>::unlink(); }
  void throw_if_closed() const;

  std::shared_ptr<ChannelEnd> end_;
  Ending ending_ = Ending::served;
};

class ChannelCore {
 public:
  explicit ChannelCore(std::size_t capacity) noexcept : capacity_(capacity) {}
  ChannelCore(const ChannelCore&) = delete;
  ChannelCore& operator=(const ChannelCore&) = delete;
  virtual ~ChannelCore() = default;

  static std::shared_ptr<ChannelEnd> open(std::shared_ptr<ChannelCore> core, ChannelSide side);
  void close(ChannelEnd& end) noexcept;

  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t open_handles(ChannelSide side) const noexcept { return open_[static_cast<bool>(side)]; }
  void park(ChannelWaiter& waiter) noexcept { waiters(waiter.side()).push_back(waiter); }
  ChannelStatistics statistics();

 protected:
  using Waiters = IntrusiveList<ChannelWaiter, ChannelWaiter>;
  Waiters& waiters(ChannelSide side) noexcept { return waiters_[static_cast<bool>(side)]; }
  virtual std::size_t used() const noexcept = 0;
  virtual void discard() noexcept = 0;
  std::size_t peak_ = 0;

 private:
  std::size_t capacity_;
  std::size_t open_[2] = {0, 0};
  Waiters waiters_[2];
};

// What Sender and Receiver have in common: each object is one handle, a copy is another one, and the end of the object
// closes it.
class ChannelHandle {
 public:
  ChannelHandle(const ChannelHandle& other);
  ChannelHandle(ChannelHandle&& other) noexcept = default;
  ChannelHandle& operator=(ChannelHandle other) noexcept {
    end_.swap(other.end_);
    return *this;
  }
  ~ChannelHandle() { close(); }

  // Synchronous and idempotent. Whoever waits on this handle gets Closed.
  void close() noexcept {
    if (end_) end_->core->close(*end_);
  }
  bool is_open() const noexcept { return end_ && end_->open; }

 protected:
  ChannelHandle(std::shared_ptr<ChannelCore> core, ChannelSide side);
  // Or Closed.
  const std::shared_ptr<ChannelEnd>& end() const;

 private:
  std::shared_ptr<ChannelEnd> end_;  // nullptr: moved away
};

}  // namespace detail
}  // namespace hoiku
