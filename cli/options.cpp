#include "cli/options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "cli/command_line.hpp"
#include "cli/completion.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::cli {
namespace {

// More than any value may have; what is larger need not be read to be refused.
constexpr std::size_t bytes_max = 4u << 20;

Result<std::string> read_all(std::istream& stream, const std::string& name) {
  if (!stream) return Failure{ErrorCode::invalid_argument, name + " cannot be read"};
  std::string bytes(bytes_max + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad()) return Failure{ErrorCode::invalid_argument, name + " cannot be read"};
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  if (bytes.size() > bytes_max) return Failure{ErrorCode::too_large, name + " has more than 4 MiB, and no value may"};
  return bytes;
}

constexpr std::string_view message_prefix = "message:";

bool looks_like_an_object(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

// Where it was said, `text` is of that type.
Result<Value> read_typed(const std::string& name, std::string text, bool is_raw) {
  const auto type = parse_value_type(name);
  if (!type) return type.failure();
  if (*type == ValueType::message)
    return Failure{ErrorCode::invalid_argument, "say of which type the message is: --type message:robot.Pose"};
  if (*type == ValueType::bytes && is_raw) return Value(Bytes{std::move(text)});
  return parse_value(text, *type);
}

// @file and - (stdin) give the bytes as they are; other text is read by its look or as --type says.
Result<SetVerb> read_set(const Typed& typed) {
  SetVerb verb;
  verb.topic = typed.topic;
  verb.if_version = typed.if_version;
  std::string text = typed.value;
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
  if (typed.type.starts_with(message_prefix)) {
    verb.message_type = typed.type.substr(message_prefix.size());
    verb.json = std::move(text);
    return verb;
  }
  if (typed.type.empty() && !is_raw && looks_like_an_object(text)) verb.json = text;
  auto value = !typed.type.empty() ? read_typed(typed.type, std::move(text), is_raw)
               : is_raw            ? Result<Value>(Value(Bytes{std::move(text)}))
                                   : parse_value(text);
  if (!value) return value.failure();
  verb.value = std::move(value).value();
  return verb;
}

Result<std::chrono::nanoseconds> read_duration(const std::string& text) {
  return text.empty() ? Result<std::chrono::nanoseconds>(std::chrono::nanoseconds(0)) : parse_duration(text);
}

Result<WatchVerb> read_watch(const Typed& typed) {
  WatchVerb watch{typed.topic, typed.every, {}, {}};
  if (!typed.where.empty()) {
    auto filter = Predicate::parse(typed.where);
    if (!filter) return filter.failure();
    watch.filter = std::move(filter).value();
  }
  if (typed.max_rate.empty()) return watch;
  const auto interval = parse_rate(typed.max_rate);
  if (!interval) return interval.failure();
  if (typed.every)
    return Failure{ErrorCode::invalid_argument,
                   "--max-rate leaves changes out, and --every shows all: say one of them"};
  watch.interval = *interval;
  return watch;
}

Result<Options> understand(const Typed& typed, const std::string& verb) {
  Options options;
  options.endpoint = typed.endpoint;
  options.json = typed.json;
  const auto endpoint = link::parse_network_endpoint(typed.endpoint, link::EndpointUse::connect);
  if (!endpoint) return endpoint.failure();
  if (!typed.timeout.empty()) {
    const auto timeout = parse_duration(typed.timeout);
    if (!timeout) return timeout.failure();
    options.timeout = *timeout;
    options.timeout_text = typed.timeout;
  }
  if (verb == "ping" || verb == "readers") {
    if (verb == "ping") options.verb = PingVerb{typed.quiet};
    if (verb == "readers") options.verb = ReadersVerb{};
    return options;
  }
  const auto name = verb == "watch" || verb == "ls" ? check_topic_pattern(typed.topic) : check_topic_name(typed.topic);
  if (!name) return name.failure();
  if (verb == "set") {
    auto set = read_set(typed);
    if (!set) return set.failure();
    options.verb = std::move(set).value();
  } else if (verb == "get") {
    options.verb = GetVerb{typed.topic};
  } else if (verb == "ls") {
    options.verb = LsVerb{typed.topic, typed.names};
  } else if (verb == "watch") {
    auto watch = read_watch(typed);
    if (!watch) return watch.failure();
    options.verb = std::move(watch).value();
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

// No option begins with a digit, so -0.5 is a value; but CLI11 takes it for an option, unless it has this mark.
constexpr char number_mark = '\x1f';

std::vector<std::string> with_marked_numbers(int argc, const char* const* argv) {
  std::vector<std::string> words(argv, argv + argc);
  for (std::string& word : words) {
    if (word == "--") break;
    if (word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])))
      word.insert(word.begin(), number_mark);
  }
  return words;
}

void unmark(Typed& typed) {
  for (std::string* text : {&typed.endpoint, &typed.topic, &typed.value, &typed.type, &typed.condition, &typed.held_for,
                            &typed.where, &typed.max_rate, &typed.timeout, &typed.shell}) {
    if (text->starts_with(number_mark)) text->erase(0, 1);
  }
}

// Of a verb that does not exist CLI11 says only that it wants one; of a value that looks like an option, that one is missing.
std::string explained(const CLI::App& app, const CLI::ParseError& error) {
  std::string sentence = error.what();
  std::vector<std::string> left = app.remaining(true);
  std::erase(left, "--");
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !left.empty()) {
    const auto is_option = [](const std::string& word) { return word.starts_with('-'); };
    const auto option = std::find_if(left.begin(), left.end(), is_option);
    const auto verb = std::find_if_not(left.begin(), left.end(), is_option);
    if (!app.get_subcommands().empty()) {
      if (option != left.end())
        sentence += "; '" + *option + "' is no option: where it is the value, put it last, behind --";
    } else if (verb != left.end()) {
      sentence = "there is no verb '" + *verb + "'";
    } else {
      sentence = "'" + *option + "' is no option";
    }
  }
  std::erase(sentence, number_mark);
  return sentence;
}

int print_completion(const std::string& shell) {
  const char* script = completion_script(shell);
  if (script == nullptr) return complain("'" + shell + "' is no shell that can be completed: " + known_shells);
  std::fputs(script, stdout);
  return done;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_rate(std::string_view text) {
  const Failure wrong{ErrorCode::invalid_argument,
                      "'" + std::string(text) + "' is not a rate: write 10/s, 2/min or 100ms"};
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
    Options options;  // not by CLI11, to which half a command line would be a wrong one
    options.verb = CompleteVerb{std::vector<std::string>(argv + 2, argv + argc)};
    return options;
  }
  Typed typed;
  CLI::App app("hoiku: looks at the topics of a Hoiku bus, and sets them.", "hoiku");
  describe_command_line(app, typed);
  try {
    const std::vector<std::string> words = with_marked_numbers(argc, argv);
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    app.parse(argc, pointers.data());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(explained(app, error) + "; hoiku --help shows examples");
  }
  unmark(typed);
  const std::string verb = app.get_subcommands().front()->get_name();
  if (verb == "completion") return print_completion(typed.shell);
  auto options = understand(typed, verb);
  if (!options) return complain(options.failure().message);
  return std::move(options).value();
}

}  // namespace hoiku::cli
