// acknowledgement.hpp: when to tell the broker which of its frames have come.
//
// An acknowledgement costs the broker a turn, and nobody waits for it: it travels with the next frame. If there is
// none, it leaves alone after 20 ms, or earlier when a quarter of the broker's window is used up, so that the broker
// never waits for it.
//
// Promises   pure. Owner: Session.
#pragma once

#include <cstddef>

#include "hoiku/async/time.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::client {

class Acknowledgement {
 public:
  static constexpr Duration wait_max = proto::acknowledgement_delay;
  // The broker stops after 32 frames or, by default, 1 MiB. An operator may have set less.
  static constexpr int frames_max = 8;
  static constexpr std::size_t bytes_max = 16'384;

  void received(std::size_t frame_bytes, TimePoint now) noexcept {
    if (frames_ == 0) due_ = saturating_add(now, wait_max);
    ++frames_;
    bytes_ += frame_bytes;
    if (frames_ >= frames_max || bytes_ >= bytes_max) due_ = now;
  }
  // An acknowledgement of all that was received has left, or nobody wants one.
  void clear() noexcept { *this = {}; }

  // Returns when to send it at the latest; never: there is nothing to acknowledge.
  TimePoint due() const noexcept { return due_; }

 private:
  TimePoint due_ = never;
  int frames_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace hoiku::client
