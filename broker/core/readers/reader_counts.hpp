// reader_counts.hpp: counts the transitions of a reader's topics by their fate.
//
// Promises   written == delivered + conflated + filtered + lagged + pending, after each call.
#pragma once

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
  void deliver() noexcept {
    --pending_;
    ++delivered_;
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
  std::uint64_t delivered() const noexcept { return delivered_; }
  std::uint64_t conflated() const noexcept { return conflated_; }
  std::uint64_t filtered() const noexcept { return filtered_; }
  std::uint64_t lagged() const noexcept { return lagged_; }
  std::uint64_t pending() const noexcept { return pending_; }

 private:
  void check() const noexcept { assert(written_ == delivered_ + conflated_ + filtered_ + lagged_ + pending_); }

  std::uint64_t written_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t conflated_ = 0;
  std::uint64_t filtered_ = 0;
  std::uint64_t lagged_ = 0;
  std::uint64_t pending_ = 0;
};

}  // namespace hoiku::broker
