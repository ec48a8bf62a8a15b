// service.hpp: the common part of the robot's programs: the command line, and a Bus that reports its connection.
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

// Adds --endpoint, whose default is HOIKU_ENDPOINT, for a program with options of its own (command_line.hpp). A wrong
// HOIKU_ENDPOINT is a usage error, unless --endpoint is given. Sets the callback of `app`.
void add_endpoint_option(CLI::App& app, ServiceOptions& options);

// For a program without other options. Empty: there is nothing more to do, and the program ends with `status`.
std::optional<ServiceOptions> parse_service_options(int argc, const char* const* argv, const std::string& name,
                                                    const std::string& description, int& status);

// Runs `body` with a Bus until it ends or a signal comes. Returns the exit status.
int serve(const ServiceOptions& options, const std::string& name,
          const std::function<Task<>(Nursery& nursery, Bus bus)>& body);

// Repeats a write until the broker has acknowledged it: `write` makes the Task of a set or a commit, and is called
// again if the session was lost before the answer. Only for states, not for steps: the write may be applied twice.
template <class Write>
Task<> retry_until_acknowledged(Write write) {
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
Task<> set_until_acknowledged(Topic<T> topic, T value) {
  co_await retry_until_acknowledged([&] { return topic.set(value); });
}

// Publishes a state of this process: now, when it changes, and after each reconnect, since a broker that was restarted
// has forgotten it.
template <class T>
Task<> publish_state(Bus bus, std::string name, AsyncValue<T>& state) {
  auto topic = bus.topic<T>(std::move(name));
  auto both = compose_values(state, bus.connection());
  auto states = both.eventual_values();
  for (;;) {
    const auto [value, connection] = co_await states.next();
    if (connection == ConnectionState::connected) co_await set_until_acknowledged(topic, value);
  }
}

}  // namespace hoiku::services
