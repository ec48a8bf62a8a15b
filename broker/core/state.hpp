// state.hpp: the state of a topic after one transition, in one block of memory: what the broker asks of it, and the
// Change that its readers are sent.
//
// Promises   immutable. A State shares its record; the record is gone with the last one.
// Thread     the core's: the counts are not atomic, and the memory of records is used again by the same thread.
// Cost       making one encodes its Change, once for all readers. value() and transition() decode it at the first call;
//            the copy stays until release_copies(), which the core calls at the end of each of its calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "broker/core/shared_text.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/value_view.hpp"

namespace hoiku::broker {

class State;
struct StateParts;

class StateRecord {
 public:
  const std::string& topic() const noexcept { return topic_.text(); }
  const SharedText& topic_text() const noexcept { return topic_; }
  const Version& version() const noexcept { return version_; }
  std::uint64_t revision() const noexcept { return revision_; }
  ValueView view() const noexcept;
  bool is_unset() const noexcept { return type_ == ValueType::null; }
  ValueType type() const noexcept { return type_; }
  std::size_t payload_bytes() const noexcept { return payload_bytes_; }
  WallTime changed_at() const noexcept { return changed_at_; }
  const std::string& writer() const noexcept { return writer_.text(); }
  const SharedText& writer_text() const noexcept { return writer_; }
  Quality quality() const noexcept { return quality_; }
  std::optional<WallTime> source_time() const noexcept;

  // An upper bound of what it takes in a frame, as proto::size_of() of its Transition.
  std::size_t bound() const noexcept { return bound_; }
  // The same as the field of a Delivery (change.hpp). Its steps are those from the state that it replaced.
  std::string_view change() const noexcept { return {bytes(), change_bytes_}; }

  const Value& value() const { return transition()->value; }
  const std::shared_ptr<const Transition>& transition() const;

 private:
  friend class State;
  friend void release_copies() noexcept;
  StateRecord(StateParts&& parts, const ValueView& value, std::uint32_t change_bytes) noexcept;
  const char* bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  mutable std::uint32_t owners_ = 1;
  std::uint32_t change_bytes_ = 0;
  SharedText topic_;
  SharedText writer_;
  Version version_;
  std::uint64_t revision_ = 0;
  WallTime changed_at_{};
  std::int64_t source_time_us_ = 0;
  std::uint64_t bits_ = 0;  // of a number, or where the content of the value begins
  std::uint32_t bound_ = 0;
  std::uint32_t payload_bytes_ = 0;
  std::uint32_t type_name_bytes_ = 0;  // of a message
  std::uint32_t type_name_at_ = 0;
  ValueType type_ = ValueType::null;
  Quality quality_ = Quality::live;
  bool has_source_time_ = false;
  mutable std::shared_ptr<const Transition> transition_;
};

// The parts from which a state is made.
struct StateParts {
  SharedText topic;
  Version version;
  std::uint64_t revision = 0;
  ValueView value;
  WallTime changed_at{};
  SharedText writer;
  Quality quality = Quality::live;
  std::optional<WallTime> source_time;
};

// Shares a record; null: never set.
class State {
 public:
  State() = default;
  State(std::nullptr_t) noexcept {}
  // `before`: the state that it replaces.
  static State make(StateParts&& parts, const State& before);
  State(const State& other) noexcept : record_(other.record_) {
    if (record_ != nullptr) ++record_->owners_;
  }
  State(State&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  State& operator=(State other) noexcept {
    std::swap(record_, other.record_);
    return *this;
  }
  ~State() {
    if (record_ != nullptr && --record_->owners_ == 0) destroy(record_);
  }

  explicit operator bool() const noexcept { return record_ != nullptr; }
  const StateRecord* operator->() const noexcept { return record_; }
  const StateRecord& operator*() const noexcept { return *record_; }
  void reset() noexcept { *this = State(); }
  // Whether it is the same record.
  friend bool operator==(const State& a, const State& b) noexcept { return a.record_ == b.record_; }

 private:
  friend class StateRecord;  // shares itself
  static void destroy(const StateRecord* record) noexcept;

  const StateRecord* record_ = nullptr;
};

// Lets the copies go that value() and transition() have made on this thread. Who holds one shares it on.
void release_copies() noexcept;

// On the stack of a call of the core: nothing of it is left on the thread afterwards.
struct CopiesOfOneCall {
  CopiesOfOneCall() = default;
  CopiesOfOneCall(const CopiesOfOneCall&) = delete;
  CopiesOfOneCall& operator=(const CopiesOfOneCall&) = delete;
  ~CopiesOfOneCall() { release_copies(); }
};

// The value of a state; null if the state is.
inline std::shared_ptr<const Value> value_of(const State& state) {
  return state ? std::shared_ptr<const Value>(state->transition(), &state->transition()->value) : nullptr;
}

}  // namespace hoiku::broker
