// qualified.hpp: values with their quality: with_quality(heat) in a composite, or as a reader of its own.
//
//   auto states = with_quality(heat).eventual_values();                 // each next() returns a Qualified<double>
//   auto both = compose_values(with_quality(heat), fan);                // its first member is a Qualified<double>
//
// A change of the quality alone is a new state of such a reader, and ends no hold by itself: a hold without a condition
// needs value and quality unchanged, and one with a condition goes by the condition alone.
#pragma once

#include <concepts>
#include <functional>
#include <utility>

#include "hoiku/client/topic.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The values of a topic with their quality, to be read. Cheap to copy, as the topic is.
template <TopicType T>
class QualifiedTopic {
 public:
  explicit QualifiedTopic(Topic<T> topic) : topic_(std::move(topic)) {}
  const Topic<T>& topic() const noexcept { return topic_; }

  // The same readers as Topic::eventual_values(). A callable takes a Qualified<T>, or the value.
  template <detail::ValuesOption... Options>
  TopicValues<Qualified<T>> eventual_values(Options... options) const {
    return TopicValues<Qualified<T>>(topic_.core(), {}, detail::ValuesOptions::of(options...));
  }
  template <class P, detail::ValuesOption... Options>
    requires(!detail::ValuesOption<P>)
  TopicValues<Qualified<T>> eventual_values(P&& condition, Options... options) const {
    return TopicValues<Qualified<T>>(topic_.core(), test(std::forward<P>(condition)),
                                     detail::ValuesOptions::of(options...));
  }

 private:
  template <class P>
  static detail::StateTest test(P&& condition) {
    using D = std::decay_t<P>;
    if constexpr (std::predicate<D&, const Qualified<T>&>) {
      return detail::StateTest(detail::typed_test<Qualified<T>>(D(std::forward<P>(condition))));
    } else {
      detail::check_topic_condition<P, T>();
      return detail::state_test<T>(std::forward<P>(condition));
    }
  }

  Topic<T> topic_;
};

template <TopicType T>
QualifiedTopic<T> with_quality(Topic<T> topic) {
  return QualifiedTopic<T>(std::move(topic));
}

}  // namespace hoiku
