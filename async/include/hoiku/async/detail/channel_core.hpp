// channel_core.hpp: the part of a channel that does not depend on the type of its items: handles and parked tasks.
//
// The buffer is empty while a receiver is parked, and full while a sender is parked. So the next item, or the next
// room, goes to the task that has waited longest, and no task overtakes another.
#pragma once

#include <cstddef>
#include <memory>

#include "hoiku/async/detail/parked.hpp"

namespace [[gnu::visibility("default")]] hoiku {

struct ChannelStatistics;

namespace detail {

enum class ChannelSide : bool { sender, receiver };

class ChannelCore;

// The part of a handle that stays in its place when the handle moves, for the tasks that are parked on it.
struct ChannelEnd {
  ChannelEnd(std::shared_ptr<ChannelCore> channel_core, ChannelSide at) noexcept
      : core(std::move(channel_core)), side(at) {}
  void require_open() const;  // throws Closed otherwise

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

// The base of Sender and Receiver. Each object is one handle, a copy is another one, and the end of the object closes
// it.
class ChannelHandle {
 public:
  ChannelHandle(const ChannelHandle& other);
  ChannelHandle(ChannelHandle&& other) noexcept = default;
  ChannelHandle& operator=(ChannelHandle other) noexcept {
    end_.swap(other.end_);
    return *this;
  }
  ~ChannelHandle() { close(); }

  // Closes the handle: tasks that wait on it get Closed. Synchronous and idempotent.
  void close() noexcept {
    if (end_) end_->core->close(*end_);
  }
  bool is_open() const noexcept { return end_ && end_->open; }

 protected:
  ChannelHandle(std::shared_ptr<ChannelCore> core, ChannelSide side);
  // Throws Closed if the handle is closed or moved away.
  const std::shared_ptr<ChannelEnd>& end() const;

 private:
  std::shared_ptr<ChannelEnd> end_;  // nullptr: moved away
};

}  // namespace detail
}  // namespace hoiku
