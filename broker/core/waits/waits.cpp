#include "broker/core/waits/waits.hpp"

#include <algorithm>
#include <utility>

#include "broker/core/standing_work.hpp"
#include "broker/core/swap_remove.hpp"
#include "broker/core/waits/comparison_index.hpp"
#include "hoiku/proto/duration.hpp"

namespace hoiku::broker {

// The waits of one topic whose predicates are equal.
struct WaitGroup {
  TopicId topic{};
  std::string key;                     // in by_key, unless an equal group is there
  bool on_transition = false;          // the waits are for a transition
  std::optional<Predicate> predicate;  // as its waits name it
  // For the type of values that the topic has, or had last; empty: it had none.
  std::optional<ResolvedPredicate> resolved;
  std::size_t place = 0;  // among the topic's groups
  std::size_t place_in_visited = 0;
  ComparisonIndex::Place place_in_index;  // nowhere: the group is visited
  bool is_true = false;          // after the last transition; always false if the predicate is about transitions
  bool is_holding = false;       // is_true, and the state is one of which a hold may consist
  TimePoint holding_since{};     // the earliest moment from which holds of the group count
  std::vector<Wait*> plain;      // waits without a hold: they end at the next match
  std::vector<Wait*> suspended;  // holds without a timer
  std::vector<Wait*> timed;      // holds with a timer, which may be late

  bool is_empty() const noexcept { return plain.empty() && suspended.empty() && timed.empty(); }

  bool has_price = false;       // a wait has joined with which the index cannot have the group
  const Wait* payer = nullptr;  // whose session is charged for the group; null: nobody's
};

struct Waits::TopicWaits {
  std::vector<std::unique_ptr<WaitGroup>> groups;  // all; each is either in `visited` or in `compared`
  std::vector<WaitGroup*> visited;                 // at each transition
  // Groups without a hold, whose predicate is false. A transition that leaves it so leaves the group as it is.
  ComparisonIndex compared;
  ValueType compared_type = ValueType::null;  // for which their predicates are resolved
  std::unordered_map<std::string, WaitGroup*> by_key;
  StandingWork work;
};

// The meaning of a transition for each group of its topic's waits.
struct Waits::Change {
  const WaitedTopic& topic;
  const Value& old_value;
  bool is_same_value = false;
  TimePoint now{};
};

namespace {

void put(std::vector<Wait*>& list, Wait& wait) {
  wait.place = list.size();
  list.push_back(&wait);
}

void take(std::vector<Wait*>& list, const Wait& wait) noexcept { swap_remove<&Wait::place>(list, wait.place); }

// Equal predicates about a state and about a transition are two groups, and so are one that is resolved and one that is
// not. No predicate's key begins with a line break or a tabulator.
std::string key_of(bool on_transition, const std::optional<Predicate>& predicate,
                   const std::optional<ResolvedPredicate>& resolved) {
  std::string key = on_transition ? "\n" : "";
  if (resolved) return key + resolved->predicate.key();
  return predicate ? key + "\t" + predicate->key() : key;
}

bool names_quality(const WaitGroup& group) noexcept { return group.predicate && group.predicate->names_quality(); }

// Whether the group's predicate is tested at transitions only.
bool is_about_transition(const WaitGroup& group) noexcept {
  return group.on_transition || (group.predicate && group.predicate->uses_old_value());
}

// Whether a hold of the group may consist of this state. A predicate that names the quality says so itself.
bool may_hold(const WaitGroup& group, const StateRecord& state) noexcept {
  return state.quality() == Quality::live || names_quality(group);
}

constexpr std::chrono::nanoseconds expiry_grace = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds tick = std::chrono::milliseconds(1);

// The steps that the group costs each transition.
std::size_t work_of(const WaitGroup& group) noexcept {
  return group.predicate ? group.predicate->comparisons() * steps_of_comparison : 1;
}

TimePoint due_at(const Wait& wait) { return std::max(wait.group->holding_since, wait.hold_not_before) + wait.hold; }

}  // namespace

Result<void> check_wait(const std::optional<Predicate>& predicate, std::chrono::nanoseconds hold,
                        std::chrono::nanoseconds expires_after, const Limits& limits) {
  const auto refused = [](const std::string& why) { return Failure{ErrorCode::invalid_argument, why}; };
  const auto limit = [&] { return " exceeds the limit of " + duration_text(limits.hold_max); };
  if (hold.count() < 0) return refused("the hold cannot be negative");
  if (hold > limits.hold_max) return refused("the hold" + limit());
  if (expires_after.count() < 0) return refused("the time after which a wait expires cannot be negative");
  if (expires_after > limits.hold_max) return refused("the time after which a wait expires" + limit());
  if (!predicate) return {};
  if (hold.count() > 0 && predicate->uses_old_value())
    return refused("a predicate that uses old_value is about one transition: it cannot have a hold");
  return predicate->check(limits);
}

Waits::Waits(const Limits& limits) : limits_(&limits) {}
Waits::~Waits() = default;

std::size_t Waits::count(TopicId topic) const noexcept {
  const TopicWaits* waits = by_topic_.find(topic);
  if (waits == nullptr) return 0;
  std::size_t total = 0;
  for (const auto& group : waits->groups) total += group->plain.size() + group->suspended.size() + group->timed.size();
  return total;
}

std::size_t Waits::standing_work(TopicId topic) const noexcept {
  const TopicWaits* waits = by_topic_.find(topic);
  return waits == nullptr ? 0 : waits->work.total();
}

bool Waits::matches(const WaitGroup& group, const StateRecord& state, const Value& old_value) {
  if (state.is_unset() && !group.on_transition) return false;
  if (!group.predicate) return true;
  if (!group.resolved) return false;
  ++tests_;
  return group.resolved->predicate.test(state.value(), old_value, state.quality());
}

// Finds or creates the wait's group; a new group begins with the committed state. `resolved` is the wait's predicate,
// if the topic has a type.
WaitGroup& Waits::join(TopicWaits& waits, Wait& wait, const WaitedTopic& topic,
                       std::optional<ResolvedPredicate> resolved) {
  std::string key = key_of(wait.on_transition, wait.predicate, resolved);
  WaitGroup*& group = waits.by_key[key];
  if (group == nullptr) {
    auto made = std::make_unique<WaitGroup>();
    made->topic = wait.topic;
    made->key = std::move(key);
    made->on_transition = wait.on_transition;
    made->predicate = wait.predicate;
    made->resolved = std::move(resolved);
    made->place = waits.groups.size();
    made->is_true = !is_about_transition(*made) && topic.committed && matches(*made, *topic.committed, Value());
    made->is_holding = made->is_true && may_hold(*made, *topic.committed);
    made->holding_since = topic.changed_at;
    predicates_ += made->predicate ? 1 : 0;
    group = made.get();
    waits.groups.push_back(std::move(made));
    group->place_in_visited = waits.visited.size();
    waits.visited.push_back(group);
  }
  wait.group = group;
  wait.predicate.reset();  // the group has it
  return *group;
}

Result<bool> Waits::arm(Wait& wait, const WaitedTopic& topic, TimePoint now) {
  std::optional<ResolvedPredicate> predicate;
  if (wait.predicate && topic.type.type != ValueType::null) {
    auto read = ResolvedPredicate::resolve(*wait.predicate, topic.type);
    if (!read) return read.failure();
    predicate = std::move(read).value();
  }
  wait.hold_not_before = topic.changed_at;
  WaitGroup& group = join(by_topic_.find_or_create(wait.topic), wait, topic, std::move(predicate));
  if (wait.hold.count() == 0 ? group.is_true : group.is_holding && due_at(wait) <= now) {
    wait.group = nullptr;
    discard_if_empty(group);
    discard_if_empty(wait.topic);
    return true;
  }
  TopicWaits& waits = by_topic_[wait.topic];
  if (auto charged = charge(waits, group, wait); !charged) {
    wait.group = nullptr;
    discard_if_empty(group);
    discard_if_empty(wait.topic);
    return charged.failure();
  }
  begin(wait, now);
  if (wait.hold.count() == 0) {
    put(group.plain, wait);
    file(waits, group);
    return false;
  }
  visit_always(waits, group);
  if (group.is_holding) {
    time(wait);
  } else {
    put(group.suspended, wait);
  }
  return false;
}

// Charges the wait's session for the group, if nobody is charged yet and the group is not free with this wait.
Result<void> Waits::charge(TopicWaits& waits, WaitGroup& group, Wait& wait) const {
  const bool is_free = wait.hold.count() == 0 && group.predicate && ComparisonIndex::takes(*group.predicate);
  if (group.has_price || is_free) return {};
  const auto for_each = [&](const auto& visit) {
    for (const auto& other : waits.groups) {
      if (other->payer != nullptr) visit(other->payer->owner, work_of(*other));
    }
  };
  if (!waits.work.allows(wait.owner, work_of(group), limits_->standing_work_max, for_each)) {
    return Failure{ErrorCode::limit_exceeded,
                   "the waits of this session would add more than " + std::to_string(limits_->standing_work_max) +
                       " steps to each transition of the topic (" + std::to_string(steps_of_comparison) +
                       " for each comparison): wait in one place, and share the result in the program; waits without "
                       "a hold that compare the value with one constant are free"};
  }
  group.has_price = true;
  group.payer = &wait;
  waits.work.add(wait.owner, work_of(group));
  return {};
}

// The wait that was charged has ended: charges the session of another one, if there is one, whatever it pays already.
void Waits::charge_another(TopicWaits& waits, WaitGroup& group) {
  if (!group.has_price || group.payer != nullptr) return;
  for (const auto* list : {&group.plain, &group.timed, &group.suspended}) {
    if (list->empty()) continue;
    group.payer = list->back();
    return waits.work.add(group.payer->owner, work_of(group));
  }
}

void Waits::begin(Wait& wait, TimePoint now) {
  ++size_;
  if (wait.expires_after.count() > 0) expiries_.schedule(wait.expiry, now + wait.expires_after + expiry_grace);
}

// Called at each end of a wait.
void Waits::end(Wait& wait) noexcept {
  --size_;
  expiries_.cancel(wait.expiry);
  WaitGroup& group = *wait.group;
  if (group.payer != &wait) return;
  group.payer = nullptr;
  by_topic_[group.topic].work.remove(wait.owner, work_of(group));
}

// Only a hold whose predicate is true needs a timer.
void Waits::time(Wait& wait) {
  put(wait.group->timed, wait);
  holds_.schedule(wait, due_at(wait));
}

// The timer of a hold was due, and the hold does not end.
void Waits::suspend(Wait& wait) {
  take(wait.group->timed, wait);
  put(wait.group->suspended, wait);
}

// Takes a wait out of its list; its group may be empty after that.
void Waits::detach(Wait& wait) noexcept {
  end(wait);
  WaitGroup& group = *wait.group;
  if (wait.hold.count() == 0) {
    take(group.plain, wait);
  } else if (wait.is_scheduled()) {
    (wait.is_late ? late_ : holds_).cancel(wait);
    take(group.timed, wait);
  } else {
    take(group.suspended, wait);
  }
}

void Waits::cancel(Wait& wait) {
  detach(wait);
  discard_if_empty(*wait.group);
  discard_if_empty(wait.topic);
}

// Takes the group out of by_key, unless another group is there.
void Waits::unlist(TopicWaits& waits, const WaitGroup& group) noexcept {
  const auto found = waits.by_key.find(group.key);
  if (found != waits.by_key.end() && found->second == &group) waits.by_key.erase(found);
}

void Waits::discard_if_empty(WaitGroup& group) {
  TopicWaits& waits = by_topic_[group.topic];
  if (!group.is_empty()) return charge_another(waits, group);
  predicates_ -= group.predicate ? 1 : 0;
  unlist(waits, group);
  visit_always(waits, group);
  swap_remove<&WaitGroup::place_in_visited>(waits.visited, group.place_in_visited);
  swap_remove<&WaitGroup::place>(waits.groups, group.place);
}

void Waits::discard_if_empty(TopicId topic) noexcept {
  if (by_topic_[topic].groups.empty()) by_topic_.erase(topic);
}

// Moves a group that is visited to where it is found by its comparison, if it can be.
void Waits::file(TopicWaits& waits, WaitGroup& group) {
  const bool is_visited = std::holds_alternative<std::monostate>(group.place_in_index);
  const bool has_holds = !group.suspended.empty() || !group.timed.empty();
  if (!is_visited || has_holds || group.is_true || !group.resolved) return;
  if (!waits.compared.empty() && waits.compared_type != group.resolved->type) return;
  if (!waits.compared.add(group, group.resolved->predicate, group.place_in_index)) return;
  waits.compared_type = group.resolved->type;
  swap_remove<&WaitGroup::place_in_visited>(waits.visited, group.place_in_visited);
}

void Waits::visit_always(TopicWaits& waits, WaitGroup& group) {
  if (std::holds_alternative<std::monostate>(group.place_in_index)) return;
  waits.compared.remove(group.place_in_index);
  group.place_in_visited = waits.visited.size();
  waits.visited.push_back(&group);
}

void Waits::on_type_known(TopicId id, const WaitedTopic& topic, std::vector<WaitEnd>& ended) {
  TopicWaits* waits = by_topic_.find(id);
  if (waits == nullptr) return;
  // Backwards, because an empty group's place is taken by the last one.
  for (std::size_t left = waits->groups.size(); left > 0; --left) {
    WaitGroup& group = *waits->groups[left - 1];
    resolve(group, topic.type, ended);
    discard_if_empty(group);
  }
  discard_if_empty(id);
}

void Waits::on_transition(TopicId id, const WaitedTopic& topic, const State& before, TimePoint now,
                          std::vector<WaitEnd>& ended) {
  TopicWaits* found = by_topic_.find(id);
  if (found == nullptr) return;
  TopicWaits& waits = *found;
  static const Value nothing;
  const Value& old_value = before ? before->value() : nothing;
  // A transition between equal values changes the quality.
  const bool is_same_value =
      before && before->quality() != topic.committed->quality() && before->view() == topic.committed->view();
  const Change change{topic, old_value, is_same_value, now};
  found_.clear();
  if (topic.type.type != ValueType::null && topic.type.type != waits.compared_type) {
    // The predicates of all indexed groups mean something else now, or nothing.
    waits.compared.all(found_);
    for (WaitGroup* group : found_) visit_always(waits, *group);
  } else {
    waits.compared.find(topic.committed->value(), found_);
    for (WaitGroup* group : found_) visit(waits, *group, change, ended);
  }
  // Backwards, because the place of a group that leaves is taken by the last one.
  for (std::size_t left = waits.visited.size(); left > 0; --left) visit(waits, *waits.visited[left - 1], change, ended);
  discard_if_empty(id);
}

void Waits::visit(TopicWaits& waits, WaitGroup& group, const Change& change, std::vector<WaitEnd>& ended) {
  const WaitedTopic& topic = change.topic;
  if (topic.type.type != ValueType::null) resolve(group, topic.type, ended);
  if (change.is_same_value && !names_quality(group)) {
    hold_group(group, *topic.committed, change.now, ended);
  } else {
    match_group(group, matches(group, *topic.committed, change.old_value), *topic.committed, change.now, ended);
  }
  if (!group.is_empty()) file(waits, group);
  discard_if_empty(group);
}

// Resolves the group's predicate for the type that the topic has now. If that fails, its waits end with the error.
void Waits::resolve(WaitGroup& group, const ContentType& type, std::vector<WaitEnd>& ended) {
  if (!group.predicate || (group.resolved && group.resolved->is_for(type))) return;
  auto read = ResolvedPredicate::resolve(*group.predicate, type);
  TopicWaits& waits = by_topic_[group.topic];
  unlist(waits, group);
  visit_always(waits, group);
  if (read) {
    group.resolved = std::move(*read);
    group.key = key_of(group.on_transition, group.predicate, group.resolved);
    // Another group may have this predicate by now: then later waits join that one.
    waits.by_key.emplace(group.key, &group);
    return;
  }
  group.resolved.reset();
  for (const auto list : {&WaitGroup::plain, &WaitGroup::suspended, &WaitGroup::timed}) {
    for (Wait* wait : std::exchange(group.*list, {})) {
      end(*wait);
      if (wait->is_scheduled()) (wait->is_late ? late_ : holds_).cancel(*wait);
      wait->group = nullptr;
      ended.push_back(WaitEnd{wait, read.failure()});
    }
  }
}

void Waits::match_group(WaitGroup& group, bool is_match, const StateRecord& committed, TimePoint now,
                        std::vector<WaitEnd>& ended) {
  if (!is_match) {
    // The timers of holds are not moved: each hold checks its group when it is due, so a flip costs nothing per hold.
    group.is_true = group.is_holding = false;
    return;
  }
  for (Wait* wait : std::exchange(group.plain, {})) {
    end(*wait);
    wait->group = nullptr;
    ended.push_back(WaitEnd{wait, {}});
  }
  if (is_about_transition(group)) return;
  group.is_true = true;
  hold_group(group, committed, now, ended);
}

// Updates whether the holds of a group count, after its predicate or the value's quality has changed.
void Waits::hold_group(WaitGroup& group, const StateRecord& committed, TimePoint now, std::vector<WaitEnd>& ended) {
  const bool was_holding = std::exchange(group.is_holding, group.is_true && may_hold(group, committed));
  if (!group.is_holding) return;
  const bool restarts = !was_holding || !group.predicate;
  if (restarts) group.holding_since = now;
  for (Wait* wait : std::exchange(group.suspended, {})) {
    if (restarts) wait->judged_after = 0;
    if (wait->judged_after == 0) {
      time(*wait);
    } else if (committed.revision() < wait->judged_after) {
      put(group.suspended, *wait);
    } else {
      end_hold(*wait, ended);
    }
  }
}

void Waits::take_due(TimePoint now, std::vector<WaitEnd>& ended) {
  while (Timer* timer = holds_.take_due(now)) {
    Wait& wait = static_cast<Wait&>(*timer);
    if (!wait.group->is_holding) {
      suspend(wait);
    } else if (const TimePoint due = due_at(wait); due > now) {
      holds_.schedule(wait, due);  // the predicate was false meanwhile
    } else if (due < now - tick) {
      wait.is_late = true;
      late_.schedule(wait, due);
    } else {
      complete(wait, ended);
    }
  }
}

void Waits::judge_late(const TopicTable& topics, TimePoint was_due, TimePoint now, std::vector<WaitEnd>& ended) {
  Timer* timer = late_.take_due(was_due);
  if (timer == nullptr) return;
  Wait& wait = static_cast<Wait&>(*timer);
  wait.is_late = false;
  const Topic& topic = topics[wait.topic];
  if (!wait.group->is_holding) {
    suspend(wait);
  } else if (const TimePoint due = due_at(wait); due > now) {
    holds_.schedule(wait, due);
  } else if (topic.is_pending()) {
    // The commit of what waited completes it, if the predicate is still true.
    wait.judged_after = topic.pending()->revision();
    suspend(wait);
  } else {
    complete(wait, ended);
  }
}

// Takes a complete hold, which is in no list, out of its group. The group may be empty after that.
void Waits::end_hold(Wait& wait, std::vector<WaitEnd>& ended) {
  end(wait);
  wait.group = nullptr;
  ended.push_back(WaitEnd{&wait, {}});
}

void Waits::complete(Wait& wait, std::vector<WaitEnd>& ended) {
  WaitGroup& group = *wait.group;
  take(group.timed, wait);
  end_hold(wait, ended);
  discard_if_empty(group);
  discard_if_empty(wait.topic);
}

Wait* Waits::take_expired(TimePoint now) noexcept {
  Timer* timer = expiries_.take_due(now);
  return timer == nullptr ? nullptr : &static_cast<ExpiryTimer&>(*timer).wait;
}

std::optional<TimePoint> Waits::next_deadline() const noexcept {
  std::optional<TimePoint> first;
  for (const auto next : {late_.next(), holds_.next(), expiries_.next()}) {
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

}  // namespace hoiku::broker
