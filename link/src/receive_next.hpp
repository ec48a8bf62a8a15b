// receive_next.hpp: how a client's end waits for a frame, whatever carries it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "hoiku/async/event.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/async/task.hpp"

namespace hoiku::link {

// Waits until link.try_receive() returns a frame or throws. `readable` is notified when it may.
template <class AnyLink>
Task<std::string> receive_next(AnyLink& link, Signal& readable) {
  // A checkpoint even if a frame has arrived: a task that receives in a loop must let others run, and notice its end.
  co_await checkpoint();
  for (;;) {
    std::optional<std::string> frame = link.try_receive();
    if (frame) co_return std::move(*frame);
    co_await readable.wait();
  }
}

}  // namespace hoiku::link
