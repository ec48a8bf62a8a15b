// topic_life.hpp: creates topics when they are first named, removes unused ones, and restores them when they are named
// again.
//
// Promises   a topic is removed only if it is unset, has no pending write, no owner and no declarer, nothing waits
//            for it, no reader names it, and every reader of a pattern has been sent its last state. As long as it is
//            remembered, nobody can tell by its versions and its history that it was removed.
// Thread     the core's. Owner: Core; the tables are kept by reference.
#pragma once

#include <string_view>

#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/sessions/effects.hpp"
#include "broker/core/sessions/session.hpp"
#include "broker/core/topics/declarations.hpp"
#include "broker/core/topics/history.hpp"
#include "broker/core/topics/leases.hpp"
#include "broker/core/topics/topic_pins.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/types.hpp"
#include "broker/core/waits/waits.hpp"
#include "hoiku/proto/error.hpp"

namespace hoiku::broker {

class TopicLife {
 public:
  TopicLife(TopicTable& topics, Histories& histories, Subscriptions& subscriptions, const Waits& waits,
            const Leases& leases, Declarations& declarations, const TopicPins& pins)
      : topics_(topics),
        histories_(histories),
        subscriptions_(subscriptions),
        waits_(waits),
        leases_(leases),
        declarations_(declarations),
        pins_(pins) {}

  // Finds, creates or restores a topic. The caller applies the effects: sessions that are sent something, and
  // subscriptions whose sessions would read too many topics with another one. Errors: those of TopicTable::create().
  Result<TopicId> find_or_create(std::string_view name, Effects& effects);
  // Does not forget a removed topic until remove_if_unused() finds that its readers were sent its last state.
  void hold(TopicId topic) noexcept { topics_.hold(topic); }
  // Lets a removed topic go. Takes back the declaration of one that is unset and not owned, if no session is left that
  // has declared it.
  void remove_if_unused(TopicId topic);

  // The session no longer declares the topic. The caller removes the topic if it is unused now.
  void withdraw(Session& session, TopicId topic);
  // Takes the topic's declaration back.
  void undeclare(TopicId topic);

 private:
  void restore(TopicId topic, Effects& effects);
  void let_go(TopicId topic);
  void forget_surplus();

  TopicTable& topics_;
  Histories& histories_;
  Subscriptions& subscriptions_;
  const Waits& waits_;
  const Leases& leases_;
  Declarations& declarations_;
  const TopicPins& pins_;
};

}  // namespace hoiku::broker
