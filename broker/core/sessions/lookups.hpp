// lookups.hpp: looks up states, and pages of topics and of readers, at the moment a frame is built.
//
// Promises   a page has at least one row if any is left, and says where the next page begins.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Limits     list_rows_max, list_steps_max and the turn's budget for a page.
#pragma once

#include <string>
#include <string_view>

#include "broker/core/outbox/frame_draft.hpp"
#include "broker/core/readers/catch_up.hpp"
#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_states.hpp"
#include "broker/core/turn_budget.hpp"
#include "broker/core/waits/waits.hpp"

namespace hoiku::broker {

class Lookups final : public StateSource {
 public:
  Lookups(const Limits& limits, TopicTable& topics, const TopicStates& states, const Schemas& schemas,
          const Subscriptions& subscriptions, const Waits& waits, const SessionTable& sessions, CatchUp& catch_up,
          TurnBudget& budget, const Instant& now)
      : limits_(limits),
        topics_(topics),
        states_(states),
        schemas_(schemas),
        subscriptions_(subscriptions),
        waits_(waits),
        sessions_(sessions),
        catch_up_(catch_up),
        budget_(budget),
        now_(now) {}

  State committed(TopicId topic) const override { return states_.committed(topic); }
  std::span<const State> past_after(TopicId topic, std::uint64_t number) const override {
    return states_.past_after(topic, number);
  }
  proto::Answer look_up(const proto::Lookup& lookup, std::size_t page_bytes_max) override;
  FilterScan find_next_match(const Slot& slot, std::size_t steps_max) override {
    return catch_up_.find_next_match(slot, steps_max);
  }
  TimePoint time() const override { return now_.monotonic; }

 private:
  proto::GetDone look_up(const proto::Get& get) const;
  proto::SchemaDone look_up(const proto::GetSchema& schema) const;
  proto::ListDone page(const proto::List& list, std::size_t bytes_max);
  // Readers are listed in the order in which their subscriptions were opened; the cursor is a place in it.
  proto::ReadersDone page(const proto::ListReaders& list, std::size_t bytes_max);
  proto::ReaderRow row_of(const Subscription& subscription) const;

  const Limits& limits_;
  TopicTable& topics_;
  const TopicStates& states_;
  const Schemas& schemas_;
  const Subscriptions& subscriptions_;
  const Waits& waits_;
  const SessionTable& sessions_;
  CatchUp& catch_up_;
  TurnBudget& budget_;
  const Instant& now_;
};

}  // namespace hoiku::broker
