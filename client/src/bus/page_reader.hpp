// page_reader.hpp: asks the broker for a list, one page after the other.
//
// Promises   A cursor means nothing to another broker instance: if the instance has changed between two pages, the list
//            begins again.
// Thread     the loop's. Owner: the task or the handle that reads the list.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/proto/command_traits.hpp"

namespace hoiku::client {

// `Command` has a cursor, and its answer the next one.
template <class Command>
class PageReader {
 public:
  using Page = typename proto::CommandTraits<Command>::Answer;

  PageReader(detail::BusPtr core, Command command)
      : core_(std::move(core)), command_(std::move(command)), instance_id_(core_->instance_id()) {}

  const BusCore& core() const noexcept { return *core_; }
  // Whether the page that next() has returned last is the first one of the list: all before it are void.
  bool is_first() const noexcept { return is_first_; }

  // Returns the next page; after the last one nothing.
  Task<std::optional<Page>> next() {
    while (!complete_) {
      is_first_ = command_.cursor == 0;
      BusCore::Pending pending(*core_, command_);
      co_await pending.wait();
      auto page = pending.template take<Page>();
      if (core_->instance_id() != instance_id_) {
        instance_id_ = core_->instance_id();
        command_.cursor = 0;
        continue;
      }
      command_.cursor = page.next;
      complete_ = page.next == 0;
      co_return std::move(page);
    }
    co_return std::nullopt;
  }

 private:
  detail::BusPtr core_;
  Command command_;
  std::uint64_t instance_id_;
  bool is_first_ = true;
  bool complete_ = false;
};

}  // namespace hoiku::client
