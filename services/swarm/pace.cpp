#include "services/swarm/pace.hpp"

#include <fmt/format.h>

namespace hoiku::services {

Tally operator-(const Tally& later, const Tally& earlier) {
  Tally difference;
  difference.acknowledged = later.acknowledged - earlier.acknowledged;
  difference.late_rounds = later.late_rounds - earlier.late_rounds;
  difference.errors = later.errors - earlier.errors;
  difference.lost_links = later.lost_links - earlier.lost_links;
  return difference;
}

std::string report_text(const std::string& when, const Tally& tally) {
  return fmt::format("{:>8}  {:>8} sets acknowledged  {:>5} late rounds  {:>3} errors  {:>3} lost links", when,
                     tally.acknowledged, tally.late_rounds, tally.errors, tally.lost_links);
}

std::string report_json(double seconds, bool total, const Tally& tally) {
  return fmt::format(
      R"({{"seconds":{:.3f},"total":{},"acknowledged":{},"late_rounds":{},"errors":{},"lost_links":{}}})", seconds,
      total, tally.acknowledged, tally.late_rounds, tally.errors, tally.lost_links);
}

}  // namespace hoiku::services
