// service.hpp: what the robot's programs have in common: a command line, and a Bus that says what happens to it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "hoiku/hoiku.hpp"

namespace CLI {
class App;
}

namespace hoiku::services {

struct ServiceOptions {
  std::string endpoint;
};

// --endpoint (or HOIKU_ENDPOINT), for a program that has options of its own beside it (command_line.hpp).
void add_endpoint_option(CLI::App& app, ServiceOptions& options);

// For a program that has no others. Nothing: all has been said, and the program ends with `status`.
std::optional<ServiceOptions> parse_service_options(int argc, const char* const* argv, const std::string& name,
                                                    const std::string& description, int& status);

// Runs `body` with a Bus until it ends or a signal comes; the program's exit status.
int serve(const ServiceOptions& options, const std::string& name,
          const std::function<Task<>(Nursery& nursery, Bus bus)>& body);

// Writes until it is sure that it was written: `write` makes the Task of a set or a commit, and is called again where the
// broker went away before it could answer. Only for what says a state, not a step: that may be said twice.
template <class Write>
Task<> surely(Write write) {
  for (;;) {
    try {
      co_await write();
      co_return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::outcome_unknown) throw;
    }
  }
}

template <class T>
Task<> set_surely(Topic<T> topic, T value) {
  co_await surely([&] { return topic.set(value); });
}

// Says a state of this process on the bus: now, when it changes, and again when the connection is back, since a broker
// that was restarted has forgotten it.
template <class T>
Task<> keep_saying(Bus bus, std::string name, AsyncValue<T>& state) {
  auto topic = bus.topic<T>(std::move(name));
  auto both = compose_values(state, bus.connection());
  auto states = both.eventual_values();
  for (;;) {
    const auto [value, connection] = co_await states.next();
    if (connection == ConnectionState::connected) co_await set_surely(topic, value);
  }
}

}  // namespace hoiku::services
