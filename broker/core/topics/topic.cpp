#include "broker/core/topics/topic.hpp"

#include <utility>

#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

namespace {

// An int64 that goes into a topic of doubles; everything else stays as it is.
bool widens(const Value& value, ValueType type) {
  return type == ValueType::float64 && value.type() == ValueType::int64;
}

Value widened(const Value& value) { return static_cast<double>(*value.get_if<std::int64_t>()); }

}  // namespace

Topic::Topic(State removed)
    : name_(removed->topic), epoch_(removed->version.epoch), committed_(std::move(removed)), pending_(committed_) {}

Result<void> Topic::check(const Update& update) const {
  if (update.if_version) {
    const Version current = version_of(pending_);
    // Epoch 0 says "the current epoch", as versions are written on the command line.
    const bool same_epoch = update.if_version->epoch == 0 || update.if_version->epoch == current.epoch;
    if (!same_epoch || update.if_version->number != current.number) {
      return Failure{ErrorCode::version_conflict,
                     "topic " + text::quote(name_) + " is at version " + std::to_string(current.number) + ", not " +
                         std::to_string(update.if_version->number) + (same_epoch ? "" : " of another epoch") +
                         ": read it and decide again"};
    }
  }
  return check_type(update.value);
}

Result<void> Topic::check_type(const Value& value) const {
  const ValueType given = value.type();
  if (type_ == ValueType::null || given == ValueType::null || widens(value, type_)) return {};
  if (given != type_) {
    return Failure{ErrorCode::type_mismatch, "topic " + text::quote(name_) + " holds " + std::string(to_string(type_)) +
                                                 " values, not " + std::string(to_string(given))};
  }
  if (given == ValueType::message && value.get_if<MessageBytes>()->type_name != *message_type_) {
    return Failure{ErrorCode::type_mismatch, "topic " + text::quote(name_) + " holds messages of type " +
                                                 text::quote(*message_type_) + ", not " +
                                                 text::quote(value.get_if<MessageBytes>()->type_name)};
  }
  return {};
}

void Topic::learn_type(const Value& value) {
  const auto* message = value.get_if<MessageBytes>();
  type_ = value.type();
  if (message != nullptr) message_type_ = std::make_unique<std::string>(message->type_name);
}

Result<void> Topic::declare_type(ValueType type, const std::string& message_type) {
  const auto name_of = [](ValueType named, const std::string& name) {
    return std::string(to_string(named)) + (named == ValueType::message ? " " + text::quote(name) : "");
  };
  if (type_ == ValueType::null) {
    type_ = type;
    if (type == ValueType::message) message_type_ = std::make_unique<std::string>(message_type);
    return {};
  }
  if (type == type_ && (type != ValueType::message || message_type == *message_type_)) return {};
  return Failure{ErrorCode::type_mismatch, "topic " + text::quote(name_) + " is of type " +
                                               name_of(type_, message_type_ ? *message_type_ : "") +
                                               " and cannot be declared as " + name_of(type, message_type)};
}

Result<Topic::Applied> Topic::apply(const Update& update, std::uint64_t revision) {
  if (auto checked = check(update); !checked) return checked.failure();
  const bool widen = widens(update.value, type_);
  const bool equal = !pending_ ? update.value.is_null()
                     : widen   ? pending_->value == widened(update.value)
                               : pending_->value == update.value;
  const bool same_quality = update.value.is_null() || (pending_ && pending_->quality == update.quality);
  if (equal && same_quality) return Applied{pending_, false};

  auto next = std::make_shared<Transition>();
  next->topic = name_;
  next->version = {epoch_, version_of(pending_).number + 1};
  next->revision = revision;
  next->value = widen ? widened(update.value) : update.value;
  next->changed_at = update.at;
  next->writer = update.writer;
  next->quality = update.quality;
  next->source_time = update.source_time;
  if (type_ == ValueType::null && !next->value.is_null()) learn_type(next->value);
  pending_ = std::move(next);
  return Applied{pending_, true};
}

void Topic::commit(State state, TimePoint now) {
  committed_ = std::move(state);
  changed_at_ = now;
}

}  // namespace hoiku::broker
