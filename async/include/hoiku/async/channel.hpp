// channel.hpp: a bounded queue between tasks of one loop: many senders, many receivers, each item to exactly one of
// them.
//
//   auto [sender, receiver] = open_channel<Frame>(8);
//   nursery.start_soon(record, std::move(sender));  // the channel ends when the last sender does
//   for (;;) {
//     const std::optional<Frame> frame = co_await receiver.next();
//     if (!frame) break;
//     ...
//   }
//
// Promises   first come, first served, on both sides: a try_send or try_receive does not overtake who waits. send() and
//            receive() are checkpoints and atomic: either done, or Cancelled and nothing has happened. An item is never
//            lost to a cancellation: a receive that was given one returns it, and the cancellation strikes afterwards.
// Closing    each handle is closed by close() or by the end of the object; copies are handles of their own. When the
//            last sender is closed, what is in the buffer can still be received, and then the channel has ended. When
//            the last receiver is closed, the buffer is discarded.
// Limits     the capacity, in items; 0: a send waits until its item is received; `unbounded`: a send never waits, and
//            nothing but memory limits the buffer.
// Thread     the loop's.
// Errors     Closed: this handle was closed, or moved away. BrokenChannel: a send that nobody can receive any more.
//            EndOfChannel: a receive where nothing can come any more.
// Source     Trio's memory channels. Handles are closed by their destructors, and next() is ours.
#pragma once

#include <concepts>
#include <deque>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/channel_core.hpp"

namespace hoiku {

class BrokenChannel : public std::runtime_error {
 public:
  BrokenChannel() : std::runtime_error("the channel has no receiver any more") {}
};
class EndOfChannel : public std::runtime_error {
 public:
  EndOfChannel() : std::runtime_error("the channel has ended: it is empty and has no sender any more") {}
};

inline constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

namespace detail {

template <class T>
class SendAwaiter;
template <class T>
class ReceivingWaiter;

template <class T>
class ChannelOf final : public ChannelCore {
 public:
  using ChannelCore::ChannelCore;

  // Takes the item where it returns true.
  bool put(T& item) {
    if (open_handles(ChannelSide::receiver) == 0) throw BrokenChannel();
    if (ChannelWaiter* longest = waiters(ChannelSide::receiver).first()) {
      static_cast<ReceivingWaiter<T>*>(longest)->give(std::move(item));
    } else {
      if (buffer_.size() >= capacity()) return false;
      buffer_.push_back(std::move(item));
      if (buffer_.size() > peak_) peak_ = buffer_.size();
    }
    return true;
  }

  std::optional<T> take() {
    auto* longest = static_cast<SendAwaiter<T>*>(waiters(ChannelSide::sender).first());
    if (buffer_.empty()) return longest ? std::optional<T>(longest->give()) : std::nullopt;
    if (longest) {
      // In this order: where memory runs out nothing has changed.
      buffer_.emplace_back(std::move(longest->item()));
      longest->give();
    }
    std::optional<T> item(std::move(buffer_.front()));
    buffer_.pop_front();
    return item;
  }

  // Nothing is there and nothing can come.
  bool ended() const noexcept { return buffer_.empty() && open_handles(ChannelSide::sender) == 0; }

 private:
  std::size_t used() const noexcept override { return buffer_.size(); }
  void discard() noexcept override {
    // The items' destructors may come back here.
    std::deque<T> gone;
    gone.swap(buffer_);
  }
  std::deque<T> buffer_;
};

template <class T>
ChannelOf<T>& channel_of(const ChannelEnd& end) {
  return static_cast<ChannelOf<T>&>(*end.core);
}

template <class T>
class SendAwaiter final : public ChannelWaiter {
 public:
  SendAwaiter(TaskState& task, std::shared_ptr<ChannelEnd> end, T&& item) noexcept
      : ChannelWaiter("Sender::send", task, std::move(end)), item_(std::move(item)) {}
  bool await_ready() const {
    task().throw_if_cancelled();
    return false;
  }
  void await_suspend(std::coroutine_handle<> handle) {
    end_->require_open();
    const bool sent = channel_of<T>(*end_).put(item_);
    if (sent) return reschedule(handle);
    park(handle);
    end_->core->park(*this);
  }
  void await_resume() const {
    throw_if_interrupted();
    throw_if_closed();
    if (ending_ == Ending::other_side_gone) throw BrokenChannel();
  }

  T& item() noexcept { return item_; }
  T give() noexcept {
    finish(Ending::served);
    return std::move(item_);
  }

 private:
  T item_;
};

template <class T>
class ReceivingWaiter : public ChannelWaiter {
 public:
  void give(T&& item) noexcept {
    item_.emplace(std::move(item));
    finish(Ending::served);
  }

 protected:
  using ChannelWaiter::ChannelWaiter;
  ~ReceivingWaiter() = default;
  std::optional<T> item_;
};

enum class AtEnd : bool { fail, tell };

template <class T, AtEnd at_end>
class ReceiveAwaiter final : public ReceivingWaiter<T> {
 public:
  ReceiveAwaiter(TaskState& task, std::shared_ptr<ChannelEnd> end) noexcept
      : ReceivingWaiter<T>("Receiver::receive", task, std::move(end)) {}
  bool await_ready() const {
    this->task().throw_if_cancelled();
    return false;
  }
  void await_suspend(std::coroutine_handle<> handle) {
    this->end_->require_open();
    auto& channel = channel_of<T>(*this->end_);
    this->item_ = channel.take();
    if (!this->item_ && channel.ended()) this->ending_ = ChannelWaiter::Ending::other_side_gone;
    if (this->item_ || channel.ended()) return this->reschedule(handle);
    this->park(handle);
    channel.park(*this);
  }
  std::conditional_t<at_end == AtEnd::tell, std::optional<T>, T> await_resume() {
    this->throw_if_interrupted();
    this->throw_if_closed();
    if constexpr (at_end == AtEnd::fail) {
      if (!this->item_) throw EndOfChannel();
      return std::move(*this->item_);
    } else {
      return std::move(this->item_);
    }
  }
};

}  // namespace detail

template <class T>
class Sender : public detail::ChannelHandle {
 public:
  explicit Sender(std::shared_ptr<detail::ChannelOf<T>> core)
      : ChannelHandle(std::move(core), detail::ChannelSide::sender) {}

  class [[nodiscard("a send does nothing until it is awaited")]] Send {
   public:
    Send(std::shared_ptr<detail::ChannelEnd> end, T&& item) noexcept : end_(std::move(end)), item_(std::move(item)) {}
    detail::SendAwaiter<T> make_awaiter(detail::TaskState& task) {
      return detail::SendAwaiter<T>(task, end_, std::move(item_));
    }

   private:
    std::shared_ptr<detail::ChannelEnd> end_;
    T item_;
  };

  // Waits until there is room, or a receiver.
  Send send(T item) const { return Send(this->end(), std::move(item)); }

  // False where it would have to wait; the item is then left as it was.
  bool try_send(T&& item) const { return detail::channel_of<T>(*this->end()).put(item); }
  bool try_send(const T& item) const {
    T copy(item);
    return try_send(std::move(copy));
  }

  ChannelStatistics statistics() const { return this->end()->core->statistics(); }
};

template <class T>
class Receiver : public detail::ChannelHandle {
 public:
  explicit Receiver(std::shared_ptr<detail::ChannelOf<T>> core)
      : ChannelHandle(std::move(core), detail::ChannelSide::receiver) {}

  template <detail::AtEnd at_end>
  class [[nodiscard("a receive does nothing until it is awaited")]] Receive {
   public:
    explicit Receive(std::shared_ptr<detail::ChannelEnd> end) noexcept : end_(std::move(end)) {}
    detail::ReceiveAwaiter<T, at_end> make_awaiter(detail::TaskState& task) const {
      return detail::ReceiveAwaiter<T, at_end>(task, end_);
    }

   private:
    std::shared_ptr<detail::ChannelEnd> end_;
  };

  // Waits for an item; EndOfChannel where none can come.
  auto receive() const { return Receive<detail::AtEnd::fail>(this->end()); }
  // The same, giving nothing at the end of the channel: for loops.
  auto next() const { return Receive<detail::AtEnd::tell>(this->end()); }

  // Nothing, where it would have to wait.
  std::optional<T> try_receive() const {
    auto& channel = detail::channel_of<T>(*this->end());
    std::optional<T> item = channel.take();
    if (!item && channel.ended()) throw EndOfChannel();
    return item;
  }

  ChannelStatistics statistics() const { return this->end()->core->statistics(); }
};

template <class T>
struct Channel {
  Sender<T> sender;
  Receiver<T> receiver;
};

// A negative capacity is a std::invalid_argument.
template <class T>
Channel<T> open_channel(std::integral auto capacity) {
  static_assert(std::is_nothrow_move_constructible_v<T>, "an item that cannot be moved safely could be lost");
  if (!std::in_range<std::size_t>(capacity)) throw std::invalid_argument("a channel's capacity must not be negative");
  const auto core = std::make_shared<detail::ChannelOf<T>>(static_cast<std::size_t>(capacity));
  return Channel<T>{Sender<T>(core), Receiver<T>(core)};
}

}  // namespace hoiku
