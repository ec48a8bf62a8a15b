// scan_state.hpp: how far a subscription was attached to the topics that it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "broker/core/types.hpp"

namespace hoiku::broker {

class ScanState {
 public:
  // `remembers_unset`: the reader resumes, so removed topics are sent as unset at the end of the scan.
  void begin(bool remembers_unset) noexcept {
    running_ = true;
    remembers_unset_ = remembers_unset;
  }
  bool is_running() const noexcept { return running_; }
  // Topics at places before this one in the topic table were attached by the scan.
  std::size_t position() const noexcept { return position_; }
  void advance(std::size_t position) noexcept { position_ = position; }
  // From now on every topic is attached when it is created.
  void reach_end() noexcept { position_ = static_cast<std::size_t>(-1); }
  // The scan will reach this topic later. Topics at places that it has passed are attached when they are created.
  bool awaits(TopicId topic) const noexcept { return running_ && static_cast<std::size_t>(topic) >= position_; }
  void end() noexcept {
    running_ = remembers_unset_ = false;
    unset_already_sent_.clear();
  }

  // Remembers that the reader was sent an unset state, so that the scan of removed topics does not send it again.
  void remember_if_unset(const Transition& sent) {
    if (remembers_unset_ && sent.value.is_null()) unset_already_sent_.insert_or_assign(sent.topic, sent.revision);
  }
  bool was_sent(const Transition& unset) const {
    const auto sent = unset_already_sent_.find(unset.topic);
    return sent != unset_already_sent_.end() && sent->second >= unset.revision;
  }

 private:
  bool running_ = false;
  bool remembers_unset_ = false;
  std::size_t position_ = 0;
  std::unordered_map<std::string, std::uint64_t> unset_already_sent_;  // topic name to revision
};

}  // namespace hoiku::broker
