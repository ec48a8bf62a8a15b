// reader_counts.hpp: counts the transitions of a reader's topics by their fate.
//
// A transition that was sent is in flight until the client acknowledges its frame: only then it is delivered. A reader
// counts what is in flight by frame, so an acknowledgement costs it nothing.
//
// Promises   written == delivered + in flight + conflated + filtered + lagged + pending, after each call.
// Limits     a reader keeps one number for each unacknowledged frame that has a transition for it.
#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cassert>
#include <cstdint>

namespace hoiku::broker {

class ReaderCounts {
 public:
  // ---- A transition comes.
  void add_pending(std::uint64_t transitions = 1) noexcept {
    written_ += transitions;
    pending_ += transitions;
    check();
  }
  // The transition replaces a pending one, of a `latest` reader.
  void add_conflating() noexcept {
    ++written_;
    ++conflated_;
    check();
  }
  void add_filtered(std::uint64_t transitions = 1) noexcept {
    written_ += transitions;
    filtered_ += transitions;
    check();
  }

  // ---- Pending transitions end.
  // A pending transition is sent in that frame. The client has acknowledged the frames up to `acknowledged`.
  void send(std::uint64_t frame, std::uint64_t acknowledged) {
    --pending_;
    ++sent_;
    if (frames_.empty() || frames_.back().number != frame) {
      frames_.erase(frames_.begin(), first_after(acknowledged));
      frames_.push_back(SentIn{frame, 0});
    }
    ++frames_.back().transitions;
    check();
  }
  void filter(std::uint64_t transitions) noexcept {
    pending_ -= transitions;
    filtered_ += transitions;
    check();
  }
  void lag(std::uint64_t transitions) noexcept {
    pending_ -= transitions;
    lagged_ += transitions;
    check();
  }

  std::uint64_t written() const noexcept { return written_; }
  // `acknowledged`: as for send().
  std::uint64_t in_flight(std::uint64_t acknowledged) const noexcept {
    std::uint64_t transitions = 0;
    for (auto frame = first_after(acknowledged); frame != frames_.end(); ++frame) transitions += frame->transitions;
    return transitions;
  }
  std::uint64_t delivered(std::uint64_t acknowledged) const noexcept { return sent_ - in_flight(acknowledged); }
  std::uint64_t conflated() const noexcept { return conflated_; }
  std::uint64_t filtered() const noexcept { return filtered_; }
  std::uint64_t lagged() const noexcept { return lagged_; }
  std::uint64_t pending() const noexcept { return pending_; }

 private:
  struct SentIn {
    std::uint64_t number = 0;
    std::uint64_t transitions = 0;
  };
  using Frames = boost::container::small_vector<SentIn, 1>;

  void check() const noexcept { assert(written_ == sent_ + conflated_ + filtered_ + lagged_ + pending_); }
  Frames::const_iterator first_after(std::uint64_t number) const noexcept {
    return std::find_if(frames_.begin(), frames_.end(), [&](const SentIn& frame) { return frame.number > number; });
  }

  std::uint64_t written_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t conflated_ = 0;
  std::uint64_t filtered_ = 0;
  std::uint64_t lagged_ = 0;
  std::uint64_t pending_ = 0;
  Frames frames_;  // those with transitions for this reader, in order; the first ones may be acknowledged already
};

}  // namespace hoiku::broker
