// config.hpp: hoikud's configuration as a file, in TOML. The one place that knows the TOML library.
//
//     listen = ["tcp://127.0.0.1:7411", "ipc:///run/hoiku.sock"]
//     session-timeout = "5s"
//
//     [limits]
//     topics-max = 10000
//
// The keys are the names of the command line's options. A missing key keeps its default.
//
// Errors     invalid_argument: one sentence with the file, the line and column, the key, and what is allowed there.
// Limits     a file has at most 1 MiB.
#pragma once

#include <string>
#include <string_view>

#include "broker/hoikud/options.hpp"
#include "hoiku/proto/error.hpp"

namespace hoiku::broker {

// Applies the text of a file called `name` to `options`, all or nothing.
Result<void> apply_config(std::string_view text, const std::string& name, Options& options);
// Reads the file, and applies it.
Result<void> read_config(const std::string& path, Options& options);

// Reads the log level again that these options ask for: the command line's, or the file's, which may have changed.
// Errors: also if there is no file, or one that cannot be read again, such as a pipe.
Result<LogLevel> reread_log_level(const Options& options);

// Returns a file that sets all of `options`, with a comment at each key.
std::string config_text(const Options& options);

}  // namespace hoiku::broker
