#include "hoiku/proto/run_reader.hpp"

#include <utility>

namespace hoiku::proto {
namespace {

// A broker may send any steps: their sum may wrap around.
WallTime after(WallTime time, std::chrono::microseconds step) noexcept {
  const auto sum =
      static_cast<std::uint64_t>(time.time_since_epoch().count()) + static_cast<std::uint64_t>(step.count());
  return WallTime(std::chrono::microseconds(static_cast<std::int64_t>(sum)));
}

}  // namespace

RunReader::RunReader(Run run, std::string_view topic, std::uint64_t epoch) noexcept
    : run_(std::move(run)), changes_(run_.changes) {
  current_.topic = topic;
  current_.version = {epoch, run_.number};
  current_.revision = run_.revision;
  current_.changed_at = run_.changed_at;
  current_.writer = run_.writer;
}

const TransitionView* RunReader::next() noexcept {
  const std::optional<Change> change = changes_.next();
  if (!change) return nullptr;
  if (!std::exchange(is_first_, false)) {
    ++current_.version.number;
    current_.revision += change->revision_step;
    current_.changed_at = after(current_.changed_at, change->time_step);
    if (change->writer) current_.writer = *change->writer;
  }
  current_.value = change->value;
  current_.quality = change->quality;
  current_.source_time = change->source_time;
  return &current_;
}

}  // namespace hoiku::proto
