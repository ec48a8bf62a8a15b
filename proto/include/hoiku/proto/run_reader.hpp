// run_reader.hpp: the transitions of a run, decoded one by one when they are asked for.
//
// Lifetime   a transition's texts and value are of the reader, and stay as they are while it lives.
#pragma once

#include <cstdint>
#include <string_view>

#include "hoiku/proto/change.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/transition_view.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

class RunReader {
 public:
  // `topic`, which has to outlive the reader, and `epoch` are those of the run's slot.
  RunReader(Run run, std::string_view topic, std::uint64_t epoch) noexcept;
  RunReader(const RunReader&) = delete;
  RunReader& operator=(const RunReader&) = delete;

  // The next transition, until the next call. Null at the end, and if the run is malformed, which no decoded one is.
  const TransitionView* next() noexcept;
  bool is_malformed() const noexcept { return changes_.is_malformed(); }

 private:
  Run run_;
  ChangeReader changes_;
  bool is_first_ = true;
  TransitionView current_;
};

}  // namespace proto
}  // namespace hoiku
