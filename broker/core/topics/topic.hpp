// topic.hpp: one named piece of state, and the only place where it changes.
//
// A topic has two states: the committed one, which readers see, and the pending one, which is ahead of it until the
// store has the record of a write, and equal to it otherwise. Conditions, equality and the next version are judged by
// the pending state.
//
// Promises   versions rise by exactly one; an equal value of equal quality makes no transition; a topic's type is the
//            declared one, or that of its first value, and int64 widens to double; the same calls give the same
//            transitions (no clock is read). An unset topic has no quality of its own: unsetting it again changes
//            nothing.
// Thread     the core's. Owner: TopicTable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/core/types.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::broker {

// A requested write. The references are valid during the call.
struct Update {
  const Value& value;  // null unsets the topic
  const std::optional<Version>& if_version;
  const std::optional<WallTime>& source_time;
  const std::string& writer;
  WallTime at{};
  Quality quality = Quality::live;
};

class Topic {
 public:
  // `epoch` is the epoch of its first version.
  Topic(std::string name, std::uint64_t epoch) : name_(std::move(name)), epoch_(epoch) {}
  // Restores a removed topic with its last state: its versions continue.
  explicit Topic(State removed);

  // Checks that the topic may hold the value. Error: type_mismatch.
  Result<void> check_type(const Value& value) const;
  // Gives a topic without a type the type of `value`, which is not null.
  void learn_type(const Value& value);
  // Gives the topic that type, and `message_type` if its values are messages. Error: type_mismatch, if it has another
  // type already.
  Result<void> declare_type(ValueType type, const std::string& message_type);

  // Checks whether apply() would accept the update. Errors: version_conflict, type_mismatch.
  Result<void> check(const Update& update) const;

  struct Applied {
    State state;           // the pending state; null: never set
    bool changed = false;  // false: the value was equal already
  };
  // Makes `update` the pending state. If it changes the topic, the transition has the revision `revision`, and is
  // pending until commit(). Errors: version_conflict, type_mismatch; the topic is unchanged then.
  Result<Applied> apply(const Update& update, std::uint64_t revision);

  // Commits `state`, which apply() made, when its record is in the log. Called in the order of the log.
  void commit(State state, TimePoint now);

  const std::string& name() const noexcept { return name_; }
  const State& committed() const noexcept { return committed_; }
  const State& pending() const noexcept { return pending_; }
  TimePoint changed_at() const noexcept { return changed_at_; }                     // of the committed state
  ValueType type() const noexcept { return type_; }                                 // null: not known yet
  const std::string* message_type() const noexcept { return message_type_.get(); }  // null: it holds no messages
  bool is_pending() const noexcept { return committed_ != pending_; }
  // Unset, without a pending write: removing the topic loses nothing but the continuity of its versions.
  bool is_idle() const noexcept { return !is_pending() && (!committed_ || committed_->value.is_null()); }

 private:
  std::string name_;
  std::uint64_t epoch_;
  State committed_;
  State pending_;
  TimePoint changed_at_{};
  std::unique_ptr<std::string> message_type_;  // only if type_ is message
  ValueType type_ = ValueType::null;
};

// The version that a reader without a value knows: {0, 0}.
inline Version version_of(const State& state) noexcept { return state ? state->version : Version{}; }
inline bool is_set(const State& state) noexcept { return state && !state->value.is_null(); }
inline std::uint64_t revision_of(const State& state) noexcept { return state ? state->revision : 0; }

}  // namespace hoiku::broker
