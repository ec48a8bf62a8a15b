// topic_core.hpp: what a topic can do, without its type. The typed handles are thin templates over this.
//
// Every coroutine here takes its arguments by value: it may be awaited long after the handle that it came from is gone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hoiku/async/task.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/transition.hpp"

namespace hoiku {

using TransitionPtr = std::shared_ptr<const Transition>;

namespace client {
class BusCore;
}

namespace detail {

using BusPtr = std::shared_ptr<client::BusCore>;

// One topic of one bus.
class TopicCore {
 public:
  TopicCore(BusPtr bus, std::string name)
      : bus_(std::move(bus)), name_(std::make_shared<const std::string>(std::move(name))) {}
  const BusPtr& bus() const noexcept { return bus_; }
  const std::string& name() const noexcept { return *name_; }

 private:
  BusPtr bus_;
  std::shared_ptr<const std::string> name_;
};

// While there is no connection these wait for it, cancellably.
Task<Version> set_topic(TopicCore topic, Value next, std::optional<Version> if_version);
Task<Version> update_topic(TopicCore topic, std::function<Value(const Value&)> next_of);
Task<TransitionPtr> get_topic(TopicCore topic);  // never null; version.number 0: not set
Task<TransitionPtr> wait_topic(TopicCore topic, std::optional<Predicate> predicate, Duration hold);

// A write that nobody awaits.
void post_topic(const TopicCore& topic, Value next, bool latest_only);

// The newest transition of each of some topics, in their order. Null: it has not arrived; a null value: it is not set.
using Members = std::vector<TransitionPtr>;
// Called when each member is set, at each change that arrives. May throw: that is the error of whoever waits.
using MembersTest = std::function<bool(const Members&)>;

bool is_set(const TransitionPtr& member) noexcept;

// What is required of a member before a test is asked.
enum class Required : unsigned char {
  set,      // a value
  known,    // a state, which may be "not set"
  anything  // it may be null
};
bool have_required(const Members& members, const std::vector<Required>& wanted) noexcept;

// A `latest` subscription to 1..64 topics, evaluated here. Subscribed when it is made, gone with the object.
class StateReader {
 public:
  // Without a test everything matches, and a hold means: unchanged for that long. The hold is counted from when the
  // change arrived here; where versions in between were skipped, anew.
  // `required`: one for each topic. `interval`, of one topic: the broker sends at most one state in so long a time.
  StateReader(BusPtr bus, std::vector<std::string> topics, std::vector<Required> required, MembersTest test,
              Duration hold, Duration interval = Duration(0));
  ~StateReader();
  StateReader(const StateReader&) = delete;
  StateReader& operator=(const StateReader&) = delete;

  // The present state, when it matches (held as long as it must be) and differs from the one given last.
  Task<Members> next();
  // The first state that arrived and matched; with a hold, the newest when the hold was complete.
  Task<Members> first();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

Task<Members> wait_state(BusPtr bus, std::vector<std::string> topics, std::vector<Required> required, MembersTest test,
                         Duration hold);

}  // namespace detail
}  // namespace hoiku
