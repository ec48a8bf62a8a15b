// link_kind.hpp: the two implementations of the links over TCP and Unix sockets. Both speak ZeroMQ's protocol, so an
// end of one kind understands an end of the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace [[gnu::visibility("default")]] hoiku {

enum class LinkKind : std::uint8_t {
  zmtp,    // our own, on the loop's thread; on trial
  libzmq,  // on ZeroMQ's library, which has a thread of its own
};
inline constexpr LinkKind default_link_kind = LinkKind::libzmq;

// The names in options and configurations.
inline constexpr std::string_view link_kinds_text = "zmtp, libzmq";
std::string_view to_string(LinkKind kind) noexcept;
// Returns nothing if no kind has that name.
std::optional<LinkKind> parse_link_kind(std::string_view name) noexcept;

}  // namespace hoiku
