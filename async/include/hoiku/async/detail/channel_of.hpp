// channel_of.hpp: a channel's buffer, and how a task waits for room or for an item. Included by channel.hpp.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "hoiku/async/channel.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

template <class T>
class ReceivingWaiter;

template <class T>
class ChannelOf final : public ChannelCore {
 public:
  using ChannelCore::ChannelCore;

  // Takes the item and returns true, or returns false if there is neither a receiver nor room.
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
      // In this order, so that nothing has changed if memory runs out.
      buffer_.emplace_back(std::move(longest->item()));
      longest->give();
    }
    std::optional<T> item(std::move(buffer_.front()));
    buffer_.pop_front();
    return item;
  }

  // Returns true if there is no item, and none can come.
  bool ended() const noexcept { return buffer_.empty() && open_handles(ChannelSide::sender) == 0; }

 private:
  std::size_t used() const noexcept override { return buffer_.size(); }
  void discard() noexcept override {
    // The items' destructors may use this channel.
    std::deque<T> discarded;
    discarded.swap(buffer_);
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
  std::conditional_t<at_end == AtEnd::report, std::optional<T>, T> await_resume() {
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
}  // namespace hoiku
