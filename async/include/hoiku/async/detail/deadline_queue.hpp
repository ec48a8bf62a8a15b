// deadline_queue.hpp: all deadlines of a loop in one indexed binary heap, so that removing one is as cheap as adding it
// and nothing stale is ever left behind.
#pragma once

#include <cstddef>
#include <vector>

#include "hoiku/async/time.hpp"

namespace hoiku::detail {

class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  TimePoint deadline() const noexcept { return at_; }

 protected:
  ~Deadline() = default;

 private:
  friend class DeadlineQueue;
  TimePoint at_ = never;
  std::size_t index_ = npos;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

class DeadlineQueue {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  TimePoint earliest() const noexcept { return heap_.empty() ? never : heap_.front()->at_; }

  // Adds, moves, or (for `never`) removes. True where the earliest deadline has moved forward.
  bool set(Deadline& entry, TimePoint at);
  void remove(Deadline& entry) noexcept;
  // Takes the earliest entry out, where it is due at `now`; its deadline() stays readable.
  Deadline* take_due(TimePoint now) noexcept;

 private:
  void put(std::size_t index, Deadline* entry) noexcept;
  void sift_up(std::size_t index) noexcept;
  void sift_down(std::size_t index) noexcept;
  std::vector<Deadline*> heap_;
};

}  // namespace hoiku::detail
