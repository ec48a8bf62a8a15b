#include "broker/core/topics/topic.hpp"

#include <utility>

#include "hoiku/proto/text.hpp"
#include "hoiku/proto/version.hpp"

namespace hoiku::broker {

namespace {

// An int64 that goes into a topic of doubles; everything else stays as it is.
bool widens(const ValueView& value, ValueType type) {
  return type == ValueType::float64 && value.type == ValueType::int64;
}

TopicType type_of(const ValueView& value) noexcept {
  if (value.type != ValueType::message) return {value.type, std::nullopt};
  return {value.type, value.type_name};
}

}  // namespace

// ---- The type

TopicType Topic::type_with(const State& state) const noexcept {
  if (fixed_type_ != nullptr) {
    const bool is_message = fixed_type_->type == ValueType::message;
    return {fixed_type_->type, is_message ? std::optional<std::string_view>(fixed_type_->message_type) : std::nullopt};
  }
  return state ? type_of(state->view()) : TopicType();
}

Result<void> Topic::check_type(const ValueView& value, const TopicType& type) const {
  const TopicType given = type_of(value);
  if (type.type == ValueType::null || given.type == ValueType::null || widens(value, type.type)) return {};
  if (given.type != type.type) {
    return Failure{ErrorCode::type_mismatch, "topic " + text::quote(name()) + " holds " +
                                                 std::string(to_string(type.type)) + " values, not " +
                                                 std::string(to_string(given.type))};
  }
  if (given.message_type && *given.message_type != *type.message_type) {
    return Failure{ErrorCode::type_mismatch, "topic " + text::quote(name()) + " holds messages of type " +
                                                 text::quote(*type.message_type) + ", not " +
                                                 text::quote(*given.message_type)};
  }
  return {};
}

void Topic::fix_type(const TopicType& type) {
  if (fixed_type_ != nullptr) return;
  fixed_type_ = std::make_unique<FixedType>();
  fixed_type_->type = type.type;
  if (type.message_type) fixed_type_->message_type = *type.message_type;
}

Result<void> Topic::declare_type(ValueType type, const std::string& message_type) {
  const auto name_of = [](ValueType named, const std::string& name) {
    return std::string(to_string(named)) + (named == ValueType::message ? " " + text::quote(name) : "");
  };
  const TopicType has = type_with(pending_);
  const bool is_same = type == has.type && (type != ValueType::message || message_type == *has.message_type);
  if (has.type != ValueType::null && !is_same) {
    return Failure{ErrorCode::type_mismatch, "topic " + text::quote(name()) + " is of type " +
                                                 name_of(has.type, std::string(has.message_type.value_or(""))) +
                                                 " and cannot be declared as " + name_of(type, message_type)};
  }
  fix_type({type, type == ValueType::message ? std::optional<std::string_view>(message_type) : std::nullopt});
  fixed_type_->is_declared = true;
  return {};
}

void Topic::undeclare_type() noexcept {
  if (fixed_type_ == nullptr) return;
  fixed_type_->is_declared = false;
  if (!fixed_type_->is_of_will) fixed_type_.reset();
}

Result<void> Topic::check_last_will(const ValueView& value) const {
  const bool is_declared = fixed_type_ != nullptr && fixed_type_->is_declared;
  return check_type(value, is_declared ? type_with(nullptr) : pending_ ? type_of(pending_->view()) : TopicType());
}

void Topic::begin_last_will(const ValueView& value) {
  if (value.is_null()) return;
  const TopicType has = type_with(pending_);
  fix_type(has.type == ValueType::null ? type_of(value) : has);
  fixed_type_->is_of_will = true;
}

void Topic::end_last_will() noexcept {
  if (fixed_type_ == nullptr) return;
  fixed_type_->is_of_will = false;
  if (!fixed_type_->is_declared) fixed_type_.reset();
}

// ---- Writes

Result<void> Topic::check_version(const Version& wanted) const {
  const bool is_set = pending_ && !pending_->is_unset();
  const Version current = version_of(pending_);
  const auto conflict = [&](const std::string& why) {
    return Failure{ErrorCode::version_conflict, "topic " + text::quote(name()) + why + ": read it and decide again"};
  };
  if (wanted.number == 0) {
    if (!is_set) return {};
    return conflict(" is set, and at version " + to_string(current));
  }
  if (wanted.epoch == 0) {
    return Failure{ErrorCode::invalid_argument, "topic " + text::quote(name()) + ": version " +
                                                    std::to_string(wanted.number) +
                                                    " has no epoch, so it could be of another life of the topic"};
  }
  if (wanted == current) return {};
  if (current.number == 0) return conflict(" is not set, so it is not at version " + to_string(wanted));
  return conflict(" is at version " + to_string(current) + ", not " + to_string(wanted));
}

Result<void> Topic::check(const Update& update) const {
  if (surely_takes(update)) return {};
  if (update.if_version) {
    if (auto checked = check_version(*update.if_version); !checked) return checked;
  }
  return check_type(update.value, type_with(pending_));
}

Topic::Applied Topic::apply(const Update& update, std::uint64_t revision) {
  const bool is_wider = update.value.type == ValueType::int64 && widens(update.value, type_with(pending_).type);
  const ValueView value = is_wider ? widened(update.value) : update.value;
  const bool equal = pending_ ? pending_->type() == value.type && pending_->view() == value : value.is_null();
  const bool same_quality = value.is_null() || (pending_ && pending_->quality() == update.quality);
  if (equal && same_quality) return Applied{pending_, false};

  const Version version{epoch_, version_of(pending_).number + 1};
  pending_ = State::make(
      StateParts{name_, version, revision, value, update.at, update.writer, update.quality, update.source_time},
      pending_);
  return Applied{pending_, true};
}

void Topic::commit(State state, TimePoint now) {
  committed_ = std::move(state);
  changed_at_ = now;
}

}  // namespace hoiku::broker
