// model.hpp: the state that the broker must have, computed again, slowly and plainly, by code that shares nothing with
// broker/ (it matches patterns by itself too, and meaning.hpp evaluates predicates). It takes commands in the order in
// which the broker received them, and knows every state that a topic ever had, and for each wait its answer and when
// that is due.
//
// It relies on one thing that docs/semantics.md leaves open: the revisions of an instance are its commits, counted 1,
// 2, 3 …
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/async/time.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::model {

// A state of a topic, between two of its commits. The first state of each topic is "never set".
struct State {
  std::uint64_t revision = 0;
  TimePoint at{};
  Value value;
  std::string writer;
  std::optional<WallTime> source_time = std::nullopt;
  std::optional<Version> version = std::nullopt;  // as the broker reported it first; it must not differ later
  Quality quality = Quality::live;
  // For a transition in a late turn: holds that were due between these two are judged after it.
  TimePoint holds_after{};
  TimePoint holds_before{};
};

struct Topic {
  std::vector<State> states{State{0, {}, {}, {}, {}, Version{}}};

  const State& newest() const { return states.back(); }
  // Returns the index of the state that was committed at `revision`.
  std::size_t index_at(std::uint64_t revision) const;
  const State& at(std::uint64_t revision) const { return states[index_at(revision)]; }
  // Returns the version of a state, even if it was never reported; the epoch is 0 as long as none was.
  Version version(std::size_t index) const;
};

// Returns the bytes of a value that the limit of values counts.
std::size_t bytes_of(const Value& value);

// Returns true if a pattern ('*' is one segment, '**' any number) matches a name. Only a pattern that begins with '$'
// matches names that do.
bool matches(std::string_view pattern, std::string_view name);

struct WaitAnswer {
  std::size_t state = 0;  // of the topic; unless there is an error
  TimePoint due{};
  std::optional<ErrorCode> error = std::nullopt;
};

// Returns when the broker silently cancels a wait whose client waits no longer; `never` if it was given no time. At
// that very instant it may still answer.
TimePoint forgotten_at(std::chrono::nanoseconds expires_after, TimePoint armed);

struct TransitionAnswer {
  std::size_t state = 0;  // of the topic: the match, or the one whose type the predicate is not about
  TimePoint due{};
  bool is_error = false;
};

class Model {
 public:
  // `forgets`: the broker remembers so few removed topics that histories see it forget them: then a topic that was
  // unset may begin anew. Otherwise its versions go on. `value_bytes_max` is the broker's limit.
  explicit Model(bool forgets = false, std::size_t value_bytes_max = Limits{}.value_bytes_max)
      : forgets_(forgets), value_bytes_max_(value_bytes_max) {}

  struct SetResult {
    std::optional<ErrorCode> error = std::nullopt;
    bool changed = false;
    std::size_t state = 0;  // the state of the topic now
  };
  using Owner = proto::SessionToken;
  SetResult set(const proto::Set& command, const Owner& by, const std::string& writer, TimePoint now);
  // Returns a result for each write, or one result with the error of all.
  std::vector<SetResult> commit(const proto::Commit& command, const Owner& by, const std::string& writer,
                                TimePoint now);

  // The turn that begins now is late: the broker has not looked since `since`, also not then.
  void begin_late_turn(TimePoint since, TimePoint now);
  void end_late_turn() { late_.reset(); }

  // ---- model_ownership.cpp: owners and deadlines of topics. The last wills of the histories are values.
  struct Lease {
    Owner owner{};
    proto::RequestId id = 0;
    Value last_will;
    std::string writer;
    std::optional<TimePoint> until;
  };
  struct OwnResult {
    std::optional<ErrorCode> error = std::nullopt;
    std::optional<Lease> lost = std::nullopt;  // by the previous owner
  };
  OwnResult own(const proto::Own& command, const Owner& by, const std::string& writer, TimePoint now);
  void release(const Owner& by, proto::RequestId lease, TimePoint now);
  void end_leases(const Owner& by, TimePoint now);  // its session has ended
  std::optional<ErrorCode> declare(const proto::Declare& command, const Owner& by, TimePoint now);
  struct UndeclareResult {
    std::optional<ErrorCode> error = std::nullopt;
    bool may_be_done = false;  // either is right
  };
  // `expires_now`: sessions that expire at this very instant. If only these have declared the topic beside `by`, they
  // count or they do not, as the broker looks first at the time or at its input.
  UndeclareResult undeclare(const proto::Undeclare& command, const Owner& by,
                            const std::function<bool(const Owner&)>& expires_now);
  // Sessions have ended: `has_expired` says which. A declaration ends when its topic is unset and not owned, and none
  // of the sessions is left that have declared it.
  // `expires_now`: sessions that expire at this very instant. If the topic of their declaration is unset and is set at
  // the same instant, the declaration has ended or has not, as the broker looks first at the time or at its input.
  void withdraw(const std::function<bool(const Owner&)>& has_expired,
                const std::function<bool(const Owner&)>& expires_now = {});

  // Judges a commit that the broker made without a command. Returns an empty text if it had to, otherwise what is
  // wrong. `ended` gets the leases that ended with it.
  // `expires_at`: when an owner's session expires, if its client stays silent.
  std::string judge_own_commit(const std::vector<Transition>& record,
                               const std::function<TimePoint(const Owner&)>& expires_at, TimePoint now,
                               std::vector<Lease>& ended);
  // The broker wrote its own topics, below $hoiku/. Returns an empty text if it may have, otherwise what is wrong. Its
  // commit came before those commands of this turn that have its revision or a later one here: they are counted anew.
  std::string judge_broker_topics(const std::vector<Transition>& record, TimePoint now);
  // Returns the names of the sessions that have a topic below $hoiku/sessions/ which is set, as far as the topics tell.
  std::vector<std::string> published_sessions() const;

  // Returns what the broker should have done by itself by the end of that instant; empty if nothing.
  std::string neglected(const std::function<bool(const Owner&)>& has_expired, TimePoint instant) const;

  // Returns the answer to a wait that was armed at `armed`, in the state of `revision`. Empty: none until now.
  std::optional<WaitAnswer> answer(const proto::Wait& wait, TimePoint armed, std::uint64_t revision,
                                   TimePoint now) const;

  // Returns the answer to a wait for a transition after the state with the index `behind`; empty if there is none yet.
  std::optional<TransitionAnswer> answer(const proto::WaitTransition& wait, TimePoint armed, std::size_t behind) const;

  // Returns true if the state with this index passes a filter; a value of another type does not.
  bool passes(const Predicate& filter, const std::string& topic, std::size_t state) const;

  // Returns true if the predicate is of the type of all values that the topic has had since this revision.
  bool fits(const Predicate& predicate, const std::string& topic, std::uint64_t since) const;

  // Returns the index of the state that a transition reports. Empty if there never was such a state: `why` says why.
  // `has_times`: it reports those of the change and of the source too.
  std::optional<std::size_t> recognise(const Transition& transition, std::string& why, bool has_times = true);

  bool forgets() const { return forgets_; }
  std::size_t value_bytes_max() const { return value_bytes_max_; }
  const Topic& topic(const std::string& name) const;
  const std::map<std::string, Topic>& topics() const { return topics_; }
  std::uint64_t revision() const { return revision_; }
  // Returns the revision at the beginning of the instant `now`: commands of one instant have no order between sessions.
  std::uint64_t revision_before(TimePoint now) const { return now == instant_ ? before_instant_ : revision_; }

 private:
  void begin(TimePoint now);
  bool is_time_of(const State& state, WallTime changed_at);
  std::optional<ErrorCode> error_of_write(const std::string& name, const Value& value) const;
  std::optional<ErrorCode> error_of_state(const std::string& name, const Value& value,
                                          const std::optional<Version>& if_version) const;
  // Returns the type of all values that the topic takes now; null if it takes any.
  ValueType type_of(const std::string& name) const;
  ValueType declared_type(const std::string& name) const;
  std::optional<ErrorCode> error_of_writer(const std::string& name, const Owner& by) const;
  // The state that a write makes of a topic.
  struct Written {
    const Value& value;
    const std::string& writer;
    std::optional<WallTime> source_time = std::nullopt;
    Quality quality = Quality::live;
  };
  SetResult apply(const std::string& name, const Written& written, std::uint64_t revision, TimePoint now);
  // Sets the topics of these leases to their last wills, and ends the leases. Returns the topics that changed.
  std::vector<std::string> execute_wills(const std::vector<std::string>& topics, TimePoint now);
  std::vector<std::string> topics_of(const Owner& by) const;

  std::optional<std::chrono::microseconds> calendar_;  // how far the broker's is ahead of the simulation's time

  struct Deadline {
    std::chrono::nanoseconds after{0};
    TimePoint touched{};
    std::vector<Owner> declarers{};
    ValueType type = ValueType::null;
    bool may_have_ended = false;  // see withdraw()
  };
  void end_declarations();
  std::string wrong_broker_topic(const Transition& transition) const;
  void count_anew(std::uint64_t from);
  bool is_overdue(const std::string& name, const Deadline& deadline, TimePoint at) const;

  // Holds that are due in this time wait for the end of the late turn.
  struct LateTurn {
    TimePoint since{};
    TimePoint until{};
  };

  bool forgets_;
  std::size_t value_bytes_max_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, Lease> leases_;        // by topic
  std::map<std::string, Deadline> deadlines_;  // of declared topics; perhaps none
  std::uint64_t revision_ = 0;
  TimePoint instant_{};
  std::uint64_t before_instant_ = 0;
  std::optional<LateTurn> late_;
  std::optional<TimePoint> was_due_;  // when the broker's own commit was due, which is being applied
};

}  // namespace hoiku::model
