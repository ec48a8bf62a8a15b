// version.hpp: versions as people and scripts write them: 12@9f3c41d2a07be915.
#pragma once

#include <string>
#include <string_view>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/transition.hpp"

namespace [[gnu::visibility("default")]] hoiku {

// The number, "@", and the epoch in hexadecimal digits; "0" if the topic was never set. parse_version() reads the same
// version back.
std::string to_string(const Version& version);

// A number other than 0 needs an epoch: without it the version could be of another life of the topic. Errors:
// invalid_argument, which quotes the text and shows the form.
Result<Version> parse_version(std::string_view text);

}  // namespace hoiku
