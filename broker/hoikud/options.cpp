#include "broker/hoikud/options.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

#include "broker/hoikud/config.hpp"
#include "broker/hoikud/settings.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

constexpr int status_of_failure = 1;
constexpr int status_of_usage_error = 2;

constexpr const char* examples =
    "\nExamples:\n"
    "  hoikud                                          on this machine only, port 7411\n"
    "  hoikud --listen ipc:///run/hoiku.sock           through a Unix socket\n"
    "  hoikud --listen tcp://127.0.0.1:7411 --listen ipc:///run/hoiku.sock\n"
    "  hoikud --listen ipc:///run/hoiku.sock --socket-mode 660 --socket-group robot   for one group\n"
    "  hoikud --listen tcp://*:7411 --insecure         for every machine that can reach this one\n"
    "  hoikud --print-config > hoikud.toml             a file with every setting, ready to edit\n"
    "  hoikud --config hoikud.toml --log-level debug   the command line overrides the file\n"
    "\n"
    "Signals: SIGTERM and SIGINT end hoikud after every client has been told, and it then dies of the signal; SIGHUP\n"
    "reads log-level in the configuration file again.\n"
    "Exit status: 143 after SIGTERM, 130 after SIGINT; 1 if hoikud cannot listen or write; 2 for a wrong command line\n"
    "or configuration.\n";

// The arguments as they were typed. A missing one keeps the file's setting, or the default.
struct RawArguments {
  std::vector<std::string> listen;
  bool insecure = false;
  std::string link;
  std::string socket_mode;
  std::string socket_group;
  std::string level;
  std::string session_timeout;
  std::string topics_max;
  std::string values_bytes_max;
  std::string sessions_max;
  std::string config;
  bool print_config = false;
};

int usage_error(const std::string& sentence) {
  std::fprintf(stderr, "error: %s\n", sentence.c_str());
  return status_of_usage_error;
}

int print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) != EOF && std::fflush(stdout) == 0) return 0;
  std::fprintf(stderr, "error: cannot write: %s\n", std::generic_category().message(errno).c_str());
  return status_of_failure;
}

// ---- Checks for CLI11: each returns an error, or an empty string. CLI11's own errors speak of C++ types.

std::string check_level(const std::string& text) {
  const auto level = parse_log_level(text);
  return level ? std::string() : level.failure().message;
}

std::string check_link(const std::string& text) {
  return parse_link_kind(text) ? std::string() : text::quote(text) + " is not one of " + link_kinds_text();
}

std::string check_socket_mode(const std::string& text) {
  const auto mode = parse_socket_mode(text);
  return mode ? std::string() : mode.failure().message;
}

std::string check_duration(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? std::string() : duration.failure().message;
}

// Returns nothing if the text is not a number within the setting's range.
std::optional<std::size_t> read_count(const LimitSetting& setting, const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || number < setting.least || number > setting.most) return std::nullopt;
  return number;
}

void add_limit_option(CLI::App& app, const char* limit, std::string& text, const char* description) {
  const LimitSetting& setting = *find_limit(limit);
  app.add_option("--" + std::string(limit), text, description)
      ->check([&setting](const std::string& typed) {
        return read_count(setting, typed) ? std::string() : text::quote(typed) + " is not " + allowed_text(setting);
      })
      ->type_name("N")
      ->default_str(std::to_string(Limits().*setting.limit));
}

void describe(CLI::App& app, RawArguments& typed) {
  app.footer(examples);
  app.set_version_flag("--version", std::string("hoikud ") + HOIKU_VERSION);
  app.add_option("--listen", typed.listen,
                 "Endpoint to listen at: tcp://HOST:PORT or ipc://PATH; may be given several times")
      ->type_name("ENDPOINT")
      ->default_str(std::string(link::default_endpoint))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--insecure", typed.insecure, "Allow endpoints that other machines can reach, without authentication");
  app.add_option("--link", typed.link,
                 "Who speaks ZeroMQ's protocol: hoikud itself (zmtp), or ZeroMQ's library (libzmq)")
      ->check(check_link)
      ->type_name("zmtp|libzmq")
      ->default_str(std::string(to_string(default_link_kind)));
  app.add_option("--socket-mode", typed.socket_mode,
                 "Mode of the files of Unix sockets: who may write may connect. Without it, the umask decides")
      ->check(check_socket_mode)
      ->type_name("MODE");
  app.add_option("--socket-group", typed.socket_group, "Group of the files of Unix sockets")
      ->check(
          [](const std::string& group) { return group.empty() ? std::string("the group is empty") : std::string(); })
      ->type_name("GROUP");
  app.add_option("--log-level", typed.level, "Minimum log level on stderr")
      ->check(check_level)
      ->type_name("debug|info|warn|error")
      ->default_str("info");
  app.add_option("--session-timeout", typed.session_timeout,
                 "Silence after which a client's session expires, unless the client asks for another time")
      ->check(check_duration)
      ->type_name("DURATION")
      ->default_str(duration_text(Limits().session_timeout_default));
  add_limit_option(app, "topics-max", typed.topics_max, "Maximum number of topics");
  add_limit_option(app, "values-bytes-max", typed.values_bytes_max,
                   "Maximum bytes of the values of all topics together");
  add_limit_option(app, "sessions-max", typed.sessions_max, "Maximum number of clients");
  app.add_option("--config", typed.config, "Configuration file in TOML: these settings, and more limits")
      ->type_name("FILE");
  app.add_flag("--print-config", typed.print_config, "Print the effective settings as a configuration file, and exit");
}

void apply(const RawArguments& typed, bool has_insecure, Options& options) {
  if (!typed.listen.empty()) options.listen = typed.listen;
  if (options.listen.empty()) options.listen.emplace_back(link::default_endpoint);
  if (has_insecure) options.insecure = typed.insecure;
  if (!typed.link.empty()) options.link = *parse_link_kind(typed.link);
  if (!typed.socket_mode.empty()) options.socket.mode = *parse_socket_mode(typed.socket_mode);
  if (!typed.socket_group.empty()) options.socket.group = typed.socket_group;
  if (!typed.level.empty()) options.log_level = *parse_log_level(typed.level);
  if (!typed.session_timeout.empty()) {
    options.limits.session_timeout_default =
        std::chrono::duration_cast<std::chrono::milliseconds>(*parse_duration(typed.session_timeout));
  }
  if (!typed.topics_max.empty()) options.limits.topics_max = *read_count(*find_limit("topics-max"), typed.topics_max);
  if (!typed.values_bytes_max.empty())
    options.limits.values_bytes_max = *read_count(*find_limit("values-bytes-max"), typed.values_bytes_max);
  if (!typed.sessions_max.empty())
    options.limits.sessions_max = *read_count(*find_limit("sessions-max"), typed.sessions_max);
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
  RawArguments typed;
  CLI::App app("hoikud: the broker of the Hoiku bus. It holds the state of every topic and streams its transitions.",
               "hoikud");
  describe(app, typed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(app.help());
  } catch (const CLI::CallForVersion&) {
    return print(app.version() + "\n");
  } catch (const CLI::ParseError& error) {
    return usage_error(std::string(error.what()) + " (see hoikud --help)");
  }
  Options options;
  if (app.count("--config") > 0) {
    const auto read = read_config(typed.config, options);
    if (!read) return usage_error(read.failure().message);
    options.config = typed.config;
  }
  options.is_log_level_typed = !typed.level.empty();
  apply(typed, app.count("--insecure") > 0, options);
  const auto checked = check_options(options);
  if (!checked) return usage_error(checked.failure().message);
  if (typed.print_config) return print(config_text(options));
  return options;
}

}  // namespace hoiku::broker
