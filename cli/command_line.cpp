#include "cli/command_line.hpp"

#include <cstdlib>
#include <initializer_list>

#include "cli/completion.hpp"
#include "hoiku/link/endpoint.hpp"

namespace hoiku::cli {
namespace {

constexpr const char* set_examples =
    "  hoiku set sensor/touch/head true\n"
    "  hoiku set robot/name --type string 42\n"
    "  hoiku set door/lock closed --if-version 7\n"
    "  hoiku set robot/pose '{\"x\": 1.5}' --type message:robot.Pose\n";
constexpr const char* get_examples =
    "  hoiku get sensor/touch/head\n"
    "  hoiku get sensor/touch/head --json\n";
constexpr const char* watch_examples =
    "  hoiku watch 'sensor/**'\n"
    "  hoiku watch 'motor/*/heat' --where 'value > 80' --max-rate 10/s\n"
    "  hoiku watch robot/mood --every --json\n";
constexpr const char* wait_examples =
    "  hoiku wait sensor/temperature 'value > 30' --held-for 200ms --timeout 5s && echo hot\n"
    "  hoiku wait robot/mood 'value != \"calm\"'\n"
    "  hoiku wait robot/pose 'value.x > 3'\n";
constexpr const char* ls_examples =
    "  hoiku ls\n"
    "  hoiku ls 'sensor/**' --json\n";
constexpr const char* readers_examples =
    "  hoiku readers\n"
    "  hoiku readers --json | jq 'select(.pending > 0)'\n";
constexpr const char* ping_examples =
    "  hoiku ping\n"
    "  hoiku ping --quiet --timeout 2s || echo 'no broker'\n";
constexpr const char* completion_examples =
    "  source <(hoiku completion bash)\n"
    "  hoiku completion fish > ~/.config/fish/completions/hoiku.fish\n";
constexpr const char* exit_statuses =
    "Exit status: 0 done, 1 failed (also: no answer in time, or get of a topic that is not set), 2 usage,\n"
    "3 version conflict, 124 what `wait` waits for has not come in time, 130 interrupted, 143 terminated.\n";
constexpr const char* conditions =
    "\nA condition compares (== != < <= > >=) value, old_value, or a field of a message (value.pose.x), with each\n"
    "other or with a word, a number or a \"text in quotes\"; abs(value - old_value) > 0.5 is about a change's size.\n"
    "Join conditions with && and ||, turn one round with !, use parentheses. A comparison with nothing is false.\n";

std::string footer(std::initializer_list<const char*> examples) {
  std::string text = "\nExamples:\n";
  for (const char* example : examples) text += example;
  return text + "\n" + exit_statuses;
}

// CLI11 takes -1 for the largest number that there is.
std::string whole_number(const std::string& text) {
  const bool is_whole = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return is_whole ? "" : "'" + text + "' is no whole number";
}

CLI::App& add_verb(CLI::App& app, const char* name, const char* description, const char* examples,
                   const char* besides = "") {
  CLI::App& verb = *app.add_subcommand(name, description);
  verb.footer(besides + std::string("\n--endpoint, --timeout and --json may stand here too: see hoiku --help.\n") +
              footer({examples}));
  return verb;
}

void describe_writing(CLI::App& app, Typed& typed) {
  CLI::App& set = add_verb(app, "set", "Set a topic; prints the version that it became", set_examples);
  set.add_option(topic_argument, typed.topic, "The topic's name")->required();
  set.add_option("value", typed.value, "The value; its type by its look; @FILE or - for bytes; of a message its JSON")
      ->required();
  set.add_option("--type", typed.type, "What the value is to be read as; bytes as hex, messages as JSON")
      ->type_name("bool|int64|double|string|bytes|null|message:TYPE");
  set.add_option("--if-version", typed.if_version, "Only where this is the topic's version (0: never set)")
      ->check(whole_number)
      ->type_name("N");
}

void describe_reading(CLI::App& app, Typed& typed) {
  CLI::App& get = add_verb(app, "get", "Print a topic's value; status 1 where it is not set", get_examples);
  get.add_option(topic_argument, typed.topic, "The topic's name")->required();
  CLI::App& ls = add_verb(app, "ls", "What topics there are, who wrote them and how many read them", ls_examples);
  typed.topic = "**";
  ls.add_option(pattern_argument, typed.topic, "A topic, or a pattern: * is one segment, ** any number")
      ->capture_default_str();
  ls.add_flag("--names", typed.names, "Only their names");
  add_verb(app, "readers", "Who reads what, and what has become of what was written", readers_examples);
  CLI::App& watch =
      add_verb(app, "watch", "Print the present state, then one line per change (times are UTC), until Ctrl-C",
               watch_examples, conditions);
  watch.add_option(pattern_argument, typed.topic, "A topic, or a pattern: * is one segment, ** any number")->required();
  watch.add_flag("--every", typed.every,
                 "Each change, as far as the broker's history goes; without it the newest counts");
  watch.add_option("--where", typed.where, "Only what this is true of, such as 'value > 30'; the broker tests it")
      ->type_name("CONDITION");
  watch
      .add_option("--max-rate", typed.max_rate,
                  "Of each topic at most so many lines a time, such as 10/s or 100ms for one; the newest counts")
      ->type_name("RATE");
  CLI::App& wait = add_verb(app, "wait", "Wait until a condition is true of a topic, and print the value",
                            wait_examples, conditions);
  wait.add_option(topic_argument, typed.topic, "The topic's name")->required();
  wait.add_option("condition", typed.condition,
                  "Such as 'value > 30 && value != 42', or 'value.x > 3' of messages; without it: any value");
  wait.add_option("--held-for", typed.held_for, "The condition must have been true throughout this time")
      ->type_name("DURATION");
}

}  // namespace

void describe_command_line(CLI::App& app, Typed& typed) {
  const char* from_environment = std::getenv("HOIKU_ENDPOINT");
  typed.endpoint = from_environment ? from_environment : std::string(link::default_endpoint);
  app.footer(footer(
      {set_examples, get_examples, ls_examples, readers_examples, watch_examples, wait_examples, ping_examples}));
  app.set_version_flag("--version", std::string("hoiku ") + HOIKU_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--endpoint", typed.endpoint, "The broker: tcp://HOST:PORT or ipc://PATH (or HOIKU_ENDPOINT)")
      ->type_name("ENDPOINT")
      ->capture_default_str();
  app.add_flag("--json", typed.json, "One JSON object a line, for scripts");
  app.add_option(
         "--timeout", typed.timeout,
         "Give up after this time, otherwise 5s; `watch` only while it connects; `wait` waits for ever without it")
      ->type_name("DURATION");
  describe_writing(app, typed);
  describe_reading(app, typed);
  CLI::App& ping =
      add_verb(app, "ping", "Whether a broker answers, and how fast; status 1 where none does", ping_examples);
  ping.add_flag("--quiet", typed.quiet, "Print nothing; the status says it");
  CLI::App& completion = add_verb(
      app, "completion", "Print the script that lets a shell complete verbs, options and topics", completion_examples);
  completion.add_option("shell", typed.shell, "Which one")->required()->type_name(known_shells);
}

}  // namespace hoiku::cli
