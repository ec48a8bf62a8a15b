// service.hpp: what the robot's programs have in common: a command line, and a Bus that says what happens to it.
#pragma once

#include <optional>
#include <string>

#include "hoiku/hoiku.hpp"

namespace hoiku::services {

struct ServiceOptions {
  std::string endpoint;
};

// Reads --endpoint (or HOIKU_ENDPOINT) and --help. Nothing: all has been said, and the program ends with `status`.
std::optional<ServiceOptions> parse_service_options(int argc, const char* const* argv, const std::string& name,
                                                    const std::string& description, int& status);

// Connects under that name. Whatever happens to the connection later is one line on stderr.
Task<Bus> connect(Nursery& nursery, ServiceOptions options, std::string name);

// Runs `body` with a Bus until it ends or a signal comes; the program's exit status.
int serve(const ServiceOptions& options, const std::string& name, Task<> (*body)(Nursery& nursery, Bus bus));

}  // namespace hoiku::services
