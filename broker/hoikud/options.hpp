// options.hpp: hoikud's command line and its options.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "broker/server/log.hpp"
#include "hoiku/link/link.hpp"
#include "hoiku/proto/limits.hpp"

namespace hoiku::broker {

struct Options {
  std::vector<std::string> listen;
  bool insecure = false;
  LinkKind link = default_link_kind;
  link::SocketAccess socket;
  LogLevel log_level = LogLevel::info;
  Limits limits;
  std::string config;               // the configuration file; empty: none
  bool is_log_level_typed = false;  // on the command line, which overrides the file
};

// Returns the options, or the status to end with: 0 after --help, --version and --print-config, which print to stdout;
// 2 after an error, one sentence on stderr.
std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace hoiku::broker
