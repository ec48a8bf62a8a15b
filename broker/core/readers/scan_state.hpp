// scan_state.hpp: how far a subscription was attached to the topics that it reads.
#pragma once

#include <cstddef>

#include "broker/core/types.hpp"

namespace hoiku::broker {

class ScanState {
 public:
  void begin() noexcept { running_ = true; }
  bool is_running() const noexcept { return running_; }
  // Topics at places before this one in the topic table were attached by the scan.
  std::size_t position() const noexcept { return position_; }
  void advance(std::size_t position) noexcept { position_ = position; }
  // The scan will reach this topic later. Topics at places that it has passed are attached when they are created or
  // restored.
  bool awaits(TopicId topic) const noexcept { return running_ && static_cast<std::size_t>(topic) >= position_; }
  void end() noexcept { running_ = false; }

 private:
  bool running_ = false;
  std::size_t position_ = 0;
};

}  // namespace hoiku::broker
