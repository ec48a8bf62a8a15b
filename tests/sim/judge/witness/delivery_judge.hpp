// delivery_judge.hpp: judges what readers are sent: each state once and in order, composites whole, snapshots and marks
// complete. Promises 1, 2, 4 and 5 of docs/promises.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/judge/witness/filter_judge.hpp"

namespace hoiku::model {

class DeliveryJudge {
 public:
  explicit DeliveryJudge(Evidence& evidence)
      : evidence_(evidence), model_(evidence.past.model()), limits_(evidence.limits), filters_(evidence) {}

  void check_delivery(Session& session, const proto::Delivery& delivery, const Moment& built);
  // Checks all composites of the session, after the deliveries of a frame.
  void check_composites(Session& session);
  void check_snapshot_end(Session& session, const proto::SnapshotEnd& end, const Moment& built);
  // Checks the mark that all readers of the session have everything up to `revision`.
  void check_completeness(Session& session, std::uint64_t revision, const Moment& built);
  // Checks that all readers of a session that keeps up have been sent everything.
  void check_readers(Session& session, TimePoint instant);

 private:
  void check_order(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                   const std::string& what);
  std::vector<std::size_t> states_before(const Reader& reader, const proto::Delivery& delivery) const;
  std::string complaint_of_gap(const Reader& reader, const proto::Delivery& delivery, std::size_t before,
                               std::size_t index) const;
  void check_composite(Session& session, proto::RequestId id, const Reader& reader);
  // A reader that is within its interval at `instant` may get the state later.
  void check_complete(Session& session, const Reader& reader, proto::RequestId id, std::uint64_t revision,
                      const char* what, std::optional<TimePoint> instant = {});

  Evidence& evidence_;
  Model& model_;
  const Limits& limits_;
  FilterJudge filters_;
};

}  // namespace hoiku::model
