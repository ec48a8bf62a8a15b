// member.hpp: what a reader of the latest state gives for each topic: a value, or a value with its quality.
#pragma once

#include <utility>

#include "hoiku/client/topic_core.hpp"
#include "hoiku/client/topic_type.hpp"
#include "hoiku/proto/quality.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// A value and whether it can be trusted. The quality of an unset topic (T is an optional) is live, or orphaned if the
// end of a lease unset it.
template <class T>
struct Qualified {
  Qualified() = default;
  Qualified(T v, Quality how) : value(std::move(v)), quality(how) {}
  T value{};
  Quality quality = Quality::live;
  friend bool operator==(const Qualified&, const Qualified&) = default;
};

namespace detail {

template <class M>
struct MemberTraits {
  using Content = M;
  static constexpr QualityUse quality_use = QualityUse::none;
  static M from(const Transition& state) { return from_value<M>(state.value, state.topic); }
};

template <class T>
struct MemberTraits<Qualified<T>> {
  using Content = T;
  static constexpr QualityUse quality_use = QualityUse::shown;
  static Qualified<T> from(const Transition& state) {
    return Qualified<T>(from_value<T>(state.value, state.topic), state.quality);
  }
};

template <class M>
concept MemberType = TopicType<typename MemberTraits<M>::Content>;

template <MemberType M>
constexpr MemberUse member_use() {
  using T = typename MemberTraits<M>::Content;
  return MemberUse{is_optional<T> ? Required::known : Required::set, MemberTraits<M>::quality_use};
}

}  // namespace detail
}  // namespace hoiku
