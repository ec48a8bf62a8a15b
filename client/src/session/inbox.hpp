// inbox.hpp: what the two kinds of inboxes share: their items, and how the versions between two transitions are
// counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hoiku/client/lagged.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/transition_view.hpp"

namespace hoiku::client {

using TransitionPtr = std::shared_ptr<const Transition>;

// The broker's counts of the versions before a transition.
struct GapCounts {
  std::uint64_t lagged = 0;
  std::uint64_t filtered = 0;
  std::uint64_t count_baseline = 0;  // the version at which these counts begin; 0: not said
};

// An item for the reader. Its transition, texts and values are of the inbox, until the next item is taken.
struct InboxItem {
  struct Previous {
    Version version;
    ValueView value;
  };

  const TransitionView* transition = nullptr;  // null: the end of the snapshot
  std::optional<Previous> previous;            // nothing: the reader has not seen the topic before
  std::uint64_t skipped = 0;
  std::uint64_t filtered = 0;
  std::optional<Lagged> lagged;  // mode every: the versions that the reader was not given
};

// Number 0 means "not set", in any epoch.
bool is_unset(const Version& version) noexcept;
// Whether a reader that has received `last` has also received `next`.
bool is_duplicate(const Version& last, const Version& next) noexcept;
// The state of a topic that a restarted broker does not have. Nobody wrote this transition: it has neither time nor
// writer, and the version that means "never set".
TransitionPtr unset_by_restart(const std::string& topic, std::uint64_t revision);
// Versions that a reader skips when it sees `to` after `from`. Unknown across epochs: 0.
std::uint64_t versions_between(const Version& from, const Version& to) noexcept;
// How many versions between `last` and `next` did not pass the filter. `counts` came with `next`, and begin either
// after `last` or at their `count_baseline`; a reader that resumes is complete up to there, so the versions before did
// not pass.
std::uint64_t filtered_between(const std::optional<Version>& last, const Version& next,
                               const GapCounts& counts) noexcept;

}  // namespace hoiku::client
