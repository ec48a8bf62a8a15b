// topic.hpp: one named piece of state, and the only place where it changes.
//
// A topic has two states: the committed one, which readers see, and the newest one, which is ahead of it while a write
// is pending: its record is not in the log yet. Conditions, equality and the next version are judged by the newest
// state.
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

// The write that is asked for. The references live as long as the call.
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
  // A topic that was removed, with its last state: its versions continue.
  explicit Topic(State removed);

  // Whether the topic may hold the value. Error: type_mismatch.
  Result<void> check_type(const Value& value) const;
  // A topic without a type holds values of the type of `value`, which is not null, from now on.
  void learn_type(const Value& value);
  // The topic holds values of that type, and of `message_type` if they are messages. Error: type_mismatch, if it holds
  // others already.
  Result<void> declare_type(ValueType type, const std::string& message_type);

  // Whether apply() would take it. Errors: version_conflict, type_mismatch.
  Result<void> check(const Update& update) const;

  struct Applied {
    State state;           // the newest state; null: never set
    bool changed = false;  // false: the value was equal already
  };
  // Makes `update` the newest state. If it changes the topic, the transition has the revision `revision`, and is
  // pending until commit(). Errors: version_conflict, type_mismatch; the topic is as it was.
  Result<Applied> apply(const Update& update, std::uint64_t revision);

  // Commits `state`, which apply() made and is in the log. Called in the order of the log.
  void commit(State state, TimePoint now);

  const std::string& name() const noexcept { return name_; }
  const State& committed() const noexcept { return committed_; }
  const State& pending() const noexcept { return pending_; }
  TimePoint changed_at() const noexcept { return changed_at_; }                     // of the committed state
  ValueType type() const noexcept { return type_; }                                 // null: not known yet
  const std::string* message_type() const noexcept { return message_type_.get(); }  // null: it holds no messages
  bool is_pending() const noexcept { return committed_ != pending_; }
  // Unset, and no write is pending: with the topic only the continuity of its versions is lost.
  bool is_idle() const noexcept { return !is_pending() && (!committed_ || committed_->value.is_null()); }

 private:
  std::string name_;
  std::uint64_t epoch_;
  State committed_;
  State pending_;
  TimePoint changed_at_{};
  std::unique_ptr<std::string> message_type_;  // only where type_ is message
  ValueType type_ = ValueType::null;
};

// The version that a reader without a value knows: {0, 0}.
inline Version version_of(const State& state) noexcept { return state ? state->version : Version{}; }
inline std::uint64_t revision_of(const State& state) noexcept { return state ? state->revision : 0; }

}  // namespace hoiku::broker
