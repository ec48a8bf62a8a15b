// change.hpp: a transition as it travels in a run: what it has, and how it differs from the transition before it of the
// same topic. A run is a Delivery with many of them.
//
// The broker encodes a Change once, when the transition is made, and copies it into the frames of all readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/quality.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/value_view.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

struct Change {
  std::uint64_t revision_step = 0;  // the revision, less that of the transition before
  std::chrono::microseconds time_step{0};
  ValueView value;
  Quality quality = Quality::live;
  std::optional<WallTime> source_time;
  std::optional<std::string_view> writer;  // nothing: the writer of the transition before
};

// The bytes that write() takes.
std::size_t encoded_bytes(const Change& change) noexcept;
// Writes the Change as a field of a Delivery, and returns it as it is there: its views are of the written bytes.
Change write(const Change& change, char* to) noexcept;

// Reads the changes of a run, in their order.
class ChangeReader {
 public:
  // `changes`: of a Run.
  explicit ChangeReader(std::string_view changes) noexcept : rest_(changes) {}
  // The next one, whose views are of the bytes; nothing at the end, and if they are malformed.
  std::optional<Change> next() noexcept;
  bool is_malformed() const noexcept { return malformed_; }

 private:
  std::string_view rest_;
  bool malformed_ = false;
};

}  // namespace proto
}  // namespace hoiku
