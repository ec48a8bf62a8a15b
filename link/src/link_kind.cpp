#include "hoiku/link/link_kind.hpp"

#include <array>

#include "link/src/zmq/link.hpp"

namespace hoiku {

std::span<const LinkKind> link_kinds() noexcept {
  static constexpr std::array kinds{LinkKind::zmtp, LinkKind::libzmq};
  return std::span(kinds).first(link::has_zmq_link() ? 2 : 1);
}

std::string link_kinds_text() {
  std::string names;
  for (const LinkKind kind : link_kinds()) names.append(names.empty() ? "" : ", ").append(to_string(kind));
  return names;
}

std::string_view to_string(LinkKind kind) noexcept { return kind == LinkKind::zmtp ? "zmtp" : "libzmq"; }

std::optional<LinkKind> parse_link_kind(std::string_view name) noexcept {
  for (const LinkKind kind : link_kinds()) {
    if (to_string(kind) == name) return kind;
  }
  return {};
}

}  // namespace hoiku
