// command.hpp: ZMTP's commands: a name and data. The data of READY is a list of properties.
//
// Promises   pure. Views are of the bytes that were given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hoiku::link::zmtp {

struct Command {
  std::string_view name;
  std::string_view data;
};

using Property = std::pair<std::string_view, std::string_view>;  // name and value

// Returns nothing if the body of a frame is not a command.
std::optional<Command> read_command(std::string_view body);
// Returns nothing if the bytes are not a list of properties.
std::optional<std::vector<Property>> read_properties(std::string_view data);
// Returns true if two names of properties are the same: ZMTP does not tell upper case from lower case there.
bool is_same_property(std::string_view name, std::string_view other) noexcept;

// Returns a whole frame.
std::string write_command(std::string_view name, std::string_view data);
void append_property(std::string& data, std::string_view name, std::string_view value);

}  // namespace hoiku::link::zmtp
