#include "link/src/zmtp/newcomers.hpp"

namespace hoiku::link::zmtp {

std::optional<std::uint64_t> Newcomers::add(std::uint64_t number, const std::string& address) {
  std::optional<std::uint64_t> oldest;
  const auto of_address = by_address_.find(address);
  if (of_address != by_address_.end() && of_address->second.size() >= of_an_address_max_)
    oldest = of_address->second.front();
  else if (by_number_.size() >= in_all_max_)
    oldest = in_order_.front().number;
  if (oldest) remove(*oldest);

  OfAnAddress& same_address = by_address_[address];
  by_number_.emplace(number, Place{in_order_.insert(in_order_.end(), Newcomer{number, address}),
                                   same_address.insert(same_address.end(), number)});
  return oldest;
}

void Newcomers::remove(std::uint64_t number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return;
  const auto of_address = by_address_.find(found->second.in_order->address);
  of_address->second.erase(found->second.of_an_address);
  if (of_address->second.empty()) by_address_.erase(of_address);
  in_order_.erase(found->second.in_order);
  by_number_.erase(found);
}

}  // namespace hoiku::link::zmtp
