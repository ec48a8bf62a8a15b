#include "broker/app/options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <map>
#include <utility>

#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/endpoint.hpp"

namespace hoiku::broker {
namespace {

constexpr int usage_error = 2;

constexpr const char* examples =
    "\nExamples:\n"
    "  hoikud                                          on this machine only, port 7411\n"
    "  hoikud --listen ipc:///run/hoiku.sock           through a Unix socket\n"
    "  hoikud --listen tcp://127.0.0.1:7411 --listen ipc:///run/hoiku.sock\n"
    "  hoikud --listen tcp://*:7411 --insecure         for every machine that can reach this one\n"
    "\n"
    "Ends with status 0 after SIGTERM, when every client was told; 1 where it cannot listen; 2 for a wrong command "
    "line.\n";

int complain(const std::string& sentence) {
  std::fprintf(stderr, "error: %s\n", sentence.c_str());
  return usage_error;
}

// ---- What CLI11 checks: each gives a complaint, or an empty string. Its own checks complain in the language of C++.

const std::map<std::string, LogLevel> levels{
    {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}};

std::string check_level(const std::string& text) {
  return levels.count(text) == 1 ? std::string() : "'" + text + "' is not one of debug, info, warn, error";
}

std::string check_count(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_count = error == std::errc() && end == text.data() + text.size() && number > 0;
  return is_count ? std::string() : "'" + text + "' is not a whole number from 1 to 4294967295";
}

// Rewrites "3s" as the number of milliseconds.
std::string read_duration(std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) return duration.failure().message;
  text = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count());
  return {};
}

// An empty string where all is well.
std::string complaint_about(const Options& options) {
  for (const std::string& text : options.listen) {
    const auto endpoint = proto::parse_endpoint(text, proto::EndpointUse::listen);
    if (!endpoint) return endpoint.failure().message;
    if (!options.insecure && !proto::is_loopback(*endpoint))
      return "refusing to listen at " + text +
             ", which other machines can reach, since anybody there could read and write every topic: "
             "if that network is trusted, start hoikud with --insecure";
  }
  const Limits& limits = options.limits;
  if (limits.session_timeout_default < limits.session_timeout_min ||
      limits.session_timeout_default > limits.session_timeout_max)
    return "--session-timeout must be between " + duration_text(limits.session_timeout_min) + " and " +
           duration_text(limits.session_timeout_max);
  return {};
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
  Options options;
  std::int64_t session_timeout_ms = options.limits.session_timeout_default.count();

  CLI::App app("hoikud: the broker of the Hoiku bus. It holds the state of every topic and streams its changes.",
               "hoikud");
  app.footer(examples);
  app.set_version_flag("--version", std::string("hoikud ") + HOIKU_VERSION);
  app.add_option("--listen", options.listen,
                 "Where to listen: tcp://HOST:PORT or ipc://PATH; may be given several times")
      ->type_name("ENDPOINT")
      ->default_str(std::string(proto::default_endpoint))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--insecure", options.insecure,
               "Allow to listen where other machines can reach it, without authentication");
  std::string level = "info";
  app.add_option("--log-level", level, "The least that is written to stderr")
      ->check(check_level)
      ->type_name("debug|info|warn|error")
      ->capture_default_str();
  app.add_option("--session-timeout", session_timeout_ms,
                 "How long a client may be silent before its session is gone, unless it asks for another time")
      ->transform(CLI::Validator(read_duration, ""))
      ->type_name("DURATION")
      ->default_str(duration_text(options.limits.session_timeout_default));
  app.add_option("--topics-max", options.limits.topics_max, "How many topics there may be")
      ->check(check_count)
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--sessions-max", options.limits.sessions_max, "How many clients there may be")
      ->check(check_count)
      ->type_name("N")
      ->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::CallForVersion&) {
    std::fputs((app.version() + "\n").c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    return complain(std::string(error.what()) + " (hoikud --help shows what there is)");
  }
  if (options.listen.empty()) options.listen.emplace_back(proto::default_endpoint);
  options.log_level = levels.at(level);
  options.limits.session_timeout_default = std::chrono::milliseconds(session_timeout_ms);
  const std::string complaint = complaint_about(options);
  if (!complaint.empty()) return complain(complaint);
  return options;
}

}  // namespace hoiku::broker
