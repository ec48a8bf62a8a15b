#include "tests/sim/players/core_host.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "hoiku/async.hpp"
#include "hoiku/proto/codec.hpp"

namespace hoiku::model {
namespace {

using namespace std::chrono_literals;

broker::Instant instant() {
  // The calendar time is only recorded, so any will do.
  return {now(), WallTime(std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()))};
}

}  // namespace

Task<> host(broker::Core& core, link::ServerLink& link, HostHooks hooks) {
  std::set<std::uint64_t> full;
  std::optional<TimePoint> retry_at;
  for (;;) {
    co_await hooks.before_turn();
    while (auto input = link.try_receive()) {
      const broker::PeerId peer{input->peer};
      if (!input->frame) {
        core.disconnected(peer, instant());
        full.erase(input->peer);
        continue;
      }
      auto frame = proto::decode_client_frame(*input->frame);
      if (frame) {
        core.receive(peer, std::move(*frame), instant());
      } else {
        core.refuse(peer, frame.failure(), instant());
      }
    }
    core.advance(instant());
    const auto records = core.take_records();
    for (const broker::Record& record : records) hooks.on_record(record);
    if (!records.empty()) core.committed(records.back().sequence, instant());
    hooks.before_output();
    if (retry_at && *retry_at <= now()) {
      for (const std::uint64_t peer : full) core.writable(broker::PeerId{peer});
      full.clear();
      retry_at.reset();
    }
    while (const auto out = core.take_output(instant())) {
      const auto peer = static_cast<std::uint64_t>(out->peer);
      if (link.try_send(peer, proto::encode(*out->frame)) != link::SendResult::full) continue;
      core.full(out->peer);
      full.insert(peer);
      if (!retry_at) retry_at = now() + 1ms;
    }
    core.take_events();

    const TimePoint next = std::min(core.next_deadline().value_or(never), retry_at.value_or(never));
    if (next == never) {
      co_await link.activity().wait();
    } else {
      co_await move_on_at(next, link.activity().wait());
    }
  }
}

}  // namespace hoiku::model
