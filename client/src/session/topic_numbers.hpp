// topic_numbers.hpp: the numbers by which a session's writes name topics, once the broker was told the names.
//
// Thread     the loop's. Owner: Session.
// Limits     topic_numbers_max: then the topic that was numbered first gives its number to the next one.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "hoiku/proto/message.hpp"

namespace hoiku::client {

class TopicNumbers {
 public:
  // The topic's number; 0: the broker was not told it.
  std::uint32_t find(const std::string& topic) {
    if (topic == last_) return last_number_;
    const auto found = numbers_.find(topic);
    if (found == numbers_.end()) return 0;
    last_ = topic;
    last_number_ = found->second;
    return last_number_;
  }
  // Numbers a topic that has no number. The frame that is built tells the broker.
  std::uint32_t add(const std::string& topic) {
    if (names_.size() < proto::topic_numbers_max) {
      names_.push_back(topic);
      return number(topic, names_.size());
    }
    std::string& name = names_[next_];
    numbers_.erase(name);
    last_.clear();
    name = topic;
    const std::size_t place = next_;
    next_ = (next_ + 1) % names_.size();
    return number(topic, place + 1);
  }
  // A new session knows no numbers.
  void clear() {
    names_.clear();
    numbers_.clear();
    last_.clear();
    next_ = 0;
  }

 private:
  std::uint32_t number(const std::string& topic, std::size_t number) {
    numbers_.emplace(topic, static_cast<std::uint32_t>(number));
    return static_cast<std::uint32_t>(number);
  }

  std::vector<std::string> names_;  // by number, from 1
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::size_t next_ = 0;  // when all are given: the place in names_ of the one that goes next
  std::string last_;      // found last; empty: none
  std::uint32_t last_number_ = 0;
};

}  // namespace hoiku::client
