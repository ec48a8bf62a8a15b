#include "hoiku/proto/version.hpp"

#include <fmt/format.h>

#include <charconv>

#include "hoiku/proto/text.hpp"

namespace hoiku {
namespace {

// Reads the whole text as one number.
bool read(std::string_view text, int base, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && stop == end;
}

}  // namespace

std::string to_string(const Version& version) {
  if (version.number == 0) return "0";
  return fmt::format("{}@{:016x}", version.number, version.epoch);
}

Result<Version> parse_version(std::string_view text) {
  const auto refused = [&](const char* why) {
    return Failure{ErrorCode::invalid_argument, text::quote(text) + why +
                                                    ": write it as --json shows it, such as 12@9f3c41d2a07be915, or 0 "
                                                    "for a topic that is not set"};
  };
  Version version;
  const auto at = text.find('@');
  if (!read(text.substr(0, at), 10, version.number)) return refused(" is not a version");
  if (at == std::string_view::npos) {
    if (version.number == 0) return version;
    return refused(" has no epoch, so it could be the version of another life of the topic");
  }
  if (!read(text.substr(at + 1), 16, version.epoch) || version.epoch == 0 || version.number == 0)
    return refused(" is not a version");
  return version;
}

}  // namespace hoiku
