// newcomers.hpp: the connections that have not sent a frame yet. Anybody can open them, so they are counted.
//
// Promises   pure. If there are too many, the oldest makes room: a client sends its first frame within milliseconds, so
//            those that wait longest mean nothing good. One address cannot take the room of the others.
// Owner      a broker's end of the link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace hoiku::link::zmtp {

class Newcomers {
 public:
  Newcomers(std::size_t in_all_max, std::size_t of_an_address_max) noexcept
      : in_all_max_(in_all_max), of_an_address_max_(of_an_address_max) {}

  // Adds a connection. Returns the number of another one that has to be closed for it, and is removed here; or nothing.
  std::optional<std::uint64_t> add(std::uint64_t number, const std::string& address);
  // Removes a connection, if it is here: it has sent a frame, or has ended.
  void remove(std::uint64_t number);

  std::size_t size() const noexcept { return by_number_.size(); }

 private:
  struct Newcomer {
    std::uint64_t number = 0;
    std::string address;
  };
  // Oldest first.
  using InOrder = std::list<Newcomer>;
  using OfAnAddress = std::list<std::uint64_t>;
  struct Place {
    InOrder::iterator in_order;
    OfAnAddress::iterator of_an_address;
  };

  const std::size_t in_all_max_;
  const std::size_t of_an_address_max_;
  InOrder in_order_;
  std::unordered_map<std::string, OfAnAddress> by_address_;
  std::unordered_map<std::uint64_t, Place> by_number_;
};

}  // namespace hoiku::link::zmtp
