#include "cli/command_line.hpp"

#include <initializer_list>

#include "cli/completion/completion.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

constexpr const char* set_examples =
    "  hoiku set sensor/touch/head true\n"
    "  hoiku set robot/name --type string 42\n"
    "  hoiku set door/lock closed --if-version 7@9f3c41d2a07be915\n"
    "  date +%s | hoiku set clock - --type int64\n"
    "  hoiku set chat/sign -- -\n"
    "  hoiku set robot/pose '{\"x\": 1.5}' --type message:robot.Pose\n";
constexpr const char* unset_examples = "  hoiku unset door/lock\n";
constexpr const char* forget_examples = "  hoiku forget sensr/touch\n";
constexpr const char* get_examples =
    "  hoiku get sensor/touch/head\n"
    "  hoiku get sensor/touch/head --json\n"
    "  hoiku get photo --raw >photo.jpg\n";
constexpr const char* watch_examples =
    "  hoiku watch 'sensor/**'\n"
    "  hoiku watch 'motor/*/heat' --where 'value > 80' --max-rate 10/s\n"
    "  hoiku watch robot/mood --every --json\n";
constexpr const char* wait_examples =
    "  hoiku wait sensor/temperature 'value > 30' --held-for 200ms --timeout 5s && echo hot\n"
    "  hoiku wait robot/mood 'value != \"calm\"'\n"
    "  hoiku wait sensor/imu/yaw 'quality == stale'\n"
    "  hoiku wait robot/pose 'value.x > 3'\n"
    "  hoiku wait door/lock 'value == \"closed\"' --timeout 0s || echo 'not now'\n";
constexpr const char* ls_examples =
    "  hoiku ls\n"
    "  hoiku ls 'sensor/**' --json\n";
constexpr const char* readers_examples =
    "  hoiku readers\n"
    "  hoiku readers --json | jq 'select(.pending > 0)'\n";
constexpr const char* ping_examples =
    "  hoiku ping\n"
    "  hoiku ping --quiet --timeout 2s || echo 'no broker'\n";
constexpr const char* bench_examples =
    "  hoiku bench\n"
    "  hoiku bench --readers 16 --size 256 --for 10s\n"
    "  hoiku bench --rate 1000 --json | jq .p99_us\n"
    "  hoiku bench --set --topics 100\n"
    "  hoiku bench --mode latest --readers 4\n";
constexpr const char* bench_notes =
    "\nPublisher, readers and probe are sessions of this one program, so the figures include its own work. In mode "
    "every\n"
    "the publisher waits for the slowest reader, so that none lags; in mode latest readers skip what they are too slow "
    "for.\n"
    "The latency is that of a probe: a value every 5 ms, in a session of its own beside the load.\n"
    "The topics are below bench/, are unset at the end, and at Ctrl-C, which prints the figures so far.\n";
constexpr const char* completion_examples =
    "  source <(hoiku completion bash)\n"
    "  hoiku completion fish > ~/.config/fish/completions/hoiku.fish\n";
constexpr const char* exit_statuses =
    "Exit status: 0 success; 1 failure (also no answer in time, get of an unset topic, or output that cannot be "
    "written);\n"
    "2 usage error, or input that cannot be read; 3 version conflict; 124 the condition of `wait` was not met in "
    "time;\n"
    "130 interrupted; 143 terminated.\n";
constexpr const char* conditions =
    "\nA condition compares (== != < <= > >=) value, old_value or a field of a message (value.pose.x) with each "
    "other,\n"
    "a number, true, false, a \"text\" in quotes or the name of an enumeration's value. A number compares with\n"
    "numbers only, a text with texts only. abs(value - old_value) > 0.5 tests the size of a change, and\n"
    "quality == stale (or live, or orphaned) whether the value can be trusted. Combine conditions with &&, ||, ! and\n"
    "parentheses. A comparison with an unset value is false.\n";

constexpr const char* raw_description = "Print the bytes of the value as they are, without a line break after them";
constexpr const char* get_notes =
    "\nA text is printed as it is, bytes as hex, and a line break follows. On a terminal control characters are "
    "escaped,\n"
    "and a long value is cut.\n";
constexpr const char* set_notes =
    "\nWithout --type: true and false are bools, 42 an int64, 0.5 and 21.50 doubles, anything else is a string. So is "
    "a\n"
    "number whose digits would change (007, 12e34); a whole number beyond int64 is an error.\n"
    "@FILE and - (standard input) give bytes, or what --type says. One line break at the end is no part of a number,\n"
    "a bool or null, and stays in a string: printf %s Karl | hoiku set robot/name - --type string.\n"
    "With --type string @karl is that text, and after -- every value is: hoiku set chat/sign -- -\n";

std::string footer(std::initializer_list<const char*> examples) {
  std::string text = "\nExamples:\n";
  for (const char* example : examples) text += example;
  return text + "\n" + exit_statuses;
}

CLI::App& add_verb(CLI::App& app, const char* name, const char* description, const char* examples,
                   const char* notes = "") {
  CLI::App& verb = *app.add_subcommand(name, description);
  verb.footer(notes + std::string("\nAlso takes --endpoint, --timeout and --json: see hoiku --help.\n") +
              footer({examples}));
  return verb;
}

void add_if_version(CLI::App& verb, RawArguments& raw) {
  verb.add_option("--if-version", raw.if_version,
                  "Only if the topic has this version, as --json shows it (0: only if it is not set now)")
      ->type_name("N@EPOCH|0");
}

void describe_writing(CLI::App& app, RawArguments& raw) {
  CLI::App& set = add_verb(app, "set", "Set a topic, and print its new version", set_examples, set_notes);
  set.add_option(topic_argument, raw.topic, "Topic name")->required();
  set.add_option(value_argument, raw.value, "The value (type inferred); @FILE or - reads bytes; messages as JSON")
      ->required();
  set.add_option("--type", raw.type, "Type of the value; bytes as hex, messages as JSON")
      ->type_name("bool|int64|double|string|bytes|null|message:TYPE");
  add_if_version(set, raw);
  CLI::App& unset = add_verb(app, "unset", "Take a topic's value away, and print the version of that", unset_examples);
  unset.add_option(topic_argument, raw.topic, "Topic name")->required();
  add_if_version(unset, raw);
  CLI::App& forget = add_verb(app, "forget", "Take a topic's declaration back: its type, deadline and history",
                              forget_examples, "\nRefused while a client that has declared the topic is connected.\n");
  forget.add_option(topic_argument, raw.topic, "Topic name")->required();
}

void describe_reading(CLI::App& app, RawArguments& raw) {
  CLI::App& get = add_verb(app, "get", "Print a topic's value; exit status 1 if it is unset", get_examples, get_notes);
  get.add_option(topic_argument, raw.topic, "Topic name")->required();
  get.add_flag("--raw", raw.raw, raw_description);
  CLI::App& ls = add_verb(app, "ls", "List topics with their values, writers and numbers of readers", ls_examples);
  raw.topic = "**";
  ls.add_option(pattern_argument, raw.topic, "Topic or pattern: * matches one segment, ** any number")
      ->capture_default_str();
  ls.add_flag("--names", raw.names, "Print names only");
  add_verb(app, "readers", "List readers, and what became of each transition they match", readers_examples);
  CLI::App& watch =
      add_verb(app, "watch", "Print the current state, then one line per transition, until Ctrl-C; times are UTC",
               watch_examples, conditions);
  watch.add_option(pattern_argument, raw.topic, "Topic or pattern: * matches one segment, ** any number")->required();
  watch.add_flag("--every", raw.every, "Print every transition that the broker's history has, not only the newest");
  watch
      .add_option("--where", raw.where,
                  "Print only values that satisfy the condition, such as 'value > 30'; the broker tests it")
      ->type_name("CONDITION");
  watch
      .add_option("--max-rate", raw.max_rate,
                  "Maximum rate per topic, such as 10/s or 100ms; only the newest value is shown")
      ->type_name("RATE");
  CLI::App& wait =
      add_verb(app, "wait", "Wait until a topic satisfies a condition, and print the value", wait_examples, conditions);
  wait.add_option(topic_argument, raw.topic, "Topic name")->required();
  wait.add_option("condition", raw.condition,
                  "Such as 'value > 30 && value != 42', or 'value.x > 3' for messages; default: any value");
  wait.add_flag("--raw", raw.raw, raw_description);
  wait.add_option("--held-for", raw.held_for, "The condition must stay true for this time")->type_name("DURATION");
}

void describe_bench(CLI::App& app, RawArguments& raw) {
  CLI::App& bench = add_verb(app, "bench", "Measure the broker under a load of this program: rates and latencies",
                             bench_examples, bench_notes);
  bench.add_option("--for", raw.bench_time, "How long to publish")->type_name("DURATION")->capture_default_str();
  bench.add_option("--size", raw.bench_size, "Bytes of a value")->check(CLI::Range(16, 65536))->capture_default_str();
  bench.add_option("--readers", raw.bench_readers, "Readers, each of all topics in a session of its own")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  bench.add_option("--topics", raw.bench_topics, "Topics, which are set in turn")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  bench.add_option("--mode", raw.bench_mode, "What the readers read: every transition, or the latest values")
      ->type_name("every|latest")
      ->capture_default_str();
  bench.add_option("--rate", raw.bench_rate, "Values a second, of all topics together; default: as many as possible")
      ->type_name("RATE");
  bench.add_flag("--set", raw.bench_set, "Set each value and await the acknowledgement, instead of posting it");
}

}  // namespace

void describe_command_line(CLI::App& app, RawArguments& raw) {
  const auto from_environment = link::endpoint_from_environment();
  app.footer(footer({set_examples, unset_examples, forget_examples, get_examples, ls_examples, readers_examples,
                     watch_examples, wait_examples, ping_examples, bench_examples}));
  app.set_version_flag("--version", std::string("hoiku ") + HOIKU_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--endpoint", raw.endpoint, "Broker: tcp://HOST:PORT or ipc://PATH; HOIKU_ENDPOINT sets the default")
      ->type_name("ENDPOINT")
      ->default_str(from_environment ? *from_environment : std::string(link::default_endpoint));
  app.add_flag("--json", raw.json, "Print one JSON object per line; integers beyond 2^53 are strings");
  app.add_option("--timeout", raw.timeout,
                 "Time limit, 5s by default; for `watch` of connecting; for `wait` of the condition, none by default")
      ->type_name("DURATION");
  describe_writing(app, raw);
  describe_reading(app, raw);
  CLI::App& ping =
      add_verb(app, "ping", "Check whether a broker answers, and how fast; exit status 1 if none does", ping_examples);
  ping.add_flag("--quiet", raw.quiet, "Print nothing; only set the exit status");
  describe_bench(app, raw);
  CLI::App& completion =
      add_verb(app, "completion", "Print the script with which a shell completes commands, options and topics",
               completion_examples);
  completion.add_option("shell", raw.shell, "Shell to print the script for")->required()->type_name(known_shells);
}

}  // namespace hoiku::cli
