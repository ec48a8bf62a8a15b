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

// Writes a Change as a field of a Delivery.
class ChangeWriter {
 public:
  explicit ChangeWriter(const Change& change) noexcept;  // the change has to outlive it
  std::size_t bytes() const noexcept { return bytes_; }  // that write() takes
  // Returns a view of the value as it was written.
  ValueView write(char* to) const noexcept;

 private:
  const Change& change_;
  std::size_t value_bytes_;
  std::size_t content_bytes_;  // of the Change itself
  std::size_t bytes_;
};

// Reads the contents of such a field. Its views are of the bytes. Nothing: they are malformed.
std::optional<Change> read_change(std::string_view contents) noexcept;

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
