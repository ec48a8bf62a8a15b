// swap_remove.hpp: removes an element from a vector in constant time: the last one moves to its place.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace hoiku::broker {

// Elements are pointers to objects that know their own place, in the member `Place`.
template <auto Place, class Pointer>
void swap_remove(std::vector<Pointer>& list, std::size_t place) noexcept {
  if (place + 1 < list.size()) {
    list[place] = std::move(list.back());
    auto& moved = (*list[place]).*Place;
    moved = static_cast<std::remove_reference_t<decltype(moved)>>(place);
  }
  list.pop_back();
}

}  // namespace hoiku::broker
