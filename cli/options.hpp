// options.hpp: the inspector's command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hoiku/proto/mode.hpp"
#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::cli {

// Scripts rely on these numbers.
enum ExitStatus : int {
  done = 0,
  failed = 1,
  usage = 2,
  conflict = 3,
  timed_out = 124,
  // After a signal; hoiku then dies of it (hoiku/async/signals.hpp).
  hung_up = 129,
  interrupted = 130,
  terminated = 143
};

// `hoiku set`, and `hoiku unset`, whose value is null.
struct SetVerb {
  std::string topic;
  Value value;
  std::optional<Version> if_version;
  std::string message_type;  // of --type message:TYPE
  // The text that may be a message in JSON: of message_type, or of the type that the topic holds.
  std::optional<std::string> json;
};
struct GetVerb {
  std::string topic;
  bool raw = false;  // only the bytes of the value
};
struct ForgetVerb {
  std::string topic;
};
struct WatchVerb {
  std::string pattern;
  bool every = false;
  std::optional<Predicate> filter;
  std::chrono::nanoseconds interval{0};
};
struct LsVerb {
  std::string pattern;
  bool names = false;
};
// `hoiku complete`: the words so far, the one at the cursor last.
struct CompleteVerb {
  std::vector<std::string> words;
};
struct WaitVerb {
  std::string topic;
  std::optional<Predicate> condition;
  std::chrono::nanoseconds held_for{0};
  bool raw = false;  // as for GetVerb
};

struct ReadersVerb {};
struct PingVerb {
  bool quiet = false;
};
// `hoiku bench`: a load of one publisher, and what it measures.
struct BenchVerb {
  std::chrono::nanoseconds duration{std::chrono::seconds(5)};
  std::size_t size = 16;  // bytes of a value
  std::uint64_t readers = 1;
  std::uint64_t topics = 1;
  proto::Mode mode = proto::Mode::every;
  std::chrono::nanoseconds interval{0};  // between two values; zero: as many as possible
  bool set = false;                      // each is set and acknowledged, not posted
};

struct Options {
  std::string endpoint;
  bool json = false;
  std::string hint;  // a sentence for stderr, or empty
  // The time limit of a one-shot command. For `wait`: how long it waits (empty: without limit).
  std::optional<std::chrono::nanoseconds> timeout;
  std::string timeout_text = "5s";  // as typed
  std::variant<SetVerb, GetVerb, WatchVerb, WaitVerb, PingVerb, LsVerb, ReadersVerb, CompleteVerb, ForgetVerb,
               BenchVerb>
      verb;
};

// Reads a rate: "10/s" and "100ms" both mean one per hundred milliseconds. Errors: invalid_argument, which shows the
// form.
Result<std::chrono::nanoseconds> parse_rate(std::string_view text);

// A sentence for a name or pattern with a wildcard of another system (MQTT's # and +, NATS's >). Empty for other names.
std::string wildcard_hint(std::string_view name);

// The options, or an exit status if there is nothing more to do: 0 after --help or a completion script on stdout, 1 or
// 2 after one sentence on stderr.
std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace hoiku::cli
