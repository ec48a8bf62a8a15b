#include "services/socket_sensor/audience.hpp"

namespace hoiku::services {

Seat::Seat(Audience& audience) : audience_(audience) { audience_.seats_.push_back(this); }

Seat::~Seat() { std::erase(audience_.seats_, this); }

Task<std::optional<int>> Seat::next() {
  while (unheard_.empty() && !fell_behind_ && !audience_.ended_) co_await news_.wait();
  if (fell_behind_ || unheard_.empty()) co_return std::nullopt;
  const int digit = unheard_.front();
  unheard_.pop_front();
  co_return digit;
}

void Audience::say(int digit) {
  for (Seat* seat : seats_) {
    if (seat->fell_behind_) continue;
    if (seat->unheard_.size() < behind_max_) {
      seat->unheard_.push_back(digit);
    } else {
      seat->unheard_.clear();
      seat->fell_behind_ = true;
    }
    seat->news_.notify();
  }
}

void Audience::end() {
  ended_ = true;
  for (Seat* seat : seats_) seat->news_.notify();
}

}  // namespace hoiku::services
