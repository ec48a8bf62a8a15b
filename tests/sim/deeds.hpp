// deeds.hpp: what the clients of the Bus's histories did, by kind: so a test notices a kind that no history does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace hoiku::model {

// Deeds that succeeded, and were judged.
enum class Deed : std::uint8_t {
  set,
  set_of_another_type,
  compare_and_set,
  set_if_unset,
  update,
  commit,
  post,
  flush,
  unset,
  unset_if_version,
  unset_while_owned,
  unset_while_declared,
  own,
  take_over,
  declare,
  undeclare,
  refused_post,
  refused_write,
  too_large_write,
  wait_value,
  wait_for_a_hold,
  wait_transition,
  read_topic,
  read_composite,
  watch,
  watch_filtered,
  watch_every,
  follow,
  list,
  list_readers,
  watch_broker,
  get_of_broker,
  set_message,
  wait_for_a_field,
  watch_fields,
  schema,
  count,  // of all kinds
};

// For people, in the order of Deed.
inline constexpr std::array deed_names{
    "set",
    "set of another type",
    "set with if_version",
    "set with if_version 0",
    "update",
    "commit",
    "post",
    "flush",
    "unset",
    "unset with if_version",
    "unset of an owned topic",
    "unset of a declared topic",
    "own",
    "take over",
    "declare",
    "undeclare",
    "post that is refused",
    "write that is refused for its type",
    "write that is too large",
    "wait for a value",
    "wait for a hold",
    "wait for a transition",
    "read a topic",
    "read a composite",
    "watch a pattern",
    "watch with a filter",
    "watch every transition of a pattern",
    "follow a topic",
    "list",
    "list readers",
    "watch topics of the broker",
    "get a topic of the broker",
    "set a message",
    "wait for a condition on a field",
    "watch with a filter on a field",
    "ask for a schema",
};
static_assert(deed_names.size() == static_cast<std::size_t>(Deed::count));

class Deeds {
 public:
  void did(Deed deed) { ++counts_.at(static_cast<std::size_t>(deed)); }
  void add(const Deeds& others) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += others.counts_[i];
  }
  std::uint64_t total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }
  // Returns the names of the kinds that did not happen.
  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] == 0) names.emplace_back(deed_names.at(i));
    }
    return names;
  }
  // Returns a line for each kind.
  std::string describe() const {
    std::string text;
    for (std::size_t i = 0; i < counts_.size(); ++i)
      text += std::string(deed_names.at(i)) + ": " + std::to_string(counts_[i]) + "\n";
    return text;
  }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Deed::count)> counts_{};
};

}  // namespace hoiku::model
