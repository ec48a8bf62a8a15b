// link_kind.hpp: the two implementations of the links over TCP and Unix sockets. Both speak ZeroMQ's protocol, so an
// end of one kind understands an end of the other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace [[gnu::visibility("default")]] hoiku {

enum class LinkKind : std::uint8_t {
  zmtp,    // our own, on the loop's thread
  libzmq,  // on ZeroMQ's library, which has a thread of its own; a build may be without it
};
inline constexpr LinkKind default_link_kind = LinkKind::zmtp;

// Returns the kinds that this build has.
std::span<const LinkKind> link_kinds() noexcept;
// Returns their names, as options and configurations have them: "zmtp, libzmq".
std::string link_kinds_text();
std::string_view to_string(LinkKind kind) noexcept;
// Returns nothing if this build has no kind of that name.
std::optional<LinkKind> parse_link_kind(std::string_view name) noexcept;

}  // namespace hoiku
