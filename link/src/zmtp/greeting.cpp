#include "link/src/zmtp/greeting.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "hoiku/proto/text.hpp"

namespace hoiku::link::zmtp {
namespace {

// The parts of a greeting, by the offset of their first byte.
constexpr std::size_t signature_end_at = 9;
constexpr std::size_t major_version_at = 10;
constexpr std::size_t minor_version_at = 11;
constexpr std::size_t mechanism_at = 12;
constexpr std::size_t as_server_at = 32;
constexpr std::size_t mechanism_bytes_max = as_server_at - mechanism_at;

constexpr char signature_begin = '\xFF';
constexpr char signature_end = '\x7F';
constexpr int major_version = 3;
constexpr int minor_version = 1;

// How other protocols begin, for an answer that helps whoever has mistaken the port.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> other_protocols{{
    {"GET ", "HTTP"},
    {"POST ", "HTTP"},
    {"PUT ", "HTTP"},
    {"HEAD ", "HTTP"},
    {"OPTIONS ", "HTTP"},
    {"HTTP/", "HTTP"},
    {"SSH-", "SSH"},
    {"\x16\x03", "TLS"},
    {"\x10", "MQTT"},
}};

Failure refusal(std::string message) { return {ErrorCode::protocol_violation, std::move(message)}; }

Failure refusal_of_version(std::string_view version) {
  return refusal(fmt::format("it speaks ZMTP {}; 3.0 or newer is wanted", version));
}

Failure refusal_of_stranger(std::string_view bytes) {
  for (const auto& [beginning, protocol] : other_protocols) {
    if (bytes.starts_with(beginning)) return refusal(fmt::format("it speaks {}, not ZMTP", protocol));
  }
  return refusal(fmt::format("it does not speak ZMTP: its first bytes are {}", text::quote(bytes.substr(0, 16))));
}

}  // namespace

std::string write_greeting(const Greeting& greeting) {
  std::string bytes(greeting_bytes, '\0');
  bytes[0] = signature_begin;
  bytes[signature_end_at] = signature_end;
  bytes[major_version_at] = major_version;
  bytes[minor_version_at] = minor_version;
  std::copy(greeting.mechanism.begin(), greeting.mechanism.end(), bytes.begin() + mechanism_at);
  bytes[as_server_at] = greeting.as_server ? 1 : 0;
  return bytes;
}

Result<std::optional<Greeting>> read_greeting(std::string_view bytes) {
  std::optional<Greeting> greeting;
  if (bytes.empty()) return greeting;
  if (bytes[0] != signature_begin) {
    // ZMTP 1.0 has no signature. Its first frame names the peer: a length, then flags that are zero.
    if (bytes.size() > 1 && bytes[1] == '\0') return refusal_of_version("1.0");
    return refusal_of_stranger(bytes);
  }
  if (bytes.size() > signature_end_at && bytes[signature_end_at] != signature_end) return refusal_of_version("1.0");
  if (bytes.size() > major_version_at && static_cast<unsigned char>(bytes[major_version_at]) < major_version)
    return refusal_of_version("2.0");
  if (bytes.size() < greeting_bytes) return greeting;

  const std::string_view mechanism = bytes.substr(mechanism_at, mechanism_bytes_max);
  greeting.emplace();
  greeting->mechanism = mechanism.substr(0, mechanism.find('\0'));
  greeting->as_server = bytes[as_server_at] != 0;
  return greeting;
}

}  // namespace hoiku::link::zmtp
