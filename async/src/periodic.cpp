#include "hoiku/async/periodic.hpp"

#include <stdexcept>

#include "hoiku/async/sleep.hpp"

namespace hoiku {

Periodic::Periodic(Duration period, Rhythm rhythm) : period_(period), rhythm_(rhythm) {
  if (period <= Duration::zero()) throw std::invalid_argument("periodic: the period must be greater than zero");
}

Task<Round> Periodic::next() {
  const TimePoint at = due();
  co_await sleep_until(at);
  co_return begin(now());
}

TimePoint Periodic::due() const {
  if (!number_) return now();
  if (rhythm_ == fixed_delay) return saturating_add(now(), period_);
  // Counts from the time of the first round, so that lateness does not add up. The product is at most one period beyond
  // now, since the latest round is past.
  const Duration behind = period_ * static_cast<Duration::rep>(*number_);
  return saturating_add(saturating_add(first_, behind), period_);
}

Round Periodic::begin(TimePoint at) {
  Round round;
  if (!number_) {
    first_ = at;
  } else {
    const auto newest = static_cast<std::uint64_t>((at - first_) / period_);
    round.number = rhythm_ == fixed_rate ? newest : *number_ + 1;
    round.missed = round.number - *number_ - 1;
    round.elapsed = at - first_;
    round.since_last = at - last_;
  }
  missed_ += round.missed;
  number_ = round.number;
  last_ = at;
  return round;
}

}  // namespace hoiku
