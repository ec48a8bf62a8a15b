#include "hoiku/proto/quality.hpp"

namespace hoiku {

std::string_view to_string(Quality quality) {
  switch (quality) {
    case Quality::live:
      return "live";
    case Quality::stale:
      return "stale";
    case Quality::orphaned:
      return "orphaned";
  }
  return "unknown";
}

std::optional<Quality> parse_quality(std::string_view name) {
  for (const Quality quality : {Quality::live, Quality::stale, Quality::orphaned}) {
    if (name == to_string(quality)) return quality;
  }
  return std::nullopt;
}

}  // namespace hoiku
