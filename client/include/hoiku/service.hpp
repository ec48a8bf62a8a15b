// service.hpp: what each service needs around its own work: a main function with a Bus, writes that outlast a lost
// session, and state that a restarted broker is told again.
//
//   Task<> live(Nursery& nursery, Bus bus) { ... }
//   int main() { return serve("mood", live); }
//
//   co_await set_until_acknowledged(pose, std::string("rests"));
//   nursery.start_soon(publish_state<std::string>, bus, "robot/mood", std::ref(mood));
//
// Thread     the loop's; serve() runs it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "hoiku/hoiku.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace detail {

using ServiceBody = std::function<Task<>(Nursery& nursery, Bus bus)>;
// An empty endpoint: that of HOIKU_ENDPOINT.
int serve(std::string endpoint, ConnectOptions options, const ServiceBody& body);

template <class F>
int serve_body(std::string endpoint, ConnectOptions options, F& body) {
  static_assert(TaskFunction<F&, Nursery&, Bus>,
                "serve takes a function of a Nursery& and a Bus that returns a Task<>");
  if constexpr (TaskFunction<F&, Nursery&, Bus>)
    return serve(std::move(endpoint), std::move(options), std::ref(body));
  else
    return 1;
}

}  // namespace detail

// Runs body(nursery, bus), a coroutine, until it and all that it has started have ended, or until a signal comes. The
// Bus belongs to the nursery, and is connected to HOIKU_ENDPOINT; the name is its client_name. Returns an exit status,
// as run() does. Options as for Bus::connect.
template <class F, detail::ConnectOption... Options>
int serve(std::string name, F&& body, Options... options) {
  return detail::serve_body({}, detail::ConnectOptions::of(client_name(std::move(name)), std::move(options)...), body);
}
// The same at an endpoint that is given, as by a command line.
template <class F, detail::ConnectOption... Options>
int serve_at(std::string endpoint, std::string name, F&& body, Options... options) {
  return detail::serve_body(std::move(endpoint),
                            detail::ConnectOptions::of(client_name(std::move(name)), std::move(options)...), body);
}

// Repeats a write until the broker has acknowledged it: `write` makes the Task of a set or a commit, and is called
// again if the session was lost before the answer (outcome_unknown). Only for states, not for steps: the write may be
// applied twice. Other errors come out.
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

// Sets the value, and repeats that until the broker has acknowledged it.
template <class T>
Task<> set_until_acknowledged(Topic<T> topic, T next) {
  const auto set = [&] { return topic.set(next); };
  co_await retry_until_acknowledged(set);
}

// Keeps a topic equal to a value of this process: sets it now, when the value changes, and after each reconnect, since
// a broker that was restarted has forgotten it. A value that comes and goes while the broker is away may be left out.
// Runs until it is cancelled; the value outlives it.
template <class T>
Task<> publish_state(Bus bus, std::string name, AsyncValue<T>& state) {
  auto topic = bus.topic<T>(std::move(name));
  auto both = compose_values(state, bus.connection());
  auto states = both.eventual_values();
  for (;;) {
    const auto [latest, connection] = co_await states.next();
    if (connection == ConnectionState::connected) co_await set_until_acknowledged(topic, latest);
  }
}

}  // namespace hoiku
