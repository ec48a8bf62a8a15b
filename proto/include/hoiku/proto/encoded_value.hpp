// encoded_value.hpp: one value from and to bytes, as the message Value of hoiku.proto.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "hoiku/proto/value_view.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

// The bytes that write_value() takes.
std::size_t encoded_bytes(const ValueView& value) noexcept;
// Returns the end of what it has written, and points the views of `value` there.
char* write_value(ValueView& value, char* to) noexcept;
// Makes `value` a view of the bytes. False: they are not a value of a known kind.
bool read_value(std::string_view bytes, ValueView& value) noexcept;

}  // namespace proto
}  // namespace hoiku
