// frame_stream.hpp: the two halves of a numbered stream of frames, the same at the client and at the broker.
//
// Each side numbers its frames 1, 2, 3 … for the life of the session and keeps each until the other side has
// acknowledged it. On a new connection it sends the kept frames again. So every frame is taken exactly once and in
// order, across cuts.
//
// Promises   pure: no clock, no input or output. A kept frame that another owner still reads is never changed.
// Thread     the owner's. Owner: a session.
// Limits     none of its own: the owner bounds what it appends, by size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <variant>

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

// The receiving half: decides which frames are new.
class ReceivedFrames {
 public:
  enum class Verdict : std::uint8_t { fresh, duplicate, gap };

  // Judges a frame by its number, which is never 0. Only `fresh` advances last().
  Verdict accept(std::uint64_t number) noexcept {
    if (number <= last_) return Verdict::duplicate;
    if (number != last_ + 1) return Verdict::gap;
    last_ = number;
    return Verdict::fresh;
  }
  std::uint64_t last() const noexcept { return last_; }  // the number to acknowledge

 private:
  std::uint64_t last_ = 0;
};

// The sending half. Frame has `connection_number`, `number` and `acknowledged`. `Cost` is what the owner wants back
// when a frame is acknowledged.
template <class Frame, class Cost = std::monostate>
class SentFrames {
 public:
  // Numbers `frame` and keeps it. next() will return it.
  void append(Frame frame, Cost cost = {}) {
    frame.number = ++last_;
    kept_.push_back(Kept{std::make_shared<Frame>(std::move(frame)), std::move(cost)});
  }

  // Whether a kept frame has not been sent on this connection.
  bool has_next() const noexcept { return next_ <= last_; }

  // The next such frame, with the connection number and acknowledgement of now. Requires has_next().
  std::shared_ptr<const Frame> next(std::uint64_t connection_number, std::uint64_t acknowledged) {
    std::shared_ptr<Frame>& frame = kept_[static_cast<std::size_t>(next_ - first())].frame;
    ++next_;
    if (frame->connection_number != connection_number || frame->acknowledged != acknowledged) {
      // The link may still be reading the copy for an earlier connection.
      if (frame.use_count() > 1) frame = std::make_shared<Frame>(*frame);
      frame->connection_number = connection_number;
      frame->acknowledged = acknowledged;
    }
    return frame;
  }

  // Makes the frame that next() has returned last the next one again, because it was not sent.
  void step_back() noexcept {
    if (next_ > first()) --next_;
  }

  // Begins a new connection: all kept frames are to be sent again.
  void rewind() noexcept { next_ = first(); }

  // Discards the frames up to `number`, which the other side has, and calls released(cost) for each. Returns false and
  // changes nothing if no frame with that number exists.
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
  std::size_t size() const noexcept { return kept_.size(); }  // kept frames, sent or not

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

}  // namespace proto
}  // namespace hoiku
