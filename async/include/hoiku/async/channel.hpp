// channel.hpp: a bounded queue between tasks of one loop: many senders, many receivers, each item to exactly one
// receiver.
//
//   auto [sender, receiver] = open_channel<Frame>(8);
//   nursery.start_soon(record, std::move(sender));  // the channel ends when the last sender does
//   for (;;) {
//     const std::optional<Frame> frame = co_await receiver.next();
//     if (!frame) break;
//     ...
//   }
//
// Promises   First come, first served, on both sides: a try_send or try_receive does not overtake a task that waits.
//            send() and receive() are checkpoints and atomic: either done, or Cancelled and nothing has happened. A
//            cancellation loses no item: a receive that was given one returns it, and the cancellation strikes
//            afterwards.
// Closing    close() closes a handle, and so does the end of the object; copies are handles of their own. After the
//            last sender is closed, the buffer can still be received, and then the channel has ended. When the last
//            receiver is closed, the buffer is discarded.
// Limits     the capacity, in items. 0: a send waits until its item is received. `unbounded`: a send never waits, and
//            only memory limits the buffer.
// Thread     the loop's.
// Errors     Closed: this handle was closed, or moved away. BrokenChannel: a send to a channel without receivers.
//            EndOfChannel: a receive from a channel that has ended.
// Source     Trio's memory channels; that destructors close handles, and next(), are ours.
#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "hoiku/async/detail/channel_core.hpp"

namespace [[gnu::visibility("default")]] hoiku {

class BrokenChannel : public std::runtime_error {
 public:
  BrokenChannel() : std::runtime_error("the channel has no receiver any more") {}
};
class EndOfChannel : public std::runtime_error {
 public:
  EndOfChannel() : std::runtime_error("the channel has ended: it is empty and has no sender any more") {}
};

inline constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

struct ChannelStatistics {
  std::size_t used = 0;  // items in the buffer
  std::size_t capacity = 0;
  std::size_t peak = 0;  // the most items that were ever in the buffer
  std::size_t open_senders = 0;
  std::size_t open_receivers = 0;
  std::size_t parked_senders = 0;
  std::size_t parked_receivers = 0;
};

namespace detail {

enum class AtEnd : bool { fail, report };

template <class T>
class ChannelOf;
template <class T>
class SendAwaiter;
template <class T, AtEnd at_end>
class ReceiveAwaiter;
template <class T>
ChannelOf<T>& channel_of(const ChannelEnd& end);

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

  // Waits until the channel has room, or a receiver takes the item.
  Send send(T item) const { return Send(this->end(), std::move(item)); }

  // Sends without waiting. Returns false if it would have to wait, and leaves the item as it was.
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

  // Waits for an item and returns it. At the end of the channel: EndOfChannel.
  auto receive() const { return Receive<detail::AtEnd::fail>(this->end()); }
  // Waits for an item and returns it as a std::optional, which is empty at the end of the channel: for loops.
  auto next() const { return Receive<detail::AtEnd::report>(this->end()); }

  // Receives without waiting. Returns nothing if it would have to wait. At the end of the channel: EndOfChannel.
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

// Makes a channel with one sender and one receiver. A negative capacity is a std::invalid_argument.
template <class T>
Channel<T> open_channel(std::integral auto capacity) {
  static_assert(std::is_nothrow_move_constructible_v<T>, "an item that cannot be moved safely could be lost");
  if (!std::in_range<std::size_t>(capacity)) throw std::invalid_argument("a channel's capacity must not be negative");
  const auto core = std::make_shared<detail::ChannelOf<T>>(static_cast<std::size_t>(capacity));
  return Channel<T>{Sender<T>(core), Receiver<T>(core)};
}

}  // namespace hoiku

#include "hoiku/async/detail/channel_of.hpp"
