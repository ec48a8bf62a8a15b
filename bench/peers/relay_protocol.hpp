// relay_protocol.hpp: what the relay and its clients send each other: a header, the topic's name, the value. Numbers
// are in the machine's own order, since both ends are on one machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hoiku::bench {

enum class RelayKind : std::uint8_t {
  set,           // to the relay
  subscribe,     // to the relay, which acknowledges it and sends the value that it has
  value,         // to a reader
  acknowledged,  // to the writer, or to a new reader
};

struct RelayHeader {
  RelayKind kind = RelayKind::set;
  std::uint8_t topic_bytes = 0;
  std::uint16_t value_bytes = 0;
  std::uint32_t unused = 0;
  std::uint64_t version = 0;
};

inline void append_frame(std::string& out, RelayKind kind, std::uint64_t version, std::string_view topic,
                         std::string_view value) {
  const RelayHeader header{kind, static_cast<std::uint8_t>(topic.size()), static_cast<std::uint16_t>(value.size()), 0,
                           version};
  out.append(reinterpret_cast<const char*>(&header), sizeof header).append(topic).append(value);
}

inline RelayHeader header_of(std::string_view frame) {
  RelayHeader header;
  std::memcpy(&header, frame.data(), sizeof header);
  return header;
}

}  // namespace hoiku::bench
