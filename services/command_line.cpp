#include "services/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

namespace hoiku::services {

bool parse_command_line(CLI::App& app, int argc, const char* const* argv, int& status) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      status = 0;
    } else {
      status = usage_error(app.get_name(), error.what());
    }
    return false;
  }
  return true;
}

int usage_error(const std::string& name, const std::string& sentence) {
  std::fprintf(stderr, "%s: %s; %s --help shows examples\n", name.c_str(), sentence.c_str(), name.c_str());
  return 2;
}

}  // namespace hoiku::services
