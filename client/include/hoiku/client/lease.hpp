// lease.hpp: Lease, which Topic::own returns: while it lives, only this Bus may write the topic. Also the options of
// Topic::declare.
//
//   Lease lease = co_await yaw.own(last_will(0.0));
//   co_await lease.lost();                                              // never, if nothing takes it away
//
// Lifetime   the object holds the lease. When it is destroyed or released, and when the Bus ends, the topic becomes its
//            last will at once; when the whole service dies, as soon as the broker notices (the session's timeout).
//            Neither waits.
// Lost       when another service takes over, when another owns the topic as this Bus reconnects after a lost session,
//            or when the time of lasting() has passed. Then writes fail with not_owner, and lost() completes. A lost
//            lease stays lost.
// Thread     the loop's. Releasing or destroying a lease on another thread, before the Bus has ended, ends the program
//            with a sentence that says so.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "hoiku/client/options.hpp"
#include "hoiku/client/topic_core.hpp"
#include "hoiku/client/topic_type.hpp"
#include "hoiku/proto/value.hpp"

namespace [[gnu::visibility("default")]] hoiku {

class Lease {
 public:
  class Impl;
  explicit Lease(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&& other) noexcept {
    release();
    impl_ = std::move(other.impl_);
    return *this;
  }
  ~Lease() { release(); }

  // Releases the lease now. Does nothing if it is lost or was released before.
  void release() noexcept;
  bool is_lost() const;  // also when the Bus has ended
  // Completes when the lease is lost; never if it was released or moved from. Throws Closed, or the error that ended
  // the Bus, when the Bus has ended.
  Task<> lost() const;
  // Returns why it was lost, as a sentence for people; empty while it is not.
  std::string why_lost() const;

 private:
  std::shared_ptr<Impl> impl_;  // null: moved from
};

namespace detail {

template <class Option>
concept DeclareOption = AnyOf<Option, TopicDeadline, NoDeadline, TopicHistory>;

template <class Option>
inline constexpr bool is_last_will = false;
template <class V>
inline constexpr bool is_last_will<LastWill<V>> = true;

template <class Option, class T>
concept OwnOption = AnyOf<Option, TakeOver, Lasting> || is_last_will<Option>;

template <TopicType T>
std::string declared_message_type() {
  if constexpr (is_optional<T>)
    return declared_message_type<typename T::value_type>();
  else if constexpr (requires { TopicTraits<T>::message_type(); })
    return TopicTraits<T>::message_type();
  else
    return {};
}

class DeclareOptions {
 public:
  template <TopicType T, DeclareOption... Options>
  static DeclareOptions of(const Options&... options) {
    DeclareOptions made;
    made.type = declared_type<T>();
    made.message_type = declared_message_type<T>();
    (made.take(options), ...);
    return made;
  }

  ValueType type = ValueType::null;  // null: not declared
  std::string message_type;
  std::optional<std::chrono::nanoseconds> deadline;  // 0: none
  std::optional<std::uint64_t> history;

 private:
  void take(const TopicDeadline& option) { deadline = option.value(); }
  void take(const NoDeadline&) { deadline = std::chrono::nanoseconds(0); }
  void take(const TopicHistory& option) { history = option.value(); }
};

class OwnOptions {
 public:
  template <TopicType T, OwnOption<T>... Options>
  static OwnOptions of(const std::string& topic, const Options&... options) {
    OwnOptions made;
    (made.take<T>(topic, options), ...);
    return made;
  }

  Value last_will;  // null: the topic becomes unset
  bool take_over = false;
  std::chrono::nanoseconds lasting{0};  // 0: as long as the session

 private:
  template <TopicType T, class Option>
  void take(const std::string& topic, const Option& option) {
    if constexpr (std::same_as<Option, TakeOver>) {
      take_over = true;
    } else if constexpr (std::same_as<Option, Lasting>) {
      lasting = option.value();
    } else {
      static_assert(std::convertible_to<decltype(option.value()), T>,
                    "the last will of a topic is a value of the topic's type");
      last_will = to_value<T>(option.value(), topic);
    }
  }
};

Task<> declare_topic(TopicCore topic, DeclareOptions options);
Task<> undeclare_topic(TopicCore topic);
Task<Lease> own_topic(TopicCore topic, OwnOptions options);

}  // namespace detail
}  // namespace hoiku
