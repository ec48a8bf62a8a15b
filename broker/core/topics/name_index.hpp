// name_index.hpp: maps names to small numbers, by open addressing: eight bytes a place, no allocation per name.
//
// The user of the index keeps the names, and says in a callback whether a number has the name that is looked up. The
// hash is seeded, so that a peer cannot choose names that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace hoiku::broker {

class NameIndex {
 public:
  explicit NameIndex(std::uint64_t seed) : seed_(seed | 1) {}

  std::uint32_t hash(std::string_view name) const noexcept {
    std::uint64_t h = seed_ ^ (name.size() * k1);
    const char* p = name.data();
    std::size_t left = name.size();
    for (; left >= 8; p += 8, left -= 8) h = mix(h, load(p, 8));
    return static_cast<std::uint32_t>(mix(mix(h, load(p, left)), seed_) >> 32);
  }

  template <class IsName>
  std::optional<std::uint32_t> find(std::uint32_t hash, IsName&& is_name) const {
    if (places_.empty()) return std::nullopt;
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Place& place = places_[at];
      if (place.number == 0) return std::nullopt;
      if (place.hash == hash && is_name(place.number - 1)) return place.number - 1;
    }
  }

  // `number` must not be in the index, and less than 2^32 - 1.
  void insert(std::uint32_t hash, std::uint32_t number) {
    if ((size_ + 1) * 4 > places_.size() * 3) grow();
    put({hash, number + 1});
    ++size_;
  }

  // Closes the gap of the erased place, so there are no tombstones.
  void erase(std::uint32_t hash, std::uint32_t number) noexcept {
    if (places_.empty()) return;
    std::size_t gap = hash & mask();
    while (places_[gap].number != number + 1) {
      if (places_[gap].number == 0) return;
      gap = (gap + 1) & mask();
    }
    for (std::size_t at = (gap + 1) & mask(); places_[at].number != 0; at = (at + 1) & mask()) {
      const std::size_t home = places_[at].hash & mask();
      // An entry may move into the gap only if a search from its home place still finds it there.
      if (((at - home) & mask()) < ((at - gap) & mask())) continue;
      places_[gap] = places_[at];
      gap = at;
    }
    places_[gap] = {};
    --size_;
  }

  std::size_t size() const noexcept { return size_; }

 private:
  struct Place {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;  // plus one; 0: free
  };
  static constexpr std::uint64_t k1 = 0x9E3779B97F4A7C15u;  // an odd constant with well spread bits

  static std::uint64_t load(const char* p, std::size_t bytes) noexcept {
    std::uint64_t word = 0;
    if (bytes > 0) std::memcpy(&word, p, bytes);
    return word;
  }
  std::uint64_t mix(std::uint64_t h, std::uint64_t word) const noexcept {
    h = (h ^ word) * k1;
    h ^= h >> 29;
    h = (h + seed_) * 0xD6E8FEB86659FD93u;
    return h ^ (h >> 32);
  }
  std::size_t mask() const noexcept { return places_.size() - 1; }
  void put(Place place) noexcept {
    std::size_t at = place.hash & mask();
    while (places_[at].number != 0) at = (at + 1) & mask();
    places_[at] = place;
  }
  void grow() {
    std::vector<Place> old(places_.empty() ? 16 : places_.size() * 2);
    old.swap(places_);
    for (const Place& place : old) {
      if (place.number != 0) put(place);
    }
  }

  std::uint64_t seed_;
  std::vector<Place> places_;
  std::size_t size_ = 0;
};

}  // namespace hoiku::broker
