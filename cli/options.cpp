#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/endpoint.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::cli {
namespace {

constexpr const char* set_examples =
    "  hoiku set sensor/touch/head true\n"
    "  hoiku set robot/name --type string 42\n"
    "  hoiku set door/lock closed --if-version 7\n";
constexpr const char* get_examples =
    "  hoiku get sensor/touch/head\n"
    "  hoiku get sensor/touch/head --json\n";
constexpr const char* watch_examples =
    "  hoiku watch 'sensor/**'\n"
    "  hoiku watch robot/mood --every --json\n";
constexpr const char* wait_examples =
    "  hoiku wait sensor/temperature 'value > 30' --held-for 200ms --timeout 5s && echo hot\n"
    "  hoiku wait robot/mood 'value != \"calm\"'\n";
constexpr const char* ping_examples =
    "  hoiku ping\n"
    "  hoiku ping --quiet --timeout 2s || echo 'no broker'\n";
constexpr const char* exit_statuses =
    "Exit status: 0 done, 1 failed (also: get of a topic that is not set), 2 usage, 3 version conflict, 124 timed "
    "out,\n"
    "130 interrupted, 143 terminated.\n";

std::string footer(std::initializer_list<const char*> examples) {
  std::string text = "\nExamples:\n";
  for (const char* example : examples) text += example;
  return text + "\n" + exit_statuses;
}

void describe_verb(CLI::App& verb, const char* examples) {
  verb.footer("\n--endpoint, --timeout and --json may stand here too: see hoiku --help.\n" + footer({examples}));
}

// More than any value may have; what is larger need not be read to be refused.
constexpr std::size_t bytes_max = 4u << 20;

// What was typed, before it is understood.
struct Typed {
  std::string endpoint;
  std::string topic;
  std::string value;
  std::string type;
  std::string condition;
  std::string held_for;
  std::string timeout;
  std::optional<std::uint64_t> if_version;
  bool every = false;
  bool quiet = false;
};

Result<std::string> read_all(std::istream& stream, const std::string& name) {
  if (!stream) return Failure{ErrorCode::invalid_argument, name + " cannot be read"};
  std::string bytes(bytes_max + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad()) return Failure{ErrorCode::invalid_argument, name + " cannot be read"};
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  if (bytes.size() > bytes_max) return Failure{ErrorCode::too_large, name + " has more than 4 MiB, and no value may"};
  return bytes;
}

// @file and - (stdin) give the bytes as they are; other text is read by its look or as --type says.
Result<Value> read_value(const Typed& typed) {
  std::string text = typed.value;
  const bool from_stdin = text == "-";
  const bool from_file = text.size() > 1 && text.front() == '@';
  if (from_stdin || from_file) {
    const std::string path = text.substr(1);
    std::ifstream file;
    if (from_file) file.open(path, std::ios::binary);
    auto bytes = read_all(from_file ? file : std::cin, from_file ? "the file " + path : "standard input");
    if (!bytes) return bytes.failure();
    text = std::move(bytes).value();
  }
  if (typed.type.empty()) {
    if (from_stdin || from_file) return Value(Bytes{std::move(text)});
    return parse_value(text);
  }
  const auto type = parse_value_type(typed.type);
  if (!type) return type.failure();
  if (*type == ValueType::bytes && (from_stdin || from_file)) return Value(Bytes{std::move(text)});
  return parse_value(text, *type);
}

Result<std::chrono::nanoseconds> read_duration(const std::string& text) {
  return text.empty() ? Result<std::chrono::nanoseconds>(std::chrono::nanoseconds(0)) : parse_duration(text);
}

Result<Options> understand(const Typed& typed, const std::string& verb, bool json) {
  Options options;
  options.endpoint = typed.endpoint;
  options.json = json;
  const auto endpoint = proto::parse_endpoint(typed.endpoint, proto::EndpointUse::connect);
  if (!endpoint) return endpoint.failure();
  if (!typed.timeout.empty()) {
    const auto timeout = parse_duration(typed.timeout);
    if (!timeout) return timeout.failure();
    options.timeout = *timeout;
    options.timeout_text = typed.timeout;
  }
  if (verb == "ping") {
    options.verb = PingVerb{typed.quiet};
    return options;
  }
  const auto name = verb == "watch" ? check_topic_pattern(typed.topic) : check_topic_name(typed.topic);
  if (!name) return name.failure();
  if (verb == "set") {
    auto next = read_value(typed);
    if (!next) return next.failure();
    options.verb = SetVerb{typed.topic, std::move(next).value(), typed.if_version};
  } else if (verb == "get") {
    options.verb = GetVerb{typed.topic};
  } else if (verb == "watch") {
    options.verb = WatchVerb{typed.topic, typed.every};
  } else {
    WaitVerb wait{typed.topic, {}, {}};
    const auto hold = read_duration(typed.held_for);
    if (!hold) return hold.failure();
    wait.held_for = *hold;
    if (!typed.condition.empty()) {
      const auto condition = Predicate::parse(typed.condition);
      if (!condition) return condition.failure();
      wait.condition = *condition;
    }
    options.verb = std::move(wait);
  }
  return options;
}

int complain(const std::string& sentence) {
  std::fprintf(stderr, "hoiku: %s\n", sentence.c_str());
  return usage;
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
  Typed typed;
  bool json = false;
  const char* from_environment = std::getenv("HOIKU_ENDPOINT");
  typed.endpoint = from_environment ? from_environment : std::string(proto::default_endpoint);

  CLI::App app("hoiku: looks at the topics of a Hoiku bus, and sets them.", "hoiku");
  app.footer(footer({set_examples, get_examples, watch_examples, wait_examples, ping_examples}));
  app.set_version_flag("--version", std::string("hoiku ") + HOIKU_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--endpoint", typed.endpoint, "The broker: tcp://HOST:PORT or ipc://PATH (or HOIKU_ENDPOINT)")
      ->capture_default_str();
  app.add_flag("--json", json, "One JSON object a line, for scripts");
  app.add_option("--timeout", typed.timeout,
                 "Give up after this time: 5s for the one-shot verbs; `wait` waits for ever without it");

  CLI::App* set = app.add_subcommand("set", "Set a topic; prints the version that it became");
  describe_verb(*set, set_examples);
  set->add_option("topic", typed.topic, "The topic's name")->required();
  set->add_option("value", typed.value, "The value; its type by its look; @FILE or - for bytes")->required();
  set->add_option("--type", typed.type, "bool, int64, double, string, bytes (as hex) or null");
  set->add_option("--if-version", typed.if_version, "Only where this is the topic's version (0: never set)");
  CLI::App* get = app.add_subcommand("get", "Print a topic's value; status 1 where it is not set");
  describe_verb(*get, get_examples);
  get->add_option("topic", typed.topic, "The topic's name")->required();
  CLI::App* watch = app.add_subcommand("watch", "Print the present state, then one line per change, until Ctrl-C");
  describe_verb(*watch, watch_examples);
  watch->add_option("pattern", typed.topic, "A topic, or a pattern: * is one segment, ** any number")->required();
  watch->add_flag("--every", typed.every,
                  "Each change, as far as the broker's history goes; without it the newest counts");
  CLI::App* wait = app.add_subcommand("wait", "Wait until a condition is true of a topic, and print the value");
  describe_verb(*wait, wait_examples);
  wait->add_option("topic", typed.topic, "The topic's name")->required();
  wait->add_option("condition", typed.condition, "Such as 'value > 30 && value != 42'; without it: any value");
  wait->add_option("--held-for", typed.held_for, "The condition must have been true throughout this time");

  CLI::App* ping = app.add_subcommand("ping", "Whether a broker answers, and how fast; status 1 where none does");
  describe_verb(*ping, ping_examples);
  ping->add_flag("--quiet", typed.quiet, "Print nothing; the status says it");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(std::string(error.what()) + "; hoiku --help shows examples");
  }
  auto options = understand(typed, app.get_subcommands().front()->get_name(), json);
  if (!options) return complain(options.failure().message);
  return std::move(options).value();
}

}  // namespace hoiku::cli
