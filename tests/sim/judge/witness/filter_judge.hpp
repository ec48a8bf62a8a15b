// filter_judge.hpp: judges filters and rates: which reader must get a state, which must not get it yet, and whether the
// counts of a delivery are right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/judge/witness/evidence.hpp"

namespace hoiku::model {

class FilterJudge {
 public:
  explicit FilterJudge(Evidence& evidence)
      : evidence_(evidence), model_(evidence.past.model()), limits_(evidence.limits) {}

  // Judges the delivery of the state with this index to a reader with a filter. `what` begins each complaint.
  void check_filter(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                    const std::string& what);
  void check_rate(Session& session, Reader& reader, const proto::Delivery& delivery, const Moment& built,
                  const std::string& what);
  // Returns the index of the latest state up to `revision` that the reader must have been sent; empty if none.
  std::optional<std::size_t> owed(const Reader& reader, const std::string& topic, std::uint64_t revision) const;
  // Returns true if the reader is within its interval: it may get the state later.
  bool may_rest(const Reader& reader, const Reader::Key& key, TimePoint instant) const;

 private:
  bool passes(const Reader& reader, const std::string& topic, std::size_t state) const;
  // Returns how many of the states between these two indices do not pass; 0 without a filter.
  std::uint64_t not_passing(const Reader& reader, const std::string& topic, std::size_t after, std::size_t until) const;
  void check_counts(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t before,
                    std::size_t index, const std::string& what);
  void check_count_baseline(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                            const std::string& what);

  Evidence& evidence_;
  const Model& model_;
  const Limits& limits_;
};

}  // namespace hoiku::model
