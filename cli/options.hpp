// options.hpp: the inspector's command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::cli {

// What scripts rely on.
enum ExitStatus : int {
  done = 0,
  failed = 1,
  usage = 2,
  conflict = 3,
  timed_out = 124,
  interrupted = 130,
  terminated = 143
};

struct SetVerb {
  std::string topic;
  Value value;
  std::optional<std::uint64_t> if_version;
};
struct GetVerb {
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
// What the shells ask while somebody types: the words so far, the one at the cursor last.
struct CompleteVerb {
  std::vector<std::string> words;
};
struct WaitVerb {
  std::string topic;
  std::optional<Predicate> condition;
  std::chrono::nanoseconds held_for{0};
};

struct ReadersVerb {};
struct PingVerb {
  bool quiet = false;
};

struct Options {
  std::string endpoint;
  bool json = false;
  // How long a one-shot verb takes at most; of `wait`, how long the condition is waited for (nothing: for ever).
  std::optional<std::chrono::nanoseconds> timeout;
  std::string timeout_text = "5s";  // as it was typed
  std::variant<SetVerb, GetVerb, WatchVerb, WaitVerb, PingVerb, LsVerb, ReadersVerb, CompleteVerb> verb;
};

// "10/s" and "100ms" are both a hundred milliseconds from one to the next. invalid_argument shows what is meant.
Result<std::chrono::nanoseconds> parse_rate(std::string_view text);

// The options; or the status to end with, when all has been said: 0 after --help and a shell's script on stdout, 2 after
// one sentence on stderr.
std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace hoiku::cli
