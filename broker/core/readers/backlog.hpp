// backlog.hpp: the dirty slots of an `every` subscription, and the credit by which they are sent.
//
// Promises   the subscription is queued in its session exactly while it has dirty slots and credit. With dirty slots
//            and no credit it is counted in the session's queue as out of credit.
// Thread     the core's. Owner: Subscription. The session's queue is kept by reference.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "broker/core/readers/slot.hpp"

namespace hoiku::broker {

class Backlog {
 public:
  // `unread`: transitions that the reader has from earlier sessions and has not taken; they count against the credit.
  Backlog(Subscription& subscription, DeliveryQueue& session, std::uint64_t credit, std::uint64_t unread)
      : session_(session), entry_(subscription), credit_(credit), untaken_(unread) {}

  // A slot has become dirty. True if the session had nothing to be sent before.
  bool add(Slot& slot) noexcept {
    slots_.push_back(slot);
    return update();
  }
  void remove(Slot& slot) noexcept {
    slots_.erase(slot);
    if (slots_.empty()) session_.erase(entry_);
    update();
  }
  // The slot that has waited longest. The backlog has a slot.
  Slot& next() const noexcept { return static_cast<Slot&>(*slots_.first()); }
  // A slot was sent something: moves it behind the others of the backlog, and the subscription behind the others of the
  // session. Removes a clean slot.
  void yield(Slot& slot) noexcept {
    session_.erase(entry_);
    slots_.erase(slot);
    if (slot.is_dirty()) slots_.push_back(slot);
    update();
  }

  bool has_credit() const noexcept { return untaken_ < credit_; }
  void spend() noexcept { ++untaken_; }  // for one transition that is sent
  // `taken`: all transitions that the reader has taken so far; more than it has cannot count. True: as for add().
  bool renew(std::uint64_t taken) noexcept {
    if (taken <= taken_) return false;
    const std::uint64_t renewed = std::min(taken - taken_, untaken_);
    taken_ += renewed;
    untaken_ -= renewed;
    return update();
  }

 private:
  bool update() noexcept {
    const bool out_of_credit = !slots_.empty() && !has_credit();
    if (out_of_credit != out_of_credit_) {
      out_of_credit_ = out_of_credit;
      session_.out_of_credit += out_of_credit ? 1 : std::size_t(-1);
    }
    if (out_of_credit || slots_.empty() || entry_.is_queued()) return false;
    const bool woken = session_.empty();
    session_.push_back(entry_);
    return woken;
  }

  DeliveryQueue& session_;
  SlotQueue slots_;
  QueueEntry entry_;         // stands for the subscription in the session's queue
  std::uint64_t credit_;     // transitions that the reader may have and not have taken
  std::uint64_t untaken_;    // those that it has
  std::uint64_t taken_ = 0;  // as reported by the reader
  bool out_of_credit_ = false;
};

}  // namespace hoiku::broker
