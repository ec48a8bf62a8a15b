// topic.hpp: one named piece of state, and the only place where it changes.
//
// A topic has two states: the committed one, which readers see, and the pending one, which is ahead of it until the
// store has the record of a write, and equal to it otherwise. Conditions, equality and the next version are judged by
// the pending state.
//
// Promises   versions rise by exactly one, also while the topic is unset or removed; an equal value of equal quality
//            makes no transition; a topic's type is the declared one, or that of its owner's last will, otherwise that
//            of its value: an unset topic without them takes any type. int64 widens to double. The same calls give the
//            same transitions (no clock is read). An unset topic has no quality of its own: unsetting it again changes
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
#include "hoiku/proto/value_view.hpp"

namespace hoiku::broker {

// A requested write. The references and the view are valid during the call.
struct Update {
  ValueView value;  // null unsets the topic
  const std::optional<Version>& if_version;
  const std::optional<WallTime>& source_time;
  const SharedText& writer;
  WallTime at{};
  Quality quality = Quality::live;
};

// A type of values: for messages with the type of the messages.
struct TopicType {
  ValueType type = ValueType::null;              // null: none
  std::optional<std::string_view> message_type;  // nothing: these are no messages
};

class Topic {
 public:
  // `epoch` is the epoch of its first version.
  Topic(std::string name, std::uint64_t epoch) : name_(std::move(name)), epoch_(epoch) {}

  // ---- Its type

  // The type of the committed state's values; null: any.
  TopicType type() const noexcept { return type_with(committed_); }
  // Gives the topic that type, and `message_type` if its values are messages. Error: type_mismatch, if it has another
  // type already.
  Result<void> declare_type(ValueType type, const std::string& message_type);
  void undeclare_type() noexcept;
  // Checks that this may be the topic's last will, instead of the one that it has. Error: type_mismatch.
  Result<void> check_last_will(const ValueView& value) const;
  // The last will has to fit when it is executed: until end_last_will() the topic keeps its type, or has that of
  // `value`.
  void begin_last_will(const ValueView& value);
  void end_last_will() noexcept;

  // Checks whether the topic takes the update. Errors: version_conflict, type_mismatch.
  Result<void> check(const Update& update) const;
  // Whether check() surely allows it: most writes have no condition, and the type of the value that is there.
  bool surely_takes(const Update& update) const noexcept {
    return !update.if_version && fixed_type_ == nullptr && pending_ && pending_->type() == update.value.type &&
           update.value.type != ValueType::message;
  }

  struct Applied {
    State state;           // the pending state; null: never set
    bool changed = false;  // false: the value was equal already
  };
  // Makes `update`, which check() allows, the pending state. If it changes the topic, the transition has the revision
  // `revision`, and is pending until commit().
  Applied apply(const Update& update, std::uint64_t revision);

  // Commits `state`, which apply() made, when its record is in the log. Called in the order of the log.
  void commit(State state, TimePoint now);

  const std::string& name() const noexcept { return name_.text(); }
  const SharedText& name_text() const noexcept { return name_; }
  std::uint64_t epoch() const noexcept { return epoch_; }
  const State& committed() const noexcept { return committed_; }
  const State& pending() const noexcept { return pending_; }
  TimePoint changed_at() const noexcept { return changed_at_; }  // of the committed state
  bool is_pending() const noexcept { return committed_ != pending_; }
  bool is_removed() const noexcept { return removal_ != 0; }  // and remembered
  // Unset, without a pending write: removing the topic loses nothing but the continuity of its versions.
  bool is_idle() const noexcept { return !is_pending() && (!committed_ || committed_->is_unset()); }

 private:
  friend class TopicTable;  // its removal_

  // A type that does not depend on the value.
  struct FixedType {
    ValueType type = ValueType::null;
    std::string message_type;
    bool is_declared = false;
    bool is_of_will = false;
  };

  TopicType type_with(const State& state) const noexcept;
  Result<void> check_version(const Version& wanted) const;
  Result<void> check_type(const ValueView& value, const TopicType& type) const;
  void fix_type(const TopicType& type);

  SharedText name_;
  std::uint64_t epoch_;
  State committed_;
  State pending_;
  TimePoint changed_at_{};
  std::unique_ptr<FixedType> fixed_type_;  // null: the value decides
  std::uint64_t removal_ = 0;              // numbers the removals; 0: the topic exists
};

// The version that a reader without a value knows: {0, 0}.
inline Version version_of(const State& state) noexcept { return state ? state->version() : Version{}; }
inline bool is_set(const State& state) noexcept { return state && !state->is_unset(); }
inline std::uint64_t revision_of(const State& state) noexcept { return state ? state->revision() : 0; }

}  // namespace hoiku::broker
