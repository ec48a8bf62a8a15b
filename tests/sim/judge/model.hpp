// model.hpp: what the state of the broker must be, computed once more, slowly and plainly, by code that shares nothing with
// broker/ (it evaluates predicates and matches patterns by itself too). Commands go in, in the order in which the broker
// took them; every state that a topic ever had comes out, and for each wait what its answer is and when it is due.
//
// It leans on one thing that docs/semantics.md leaves open: a run's revisions are its commits, counted 1, 2, 3 …
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

// One state of a topic, between two of its commits. The first of each topic is "never set".
struct State {
  std::uint64_t revision = 0;
  TimePoint at{};
  Value value;
  std::string writer;
  std::optional<Version> version = std::nullopt;  // as the broker said first; it must say so ever after
  Quality quality = Quality::live;
};

struct Topic {
  std::vector<State> states{State{0, {}, {}, {}, Version{}}};

  const State& newest() const { return states.back(); }
  // The state that was current when the broker had made `revision` commits, as an index.
  std::size_t index_at(std::uint64_t revision) const;
  const State& at(std::uint64_t revision) const { return states[index_at(revision)]; }
};

// Whether a pattern ('*' is one segment, '**' any number) matches a name.
bool matches(std::string_view pattern, std::string_view name);
// Whether the predicate is true of a change from `old_value` to `value`. For null, bool, int64, double and string.
bool holds(const Predicate& predicate, const Value& value, const Value& old_value);

struct WaitAnswer {
  std::size_t state = 0;  // of the topic; not where there is an error
  TimePoint due{};
  std::optional<ErrorCode> error = std::nullopt;
};

// When the broker forgets a wait that nobody waits for any more after that time, without a word; `never` where it was not
// told. At that very instant it may still answer.
TimePoint forgotten_at(std::chrono::nanoseconds given_up_after, TimePoint armed);

class Model {
 public:
  struct SetResult {
    std::optional<ErrorCode> error = std::nullopt;
    bool changed = false;
    std::size_t state = 0;  // that the topic is in now
  };
  using Owner = proto::SessionToken;
  SetResult set(const proto::Set& command, const Owner& by, const std::string& writer, TimePoint now);
  // For each of its writes; or one, the error that all of them got.
  std::vector<SetResult> commit(const proto::Commit& command, const Owner& by, const std::string& writer,
                                TimePoint now);

  // ---- model_ownership.cpp: whose a topic is, and how long it may stay unwritten. The wills of the histories are values.
  struct Lease {
    Owner owner{};
    proto::RequestId id = 0;
    Value last_will;
    std::string writer;
    std::optional<TimePoint> until;
  };
  struct OwnResult {
    std::optional<ErrorCode> error = std::nullopt;
    std::optional<Lease> lost = std::nullopt;  // by whoever owned it before
  };
  OwnResult own(const proto::Own& command, const Owner& by, const std::string& writer, TimePoint now);
  void release(const Owner& by, proto::RequestId lease, TimePoint now);
  void end_leases(const Owner& by, TimePoint now);  // its session has ended
  void declare(const proto::Declare& command, TimePoint now);

  // The broker has made a commit that nobody asked for. Whether it had to: an empty text; or what is wrong with it. `ended`: the
  // leases that ended with it.
  std::string judge_own_commit(const std::vector<Transition>& record,
                               const std::function<bool(const Owner&)>& has_expired, TimePoint now,
                               std::vector<Lease>& ended);
  // What it should have done by itself by the end of that instant; empty: nothing.
  std::string neglected(const std::function<bool(const Owner&)>& has_expired, TimePoint instant) const;

  // What answers `wait` where it was armed at `armed`, in the state of `revision`. Nothing: not until now.
  std::optional<WaitAnswer> answer(const proto::Wait& wait, TimePoint armed, std::uint64_t revision,
                                   TimePoint now) const;

  // What answers a wait for a change that counts from behind the state of that index. Nothing: not until now.
  std::optional<std::size_t> answer(const proto::WaitTransition& wait, TimePoint armed, std::size_t behind) const;

  // Whether a topic's state of that index passes a filter: of another type it does not.
  bool passes(const Predicate& filter, const std::string& topic, std::size_t state) const;

  // Whether its predicate is of the topic's type, as far as that was known before the wait was forgotten.
  bool fits(const proto::WaitTransition& wait, TimePoint armed) const;

  // The state that a transition tells of, as an index. Nothing: there never was one, and `why` says so.
  std::optional<std::size_t> recognise(const Transition& transition, std::string& why);

  const Topic& topic(const std::string& name) const;
  const std::map<std::string, Topic>& topics() const { return topics_; }
  std::uint64_t revision() const { return revision_; }
  // As it was when the instant `now` began: commands of one instant have no order between sessions.
  std::uint64_t revision_before(TimePoint now) const { return now == instant_ ? before_instant_ : revision_; }

 private:
  void begin(TimePoint now);
  static std::optional<ErrorCode> error_of_name(const std::string& name);
  std::optional<ErrorCode> error_of_state(const std::string& name, const Value& value,
                                          const std::optional<Version>& if_version) const;
  std::optional<ErrorCode> error_of_writer(const std::string& name, const Owner& by) const;
  SetResult apply(const std::string& name, const Value& value, std::uint64_t revision, const std::string& writer,
                  TimePoint now, Quality quality = Quality::live);
  // The topics of these leases become what their wills say, and nobody's. Those that changed.
  std::vector<std::string> execute_wills(const std::vector<std::string>& topics, TimePoint now);
  std::vector<std::string> topics_of(const Owner& by) const;

  struct Deadline {
    std::chrono::nanoseconds after{0};
    TimePoint touched{};
  };
  bool is_overdue(const std::string& name, const Deadline& deadline, TimePoint at) const;

  std::map<std::string, Topic> topics_;
  std::map<std::string, Lease> leases_;  // by topic
  std::map<std::string, Deadline> deadlines_;
  std::uint64_t revision_ = 0;
  TimePoint instant_{};
  std::uint64_t before_instant_ = 0;
};

}  // namespace hoiku::model
