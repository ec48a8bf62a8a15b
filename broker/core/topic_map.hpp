// topic_map.hpp: one element for each topic that has one, by the topic's number. A look-up reads one place of an array.
//
// Promises   an element has one address from its insertion until take() or erase(), whatever is inserted meanwhile.
// Thread     the core's. Owner: the module that uses it.
// Limits     topic numbers are dense (topic_table.hpp): the array is as long as the table was at its fullest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "broker/core/types.hpp"

namespace hoiku::broker {

// `Pointer` is T* if somebody else owns the elements.
template <class T, class Pointer = std::unique_ptr<T>>
class TopicMap {
 public:
  // nullptr: the topic has none.
  T* find(TopicId topic) const noexcept { return index_of(topic) < elements_.size() ? raw(topic) : nullptr; }
  T& operator[](TopicId topic) const noexcept { return *raw(topic); }  // of a topic that has one
  bool contains(TopicId topic) const noexcept { return find(topic) != nullptr; }

  T& find_or_create(TopicId topic) {
    if (T* found = find(topic)) return *found;
    return insert(topic, std::make_unique<T>());
  }
  // The topic has none.
  T& insert(TopicId topic, Pointer element) {
    if (index_of(topic) >= elements_.size()) elements_.resize(index_of(topic) + 1);
    elements_[index_of(topic)] = std::move(element);
    return *raw(topic);
  }
  // The topic has one.
  Pointer take(TopicId topic) noexcept { return std::exchange(elements_[index_of(topic)], nullptr); }
  void erase(TopicId topic) noexcept { take(topic); }

  // Every element's number is less than this.
  std::uint32_t end() const noexcept { return static_cast<std::uint32_t>(elements_.size()); }

 private:
  static std::size_t index_of(TopicId topic) noexcept { return static_cast<std::size_t>(topic); }
  T* raw(TopicId topic) const noexcept {
    if constexpr (std::is_pointer_v<Pointer>) {
      return elements_[index_of(topic)];
    } else {
      return elements_[index_of(topic)].get();
    }
  }

  std::vector<Pointer> elements_;  // null: the topic has none
};

}  // namespace hoiku::broker
