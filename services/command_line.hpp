// command_line.hpp: how every program here reads its command line: --help goes to stdout with status 0, a mistake is
// one line on stderr with status 2.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace hoiku::services {

// False: all has been said, and the program ends with `status`.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv, int& status);

// The complaint in the same form; 2. For what only becomes clear when all options are known.
int complain(const std::string& name, const std::string& sentence);

}  // namespace hoiku::services
