#include "services/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

#include "hoiku/async/line_writer.hpp"
#include "hoiku/async/signals.hpp"

namespace hoiku::services {
namespace {

bool has_empty_argument(const CLI::Option* option) {
  const std::vector<std::string>& results = option->results();
  return std::find(results.begin(), results.end(), "") != results.end();
}

}  // namespace

bool parse_command_line(CLI::App& app, int argc, const char* const* argv, int& status) {
  ignore_stray_signals();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      status = flushed(app.get_name(), 0);
    } else {
      status = usage_error(app.get_name(), error.what());
    }
    return false;
  }
  const std::vector<CLI::Option*> options = app.get_options();
  const auto empty = std::find_if(options.begin(), options.end(), has_empty_argument);
  if (empty == options.end()) return true;
  status = usage_error(app.get_name(), (*empty)->get_name() + " is empty");
  return false;
}

int usage_error(const std::string& name, const std::string& sentence) {
  std::fprintf(stderr, "%s: %s; %s --help shows examples\n", name.c_str(), sentence.c_str(), name.c_str());
  return 2;
}

int flushed(const std::string& name, int status) {
  std::cout.flush();
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (!written) {
    std::fprintf(stderr, "%s: cannot write: %s\n", name.c_str(), std::generic_category().message(errno).c_str());
    return 1;
  }
  const bool waits = !flush_lines();
  if (const std::uint64_t dropped = dropped_prints(); waits || dropped > 0) {
    std::fprintf(stderr, "%s: cannot write: %s\n", name.c_str(),
                 waits ? "nobody reads the output" : ("lines dropped: " + std::to_string(dropped)).c_str());
    return 1;
  }
  return status;
}

}  // namespace hoiku::services
