// transition_view.hpp: a transition whose texts and value belong to somebody else: to a Transition, or to a frame.
//
// Lifetime   that of the texts and the value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/value_view.hpp"

namespace [[gnu::visibility("default")]] hoiku {

struct TransitionView {
  TransitionView() = default;
  TransitionView(const Transition& transition) noexcept;
  Transition copy() const;

  std::string_view topic;
  Version version;
  std::uint64_t revision = 0;
  ValueView value;
  WallTime changed_at{};
  std::string_view writer;
  Quality quality = Quality::live;
  std::optional<WallTime> source_time;
};

}  // namespace hoiku
