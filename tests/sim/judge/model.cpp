#include "tests/sim/judge/model.hpp"

#include <algorithm>
#include <cmath>

#include "tests/sim/judge/meaning.hpp"

namespace hoiku::model {
namespace {

std::string_view first_segment(std::string_view text) { return text.substr(0, text.find('/')); }
std::string_view after_first(std::string_view text) {
  const auto slash = text.find('/');
  return slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
}

bool segments_match(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  const std::string_view segment = first_segment(pattern);
  if (segment == "**") {
    if (segments_match(after_first(pattern), name)) return true;
    return !name.empty() && segments_match(pattern, after_first(name));
  }
  if (name.empty() || (segment != "*" && segment != first_segment(name))) return false;
  return segments_match(after_first(pattern), after_first(name));
}

// Returns true if a set to `b` does not change `a`: equal types and bytes, but NaN is NaN, and 0.0 is -0.0.
bool is_equal(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  const auto both = [&]<class T>(std::type_identity<T>, auto compare) {
    return compare(*a.get_if<T>(), *b.get_if<T>());
  };
  const auto same = [](const auto& x, const auto& y) { return x == y; };
  switch (a.type()) {
    case ValueType::null:
      return true;
    case ValueType::boolean:
      return both(std::type_identity<bool>(), same);
    case ValueType::int64:
      return both(std::type_identity<std::int64_t>(), same);
    case ValueType::float64:
      return both(std::type_identity<double>(),
                  [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
    case ValueType::string:
      return both(std::type_identity<std::string>(), same);
    case ValueType::bytes:
      return both(std::type_identity<Bytes>(), [](const Bytes& x, const Bytes& y) { return x.data == y.data; });
    case ValueType::message:
      return both(std::type_identity<MessageBytes>(), [](const MessageBytes& x, const MessageBytes& y) {
        return x.type_name == y.type_name && x.data == y.data;
      });
  }
  return false;
}

// Returns true for what may be a topic's name. The histories use ASCII only.
bool is_name(std::string_view name) {
  const bool has_other = std::any_of(name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~' || c == '*'; });
  const bool has_empty_segment =
      name.empty() || name.front() == '/' || name.back() == '/' || name.find("//") != std::string_view::npos;
  return !has_other && !has_empty_segment && name.size() <= 255 && std::count(name.begin(), name.end(), '/') < 16;
}

// Returns the type of the values around a transition: an unset topic has none, but was unset from one.
ValueType type_at(const Topic& topic, std::size_t index) {
  const ValueType type = topic.states[index].value.type();
  return type == ValueType::null && index > 0 ? topic.states[index - 1].value.type() : type;
}

// Returns true if a value of this type cannot be compared with the literals of the predicate.
bool is_of_other_type(const std::optional<Predicate>& predicate, ValueType type) {
  if (!predicate || type == ValueType::null) return false;
  if (uses_fields(*predicate)) return type != ValueType::message;  // all of one type
  const ValueType literal = literal_type(*predicate);
  return literal != ValueType::null && literal != (type == ValueType::float64 ? ValueType::int64 : type);
}

bool has_order(ValueType type) {
  return type != ValueType::boolean && type != ValueType::bytes && type != ValueType::message;
}

}  // namespace

std::size_t Topic::index_at(std::uint64_t revision) const {
  std::size_t index = states.size() - 1;
  while (states[index].revision > revision) --index;
  return index;
}

Version Topic::version(std::size_t index) const {
  // A state that was never reported has a version too: one more than the one before.
  Version version;
  for (std::size_t i = 0; i <= index; ++i) {
    version.number = states[i].version ? states[i].version->number : version.number + 1;
    if (states[i].version && states[i].version->number > 0) version.epoch = states[i].version->epoch;
  }
  return version;
}

bool matches(std::string_view pattern, std::string_view name) {
  return pattern.starts_with('$') == name.starts_with('$') && segments_match(pattern, name);
}

void Model::begin(TimePoint now) {
  if (now == instant_) return;
  instant_ = now;
  before_instant_ = revision_;
}

void Model::begin_late_turn(TimePoint since, TimePoint now) {
  late_ = LateTurn{since, now - std::chrono::milliseconds(1)};
}

std::size_t bytes_of(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return text->size();
  if (const auto* bytes = value.get_if<Bytes>()) return bytes->data.size();
  if (const auto* message = value.get_if<MessageBytes>()) return message->type_name.size() + message->data.size();
  return value.is_null() ? 0 : value.type() == ValueType::boolean ? 1 : 8;
}

std::optional<ErrorCode> Model::error_of_write(const std::string& name, const Value& value) const {
  if (bytes_of(value) > value_bytes_max_) return ErrorCode::too_large;
  if (!is_name(name)) return ErrorCode::invalid_topic;
  if (name.front() == '$') return ErrorCode::permission_denied;
  return std::nullopt;
}

std::optional<ErrorCode> Model::error_of_state(const std::string& name, const Value& value,
                                               const std::optional<Version>& if_version) const {
  const Topic& topic = this->topic(name);
  if (if_version) {
    if (if_version->number != 0 && if_version->epoch == 0) return ErrorCode::invalid_argument;
    const bool is_set = !topic.newest().value.is_null();
    if (if_version->number == 0 ? is_set : *if_version != topic.version(topic.states.size() - 1))
      return ErrorCode::version_conflict;
  }
  const ValueType type = type_of(name);
  if (!value.is_null() && type != ValueType::null && value.type() != type) return ErrorCode::type_mismatch;
  return std::nullopt;
}

Model::SetResult Model::apply(const std::string& name, const Written& written, std::uint64_t revision, TimePoint now) {
  const auto& [value, writer, source_time, quality] = written;
  Topic& topic = topics_[name];
  if (const auto found = deadlines_.find(name); found != deadlines_.end() && quality == Quality::live)
    found->second.touched = now;
  const State& newest = topic.newest();
  if (is_equal(value, newest.value) && (value.is_null() || quality == newest.quality))
    return {{}, false, topic.states.size() - 1};
  topic.states.push_back(State{revision, now, value, writer, source_time, {}, quality, {}, {}});
  if (late_) {
    topic.states.back().holds_after = was_due_.value_or(late_->since - Duration(1));
    topic.states.back().holds_before = late_->until;
  }
  return {{}, true, topic.states.size() - 1};
}

Model::SetResult Model::set(const proto::Set& command, const Owner& by, const std::string& writer, TimePoint now) {
  begin(now);
  if (const auto error = error_of_write(command.topic, command.value)) return {error};
  if (const auto error = error_of_writer(command.topic, by)) return {error};
  if (const auto error = error_of_state(command.topic, command.value, command.if_version)) return {error};
  const SetResult result = apply(command.topic, {command.value, writer, command.source_time}, revision_ + 1, now);
  if (result.changed) ++revision_;
  end_declarations();
  return result;
}

std::vector<Model::SetResult> Model::commit(const proto::Commit& command, const Owner& by, const std::string& writer,
                                            TimePoint now) {
  begin(now);
  std::vector<std::string> names;
  for (const proto::TopicWrite& write : command.writes) {
    if (const auto error = error_of_write(write.topic, write.value)) return {{error}};
    if (std::find(names.begin(), names.end(), write.topic) != names.end()) return {{ErrorCode::invalid_argument}};
    names.push_back(write.topic);
  }
  for (const proto::TopicWrite& write : command.writes) {
    if (const auto error = error_of_writer(write.topic, by)) return {{error}};
    if (const auto error = error_of_state(write.topic, write.value, write.if_version)) return {{error}};
  }
  std::vector<SetResult> results;
  for (const proto::TopicWrite& write : command.writes)
    results.push_back(apply(write.topic, {write.value, writer, write.source_time}, revision_ + 1, now));
  const auto changed = [](const SetResult& result) { return result.changed; };
  if (std::any_of(results.begin(), results.end(), changed)) ++revision_;
  end_declarations();
  return results;
}

TimePoint forgotten_at(std::chrono::nanoseconds expires_after, TimePoint armed) {
  return expires_after.count() == 0 ? never : saturating_add(armed, expires_after + std::chrono::seconds(1));
}

std::optional<WaitAnswer> Model::answer(const proto::Wait& wait, TimePoint armed, std::uint64_t revision,
                                        TimePoint now) const {
  const TimePoint end = forgotten_at(wait.expires_after, armed);
  const Topic& topic = this->topic(wait.topic);
  const bool edge = wait.predicate && uses_old_value(*wait.predicate);
  const bool of_quality = wait.predicate && names_quality(*wait.predicate);
  const std::size_t first = topic.index_at(revision);
  std::optional<TimePoint> since;  // when the condition became true; if it was true when armed: at the last transition
  for (std::size_t i = first; i < topic.states.size(); ++i) {
    const State& state = topic.states[i];
    const ValueType type = state.value.type();
    if (is_of_other_type(wait.predicate, type)) {
      const TimePoint due = std::max(armed, state.at);
      if (due > end) return std::nullopt;
      return WaitAnswer{0, due, ErrorCode::type_mismatch};
    }
    const bool is_ignored = !of_quality && i > 0 && is_equal(state.value, topic.states[i - 1].value);
    bool match = type != ValueType::null && !(edge && (i == first || is_ignored));
    if (match && wait.predicate)
      match = holds(*wait.predicate, state.value, i > 0 ? topic.states[i - 1].value : Value(), state.quality);
    if (wait.hold.count() > 0 && state.quality != Quality::live && !of_quality) match = false;
    if (!match) {
      since.reset();
      continue;
    }
    if (!since || !wait.predicate) since = state.at;
    const TimePoint complete = std::max(armed, saturating_add(*since, wait.hold));
    const TimePoint due = std::max(complete, state.at);
    // Otherwise the broker decides at the commit, or when the wait is armed, and looks at no clock.
    const bool is_timed = wait.hold.count() > 0 && complete > armed;
    const auto is_complete_before = [&](const State& next) {
      // A hold that is complete at the very instant of the next transition is complete.
      return due <= next.at && !(is_timed && next.holds_after < complete && complete < next.holds_before);
    };
    const bool is_undecided = is_timed && late_ && late_->since <= complete && complete < late_->until;
    const bool in_time = i + 1 == topic.states.size()
                             ? due <= now && !is_undecided
                             : wait.hold.count() == 0 || is_complete_before(topic.states[i + 1]);
    if (in_time && due > end) return std::nullopt;
    if (in_time) return WaitAnswer{i, due, {}};
  }
  return std::nullopt;
}

std::optional<TransitionAnswer> Model::answer(const proto::WaitTransition& wait, TimePoint armed,
                                              std::size_t behind) const {
  const auto& states = topic(wait.topic).states;
  const TimePoint end = forgotten_at(wait.expires_after, armed);
  const bool of_quality = wait.predicate && names_quality(*wait.predicate);
  // Without `after` it counts from the state that it was armed in.
  const bool is_armed_there = !wait.after || behind + 1 == states.size() || states[behind + 1].at > armed;
  if (is_armed_there && is_of_other_type(wait.predicate, states[behind].value.type()))
    return TransitionAnswer{behind, armed, true};
  for (std::size_t i = behind + 1; i < states.size() && states[i].at <= end; ++i) {
    if (is_equal(states[i].value, states[i - 1].value) && !of_quality) continue;  // a transition of the quality
    const TimePoint due = std::max(armed, states[i].at);
    if (is_of_other_type(wait.predicate, states[i].value.type())) return TransitionAnswer{i, due, true};
    if (!wait.predicate || holds(*wait.predicate, states[i].value, states[i - 1].value, states[i].quality))
      return TransitionAnswer{i, due, false};
  }
  return std::nullopt;
}

bool Model::passes(const Predicate& filter, const std::string& name, std::size_t index) const {
  const auto& states = topic(name).states;
  const ValueType type = type_at(topic(name), index);
  if (is_of_other_type(filter, type)) return false;
  if (type != ValueType::null && !has_order(type) && asks_for_order(filter) && !uses_fields(filter)) return false;
  return holds(filter, states[index].value, index > 0 ? states[index - 1].value : Value(), states[index].quality);
}

bool Model::fits(const Predicate& predicate, const std::string& name, std::uint64_t since) const {
  const auto& states = topic(name).states;
  const auto is_other = [&](const State& state) {
    return is_of_other_type(predicate, state.value.type()) ||
           (!state.value.is_null() && !has_order(state.value.type()) && asks_for_order(predicate) &&
            !uses_fields(predicate));
  };
  return std::none_of(states.begin() + static_cast<std::ptrdiff_t>(topic(name).index_at(since)), states.end(),
                      is_other);
}

std::optional<std::size_t> Model::recognise(const Transition& transition, std::string& why, bool has_times) {
  const auto found = topics_.find(transition.topic);
  const auto complain = [&](const std::string& text) {
    why = "'" + transition.topic + "' version " + std::to_string(transition.version.number) + " revision " +
          std::to_string(transition.revision) + " value " + to_display_string(transition.value) + ": " + text;
    return std::nullopt;
  };
  if (transition.version.number == 0) {
    if (!transition.value.is_null()) return complain("has a value, although it was never set");
    if (found == topics_.end()) return 0;
    if (!forgets_) return 0;
    std::size_t last = found->second.states.size() - 1;
    // The topic was forgotten: the version of its last state without a value.
    while (!found->second.states[last].value.is_null()) --last;
    return last;
  }
  if (found == topics_.end()) return complain("there is no such topic");
  auto& states = found->second.states;
  const std::size_t index = found->second.index_at(transition.revision);
  State& state = states[index];
  if (state.revision != transition.revision) return complain("no such revision of this topic");
  if (!is_equal(state.value, transition.value)) return complain("the value was " + to_display_string(state.value));
  if (state.quality != transition.quality) return complain("the quality is wrong");
  if (state.writer != transition.writer) return complain("the writer was " + state.writer);
  if (has_times && state.source_time != transition.source_time) return complain("the source time is wrong");
  if (has_times && !is_time_of(state, transition.changed_at)) return complain("the time of the change is wrong");
  if (!state.version) {
    state.version = transition.version;
    const Version before = found->second.version(index - 1);
    const bool is_same_epoch = before.epoch == 0 || transition.version.epoch == before.epoch;
    const bool goes_on = is_same_epoch && transition.version.number == before.number + 1;
    // The state before may have begun anew without being reported.
    const bool begins = forgets_ && (!states[index - 1].version ||
                                     (transition.version.number == 1 && states[index - 1].value.is_null()));
    if (!goes_on && !begins) return complain("the version before was " + std::to_string(before.number));
  }
  if (*state.version != transition.version)
    return complain("it was called version " + std::to_string(state.version->number));
  return index;
}

// The broker's calendar goes on with the time of the simulation. Its first transition says how far they are apart.
bool Model::is_time_of(const State& state, WallTime changed_at) {
  const auto apart =
      changed_at.time_since_epoch() - std::chrono::floor<std::chrono::microseconds>(state.at.time_since_epoch());
  if (!calendar_) calendar_ = apart;
  const auto drift = apart - *calendar_;
  return drift >= std::chrono::microseconds(-1) && drift <= std::chrono::microseconds(1);  // both are rounded
}

const Topic& Model::topic(const std::string& name) const {
  static const Topic never_set;
  const auto found = topics_.find(name);
  return found == topics_.end() ? never_set : found->second;
}

}  // namespace hoiku::model
