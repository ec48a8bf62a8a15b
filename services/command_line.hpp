// command_line.hpp: begins a service's main: reads the command line, and ignores the signals that would kill a service
// for nothing (ignore_stray_signals). --help goes to stdout with status 0; a usage error is one line on stderr with
// status 2.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace hoiku::services {

// False: there is nothing more to do, and the program ends with `status`. An option with an empty argument is an error:
// a shell makes one of a variable that is not set.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv, int& status);

// Prints a usage error in the same form and returns 2. For errors that only all options together show.
int usage_error(const std::string& name, const std::string& sentence);

// Returns `status`, or 1 after a line on stderr if what the program wrote to stdout could not be written.
int flushed(const std::string& name, int status);

}  // namespace hoiku::services
