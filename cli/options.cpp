#include "cli/options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <optional>
#include <sstream>

#include "cli/command_line.hpp"
#include "cli/completion/completion.hpp"
#include "cli/standard_output.hpp"
#include "cli/typed_value.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::cli {
namespace {

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

Result<WaitVerb> read_wait(const RawArguments& raw) {
  WaitVerb wait{raw.topic, {}, {}, raw.raw};
  const auto hold = read_duration(raw.held_for);
  if (!hold) return hold.failure();
  wait.held_for = *hold;
  if (raw.condition.empty()) return wait;
  auto condition = Predicate::parse(raw.condition);
  if (!condition) return condition.failure();
  wait.condition = std::move(condition).value();
  return wait;
}

Result<BenchVerb> read_bench(const RawArguments& raw) {
  BenchVerb bench;
  const auto duration = parse_duration(raw.bench_time);
  if (!duration) return duration.failure();
  bench.duration = *duration;
  if (!raw.bench_rate.empty()) {
    const bool is_number = raw.bench_rate.find_first_not_of("0123456789") == std::string::npos;
    const auto interval = parse_rate(raw.bench_rate + (is_number ? "/s" : ""));
    if (!interval) return interval.failure();
    bench.interval = *interval;
  }
  if (raw.bench_mode != "every" && raw.bench_mode != "latest")
    return Failure{ErrorCode::invalid_argument,
                   "there is no mode " + text::quote(raw.bench_mode) + ": readers read every or latest"};
  bench.mode = raw.bench_mode == "every" ? proto::Mode::every : proto::Mode::latest;
  bench.size = raw.bench_size;
  bench.readers = raw.bench_readers;
  bench.topics = raw.bench_topics;
  bench.set = raw.bench_set;
  return bench;
}

// The endpoint that was typed, or the one of the environment.
Result<std::string> read_endpoint(const RawArguments& raw) {
  if (raw.endpoint.empty()) return link::endpoint_from_environment();
  const auto endpoint = link::parse_network_endpoint(raw.endpoint, link::EndpointUse::connect);
  if (!endpoint) return endpoint.failure();
  return raw.endpoint;
}

Result<Options> to_options(const RawArguments& raw, const std::string& verb) {
  Options options;
  auto endpoint = read_endpoint(raw);
  if (!endpoint) return endpoint.failure();
  options.endpoint = std::move(endpoint).value();
  options.json = raw.json;
  if (raw.json && raw.raw)
    return Failure{ErrorCode::invalid_argument, "--json describes the value and --raw is only its bytes: use one"};
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
  if (verb == "bench") {
    auto bench = read_bench(raw);
    if (!bench) return bench.failure();
    options.verb = *bench;
    return options;
  }
  const auto name = verb == "watch" || verb == "ls" ? check_topic_pattern(raw.topic) : check_topic_name(raw.topic);
  if (!name) return name.failure();
  options.hint = wildcard_hint(raw.topic);
  if (verb == "set" || verb == "unset") {
    auto set = verb == "set" ? read_set(raw) : read_unset(raw);
    if (!set) return set.failure();
    options.verb = std::move(set).value();
  } else if (verb == "get") {
    options.verb = GetVerb{raw.topic, raw.raw};
  } else if (verb == "forget") {
    options.verb = ForgetVerb{raw.topic};
  } else if (verb == "ls") {
    options.verb = LsVerb{raw.topic, raw.names};
  } else if (verb == "watch") {
    auto watch = read_watch(raw);
    if (!watch) return watch.failure();
    options.verb = std::move(watch).value();
  } else {
    auto wait = read_wait(raw);
    if (!wait) return wait.failure();
    options.verb = std::move(wait).value();
  }
  return options;
}

int usage_error(const std::string& sentence) {
  std::fprintf(stderr, "hoiku: %s\n", text::one_line(sentence).c_str());
  return usage;
}

// Marks what CLI11 must not take for an option, and what was typed after "--".
std::vector<std::string> mark_texts(int argc, const char* const* argv) {
  std::vector<std::string> words(argv, argv + argc);
  bool only_texts = false;
  for (std::string& word : words) {
    const bool is_number = word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1]));
    const bool is_special = word.starts_with('-') || word.starts_with('@');
    if (only_texts ? is_special : is_number) word.insert(word.begin(), text_mark);
    only_texts = only_texts || word == "--";
  }
  return words;
}

void strip_text_marks(RawArguments& raw) {
  raw.value_is_text = raw.value.starts_with(text_mark);
  for (std::string* text :
       {&raw.endpoint, &raw.topic, &raw.value, &raw.type, &raw.condition, &raw.held_for, &raw.where, &raw.max_rate,
        &raw.timeout, &raw.shell, &raw.bench_time, &raw.bench_mode, &raw.bench_rate}) {
    if (text->starts_with(text_mark)) text->erase(0, 1);
  }
  if (raw.if_version) std::erase(*raw.if_version, text_mark);
}

// The name of an argument that is empty: a shell makes one of a variable that is not set, and it would count as left
// out. Only a value may be empty.
std::optional<std::string> empty_argument(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string>& typed = option->results();
    const bool is_empty = std::find(typed.begin(), typed.end(), "") != typed.end();
    if (is_empty && option->get_name(true) != value_argument) return option->get_name(option->get_positional());
  }
  return std::nullopt;
}

// Names the unknown command or option: CLI11 reports only that a command or value is missing.
std::string explanation(const CLI::App& app, const CLI::ParseError& error) {
  std::string sentence = error.what();
  std::vector<std::string> left = app.remaining(true);
  std::erase(left, "--");
  for (std::string& word : left) std::erase(word, text_mark);
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
  std::erase(sentence, text_mark);
  return sentence;
}

// Prints a text that needs no broker.
int print_text(const std::string& text) {
  try {
    write_output_blocking(text);
  } catch (const CannotWrite& error) {
    std::fprintf(stderr, "hoiku: %s\n", error.what());
    return failed;
  }
  return done;
}

int print_completion(const std::string& shell) {
  const char* script = completion_script(shell);
  if (script == nullptr)
    return usage_error("completion is available for bash, zsh and fish, not for " + text::quote(shell));
  return print_text(script);
}

// Prints the text of --help or --version.
int print_help(const CLI::App& app, const CLI::ParseError& request) {
  std::ostringstream text;
  app.exit(request, text, text);
  return print_text(text.str());
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

std::string wildcard_hint(std::string_view name) {
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "#" || segment == "+" || segment == ">")
      return text::quote(segment) + " in " + text::quote(name) +
             " is a name like any other: * matches one segment, ** any number";
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
  }
  return {};
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
    const std::vector<std::string> words = mark_texts(argc, argv);
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    app.parse(argc, pointers.data());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return print_help(app, error);
    return usage_error(explanation(app, error) + "; hoiku --help shows examples");
  }
  strip_text_marks(raw);
  const CLI::App& typed = *app.get_subcommands().front();
  auto empty = empty_argument(app);
  if (!empty) empty = empty_argument(typed);
  if (empty) return usage_error(*empty + " is empty; hoiku --help shows examples");
  const std::string verb = typed.get_name();
  if (verb == "completion") return print_completion(raw.shell);
  auto options = to_options(raw, verb);
  if (!options) return usage_error(options.failure().message);
  return std::move(options).value();
}

}  // namespace hoiku::cli
