// topic_numbers.hpp: the numbers by which writes name their topics. A session tells the broker what a number means when
// it uses it first.
//
// Thread     the loop's. Owner: Session.
// Limits     topic_numbers_max topics; the writes of others are sent with their names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "hoiku/proto/message.hpp"
#include "hoiku/proto/size.hpp"

namespace hoiku::client {

class TopicNumbers {
 public:
  // The topic's number, which stays; 0: there is none left.
  std::uint32_t number_of(const std::string& topic) {
    if (topic == last_ && last_number_ != 0) return last_number_;
    const auto [found, is_new] = numbers_.try_emplace(topic, static_cast<std::uint32_t>(topics_.size() + 1));
    if (is_new && topics_.size() == proto::topic_numbers_max) {
      numbers_.erase(found);
      return 0;
    }
    if (is_new) topics_.push_back(Numbered{topic, false});
    last_ = topic;
    last_number_ = found->second;
    return last_number_;
  }
  const std::string& name_of(std::uint32_t number) const { return topics_[number - 1].name; }
  // Adds the names that this session's broker was not told, of the topics of `sets`: it will be told now.
  void tell(proto::Sets& sets) {
    for (const std::uint32_t number : sets.topics) {
      Numbered& topic = topics_[number - 1];
      if (topic.is_told) continue;
      topic.is_told = true;
      sets.names.push_back({number, topic.name});
    }
  }
  // An upper bound of what tell() adds.
  std::size_t untold_bytes(const proto::Sets& sets) const {
    std::vector<std::uint32_t> untold;
    std::size_t bytes = 0;
    for (const std::uint32_t number : sets.topics) {
      const Numbered& topic = topics_[number - 1];
      if (topic.is_told || std::find(untold.begin(), untold.end(), number) != untold.end()) continue;
      untold.push_back(number);
      bytes += topic.name.size() + proto::item_bytes_min;
    }
    return bytes;
  }
  // A new session was told nothing.
  void begin_session() noexcept {
    for (Numbered& topic : topics_) topic.is_told = false;
  }

 private:
  struct Numbered {
    std::string name;
    bool is_told = false;
  };
  std::vector<Numbered> topics_;  // by number, from 1
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::string last_;  // asked for last
  std::uint32_t last_number_ = 0;
};

}  // namespace hoiku::client
