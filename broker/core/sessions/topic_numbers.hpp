// topic_numbers.hpp: what the numbers of topics mean in one session.
//
// Thread     the core's. Owner: Session.
// Limits     topic_numbers_max names; each is shared with its topic as long as that is known.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "broker/core/shared_text.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

struct NumberedTopic {
  SharedText name;
  TopicId id{};             // when the number was given
  std::uint64_t epoch = 0;  // of the topic with that id; another one has another epoch. 0: there was no such topic
};

class TopicNumbers {
 public:
  // `number`: from 1 to topic_numbers_max.
  void give(std::uint32_t number, NumberedTopic topic) {
    if (number > topics_.size()) topics_.resize(number);
    topics_[number - 1] = std::move(topic);
  }
  // nullptr: the number means nothing.
  NumberedTopic* find(std::uint32_t number) noexcept {
    if (number == 0 || number > topics_.size() || !topics_[number - 1]) return nullptr;
    return &*topics_[number - 1];
  }

 private:
  std::vector<std::optional<NumberedTopic>> topics_;  // by number, from 1
};

}  // namespace hoiku::broker
