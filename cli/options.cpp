#include "cli/options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "cli/command_line.hpp"
#include "cli/completion/completion.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::cli {
namespace {

// More than any value may have: no need to read more to refuse it.
constexpr std::size_t bytes_max = 4u << 20;

Result<std::string> read_all(std::istream& stream, const std::string& name) {
  if (!stream) return Failure{ErrorCode::invalid_argument, name + " cannot be read"};
  std::string bytes(bytes_max + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad()) return Failure{ErrorCode::invalid_argument, name + " cannot be read"};
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  if (bytes.size() > bytes_max)
    return Failure{ErrorCode::too_large, name + " has more than 4 MiB, which is too large for a value"};
  return bytes;
}

constexpr std::string_view message_prefix = "message:";

bool looks_like_an_object(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

// Reads `text` as a value of the type `name`.
Result<Value> read_typed(const std::string& name, std::string text, bool is_raw) {
  const auto type = parse_value_type(name);
  if (!type) return type.failure();
  if (*type == ValueType::message)
    return Failure{ErrorCode::invalid_argument, "name the type of the message: --type message:robot.Pose"};
  if (*type == ValueType::bytes && is_raw) return Value(Bytes{std::move(text)});
  return parse_value(text, *type);
}

// Takes the bytes of @FILE and - (standard input) as they are. Other text is read as --type says, or with an inferred
// type.
Result<SetVerb> read_set(const RawArguments& raw) {
  SetVerb verb;
  verb.topic = raw.topic;
  verb.if_version = raw.if_version;
  std::string text = raw.value;
  const bool from_stdin = text == "-";
  const bool from_file = text.size() > 1 && text.front() == '@';
  const bool is_raw = from_stdin || from_file;
  if (is_raw) {
    const std::string path = text.substr(1);
    std::ifstream file;
    if (from_file) file.open(path, std::ios::binary);
    auto bytes = read_all(from_file ? file : std::cin, from_file ? "the file " + path : "standard input");
    if (!bytes) return bytes.failure();
    text = std::move(bytes).value();
  }
  if (raw.type.starts_with(message_prefix)) {
    verb.message_type = raw.type.substr(message_prefix.size());
    verb.json = std::move(text);
    return verb;
  }
  if (raw.type.empty() && !is_raw && looks_like_an_object(text)) verb.json = text;
  auto value = !raw.type.empty() ? read_typed(raw.type, std::move(text), is_raw)
               : is_raw          ? Result<Value>(Value(Bytes{std::move(text)}))
                                 : parse_value(text);
  if (!value) return value.failure();
  verb.value = std::move(value).value();
  return verb;
}

Result<std::chrono::nanoseconds> read_duration(const std::string& text) {
  return text.empty() ? Result<std::chrono::nanoseconds>(std::chrono::nanoseconds(0)) : parse_duration(text);
}

Result<WatchVerb> read_watch(const RawArguments& raw) {
  WatchVerb watch{raw.topic, raw.every, {}, {}};
  if (!raw.where.empty()) {
    auto filter = Predicate::parse(raw.where);
    if (!filter) return filter.failure();
    watch.filter = std::move(filter).value();
  }
  if (raw.max_rate.empty()) return watch;
  const auto interval = parse_rate(raw.max_rate);
  if (!interval) return interval.failure();
  if (raw.every)
    return Failure{ErrorCode::invalid_argument,
                   "--max-rate skips transitions and --every shows all of them: use only one"};
  watch.interval = *interval;
  return watch;
}

Result<Options> to_options(const RawArguments& raw, const std::string& verb) {
  Options options;
  options.endpoint = raw.endpoint;
  options.json = raw.json;
  const auto endpoint = link::parse_network_endpoint(raw.endpoint, link::EndpointUse::connect);
  if (!endpoint) return endpoint.failure();
  if (!raw.timeout.empty()) {
    const auto timeout = parse_duration(raw.timeout);
    if (!timeout) return timeout.failure();
    options.timeout = *timeout;
    options.timeout_text = raw.timeout;
  }
  if (verb == "ping" || verb == "readers") {
    if (verb == "ping") options.verb = PingVerb{raw.quiet};
    if (verb == "readers") options.verb = ReadersVerb{};
    return options;
  }
  const auto name = verb == "watch" || verb == "ls" ? check_topic_pattern(raw.topic) : check_topic_name(raw.topic);
  if (!name) return name.failure();
  if (verb == "set") {
    auto set = read_set(raw);
    if (!set) return set.failure();
    options.verb = std::move(set).value();
  } else if (verb == "get") {
    options.verb = GetVerb{raw.topic};
  } else if (verb == "ls") {
    options.verb = LsVerb{raw.topic, raw.names};
  } else if (verb == "watch") {
    auto watch = read_watch(raw);
    if (!watch) return watch.failure();
    options.verb = std::move(watch).value();
  } else {
    WaitVerb wait{raw.topic, {}, {}};
    const auto hold = read_duration(raw.held_for);
    if (!hold) return hold.failure();
    wait.held_for = *hold;
    if (!raw.condition.empty()) {
      const auto condition = Predicate::parse(raw.condition);
      if (!condition) return condition.failure();
      wait.condition = *condition;
    }
    options.verb = std::move(wait);
  }
  return options;
}

int usage_error(const std::string& sentence) {
  std::fprintf(stderr, "hoiku: %s\n", sentence.c_str());
  return usage;
}

std::vector<std::string> mark_numbers(int argc, const char* const* argv) {
  std::vector<std::string> words(argv, argv + argc);
  for (std::string& word : words) {
    if (word == "--") break;
    if (word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])))
      word.insert(word.begin(), number_mark);
  }
  return words;
}

void strip_number_marks(RawArguments& raw) {
  for (std::string* text : {&raw.endpoint, &raw.topic, &raw.value, &raw.type, &raw.condition, &raw.held_for, &raw.where,
                            &raw.max_rate, &raw.timeout, &raw.shell}) {
    if (text->starts_with(number_mark)) text->erase(0, 1);
  }
}

// Names the unknown command or option: CLI11 reports only that a command or value is missing.
std::string explanation(const CLI::App& app, const CLI::ParseError& error) {
  std::string sentence = error.what();
  std::vector<std::string> left = app.remaining(true);
  std::erase(left, "--");
  for (std::string& word : left) std::erase(word, number_mark);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !left.empty()) {
    const auto is_option = [](const std::string& word) { return word.starts_with('-'); };
    const auto option = std::find_if(left.begin(), left.end(), is_option);
    const auto verb = std::find_if_not(left.begin(), left.end(), is_option);
    if (!app.get_subcommands().empty()) {
      if (option != left.end())
        sentence += "; unknown option " + text::quote(*option) + ": if it is the value, put it last, after --";
    } else if (verb != left.end()) {
      sentence = "unknown command " + text::quote(*verb);
    } else {
      sentence = "unknown option " + text::quote(*option);
    }
  }
  std::erase(sentence, number_mark);
  return sentence;
}

int print_completion(const std::string& shell) {
  const char* script = completion_script(shell);
  if (script == nullptr)
    return usage_error("completion is available for bash, zsh and fish, not for " + text::quote(shell));
  std::fputs(script, stdout);
  return done;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_rate(std::string_view text) {
  const Failure wrong{ErrorCode::invalid_argument, text::quote(text) + " is not a rate: write 10/s, 2/min or 100ms"};
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    const auto interval = parse_duration(text);
    return interval && interval->count() > 0 ? interval : Result<std::chrono::nanoseconds>(wrong);
  }
  const std::string_view digits = text.substr(0, slash);
  std::int64_t times = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), times);
  const std::string_view name = text.substr(slash + 1);
  const bool is_unit = !name.empty() && std::isalpha(static_cast<unsigned char>(name.front()));
  const auto unit = is_unit ? parse_duration("1" + std::string(name)) : Result<std::chrono::nanoseconds>(wrong);
  if (error != std::errc() || end != digits.data() + digits.size() || times < 1 || !unit) return wrong;
  const auto interval = *unit / times;
  return interval.count() > 0 ? Result<std::chrono::nanoseconds>(interval) : wrong;
}

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "complete") {
    Options options;  // without CLI11, which would refuse half a command line
    options.verb = CompleteVerb{std::vector<std::string>(argv + 2, argv + argc)};
    return options;
  }
  RawArguments raw;
  CLI::App app("hoiku: inspects and sets the topics of a Hoiku bus.", "hoiku");
  describe_command_line(app, raw);
  try {
    const std::vector<std::string> words = mark_numbers(argc, argv);
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    app.parse(argc, pointers.data());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return usage_error(explanation(app, error) + "; hoiku --help shows examples");
  }
  strip_number_marks(raw);
  const std::string verb = app.get_subcommands().front()->get_name();
  if (verb == "completion") return print_completion(raw.shell);
  auto options = to_options(raw, verb);
  if (!options) return usage_error(options.failure().message);
  return std::move(options).value();
}

}  // namespace hoiku::cli
