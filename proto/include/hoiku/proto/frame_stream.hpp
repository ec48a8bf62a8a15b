// frame_stream.hpp: the two halves of a numbered stream of frames, the same at the client and at the broker.
//
// Each side numbers what it sends 1, 2, 3 … for the life of the session and keeps it until the other side has acknowledged
// it. A new connection sends what is kept again. So every frame is taken exactly once and in order, across cuts.
//
// Promises   pure: no clock, no input or output. A kept frame that somebody still holds is never changed.
// Thread     the owner's. Owner: a session.
// Limits     none of its own: the owner bounds what it appends, by size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <variant>

namespace hoiku::proto {

// The half that receives: which frames are new.
class ReceivedFrames {
 public:
  enum class Verdict : std::uint8_t { fresh, duplicate, gap };

  // A frame with a number (never 0) has arrived. Only `fresh` moves last().
  Verdict accept(std::uint64_t number) noexcept {
    if (number <= last_) return Verdict::duplicate;
    if (number != last_ + 1) return Verdict::gap;
    last_ = number;
    return Verdict::fresh;
  }
  std::uint64_t last() const noexcept { return last_; }  // to be acknowledged

 private:
  std::uint64_t last_ = 0;
};

// The half that sends. Frame has `incarnation`, `number` and `acknowledged`; `Cost` is what its owner wants to know of a
// frame when it is acknowledged.
template <class Frame, class Cost = std::monostate>
class SentFrames {
 public:
  // Gives `frame` the next number and keeps it; next() will send it.
  void append(Frame frame, Cost cost = {}) {
    frame.number = ++last_;
    kept_.push_back(Kept{std::make_shared<Frame>(std::move(frame)), std::move(cost)});
  }

  // Whether there is a frame that this connection has not been sent.
  bool has_next() const noexcept { return next_ <= last_; }

  // That frame, stamped with what is true now. To be called only where has_next().
  std::shared_ptr<const Frame> next(std::uint64_t incarnation, std::uint64_t acknowledged) {
    std::shared_ptr<Frame>& frame = kept_[static_cast<std::size_t>(next_ - first())].frame;
    ++next_;
    if (frame->incarnation != incarnation || frame->acknowledged != acknowledged) {
      // Somebody may still be reading the one that an earlier connection was sent.
      if (frame.use_count() > 1) frame = std::make_shared<Frame>(*frame);
      frame->incarnation = incarnation;
      frame->acknowledged = acknowledged;
    }
    return frame;
  }

  // What next() gave last was not taken: it is next again.
  void step_back() noexcept {
    if (next_ > first()) --next_;
  }

  // A new connection: everything that is kept is to be sent again.
  void rewind() noexcept { next_ = first(); }

  // The other side has everything up to `number`: those frames go, and released(cost) is called for each. False, and
  // nothing is changed, where no such frame was ever made.
  template <class Released>
  [[nodiscard]] bool acknowledge(std::uint64_t number, Released&& released) {
    if (number > last_) return false;
    while (!kept_.empty() && first() <= number) {
      const Kept gone = std::move(kept_.front());
      kept_.pop_front();
      released(gone.cost);
    }
    if (next_ < first()) next_ = first();
    return true;
  }
  [[nodiscard]] bool acknowledge(std::uint64_t number) {
    return acknowledge(number, [](const Cost&) {});
  }

  std::uint64_t last_number() const noexcept { return last_; }
  std::size_t size() const noexcept { return kept_.size(); }  // frames that are kept, sent or not

 private:
  struct Kept {
    std::shared_ptr<Frame> frame;
    Cost cost;
  };
  std::uint64_t first() const noexcept { return last_ - kept_.size() + 1; }

  std::deque<Kept> kept_;  // numbers first() .. last_
  std::uint64_t last_ = 0;
  std::uint64_t next_ = 1;
};

}  // namespace hoiku::proto
