// service.hpp: the common part of the robot's programs: the command line. What runs a service is in hoiku/service.hpp.
#pragma once

#include <optional>
#include <string>

#include "hoiku/service.hpp"

namespace CLI {
class App;
}

namespace hoiku::services {

struct ServiceOptions {
  std::string endpoint;
};

// Adds --endpoint, whose default is HOIKU_ENDPOINT, for a program with options of its own (command_line.hpp). A wrong
// HOIKU_ENDPOINT is a usage error, unless --endpoint is given. Sets the callback of `app`.
void add_endpoint_option(CLI::App& app, ServiceOptions& options);

// For a program without other options. Empty: there is nothing more to do, and the program ends with `status`.
std::optional<ServiceOptions> parse_service_options(int argc, const char* const* argv, const std::string& name,
                                                    const std::string& description, int& status);

}  // namespace hoiku::services
