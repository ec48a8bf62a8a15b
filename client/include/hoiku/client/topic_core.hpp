// topic_core.hpp: what a topic can do, without its type. The typed handles are thin templates over this.
//
// Every coroutine here takes its arguments by value: it may be awaited long after its handle was destroyed. What makes
// one is a plain function, which throws std::logic_error at once on a thread that does not run the Bus's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hoiku/async/task.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/client/options.hpp"
#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/transition.hpp"

namespace [[gnu::visibility("default")]] hoiku {

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

// Without a connection these wait for one; they can be cancelled.
Task<Version> set_topic(TopicCore topic, Value next, SetOptions options);
Task<Version> update_topic(TopicCore topic, std::function<Value(const Value&)> next_of);
Task<TransitionPtr> get_topic(TopicCore topic);  // never null; version.number 0: not set
Task<TransitionPtr> wait_topic(TopicCore topic, std::optional<Predicate> predicate, Duration hold);

// A write that no task awaits.
void post_topic(const TopicCore& topic, Value next, const PostOptions& options);

// The latest transition of each of some topics, in their order. Null: it has not arrived. A null value: the topic is
// unset.
using Members = std::vector<TransitionPtr>;
// Called at each transition that arrives, once every required member is there. What it throws is the waiter's error.
using MembersTest = std::function<bool(const Members&)>;

bool is_set(const TransitionPtr& member) noexcept;

// The state that a member must have before a test is called.
enum class Required : unsigned char {
  set,      // a value
  known,    // a state, which may be "not set"
  anything  // it may be null
};

// How a reader uses the quality of a member.
enum class QualityUse : unsigned char {
  none,   // a hold needs a live value
  named,  // by the condition, which alone decides whether a hold goes on
  shown   // also by the reader: a change of the quality is a new state
};

struct MemberUse {
  Required required = Required::set;
  QualityUse quality = QualityUse::none;
};
bool have_required(const Members& members, const std::vector<MemberUse>& uses) noexcept;

// A `latest` subscription to 1..64 topics, evaluated in the client. Subscribed while the object lives.
class StateReader {
 public:
  // Without a test everything matches, and a hold means: unchanged for that long. The hold counts from when the
  // transition arrived here, and starts again if versions in between were skipped. `uses` has one entry for each topic.
  // `interval`, for one topic only: the broker sends at most one state in this time.
  StateReader(BusPtr bus, std::vector<std::string> topics, std::vector<MemberUse> uses, MembersTest test, Duration hold,
              Duration interval = Duration(0));
  ~StateReader();
  StateReader(const StateReader&) = delete;
  StateReader& operator=(const StateReader&) = delete;

  // Waits for a state that matches, has been held, and differs from the one returned last.
  Task<Members> next();
  // Waits for the first state that matched; with a hold, returns the latest one when the hold was complete.
  Task<Members> first();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

Task<Members> wait_state(BusPtr bus, std::vector<std::string> topics, std::vector<MemberUse> uses, MembersTest test,
                         Duration hold);

}  // namespace detail
}  // namespace hoiku
