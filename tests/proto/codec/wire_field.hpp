// wire_field.hpp: fields of Protobuf's wire format by hand, for frames that no encoder writes.
#pragma once

#include <cstddef>
#include <string>

namespace hoiku::proto {

// A field whose value is bytes, for numbers below 16.
inline std::string field(unsigned number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  for (std::size_t size = content.size();; size >>= 7) {
    out += static_cast<char>(size >= 0x80 ? (size & 0x7F) | 0x80 : size);
    if (size < 0x80) break;
  }
  return out + content;
}

// A field whose value is a number below 128.
inline std::string number_field(unsigned number, unsigned small_value) {
  return {static_cast<char>(number << 3), static_cast<char>(small_value)};
}

}  // namespace hoiku::proto
