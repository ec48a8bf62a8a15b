#include "link/src/zmtp/connect.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::link::zmtp {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

// If packets are dropped, the kernel retries ever more rarely, up to minutes apart: a new attempt finds a network that
// is back.
constexpr Duration connecting_limit = 2s;
constexpr Duration next_attempt_after = 250ms;  // the "connection attempt delay" of RFC 8305

std::string reason_of(const std::string& endpoint, const error_code& error) {
  if (error == boost::asio::error::connection_refused || error == boost::system::errc::no_such_file_or_directory)
    return fmt::format("no broker listens at {}: the connection was refused", endpoint);
  if (error == boost::asio::error::access_denied && endpoint.starts_with("ipc://"))
    return fmt::format("this user may not connect to {}: permission denied by the socket's mode or group", endpoint);
  return fmt::format("{} cannot be reached: {}", endpoint, error.message());
}

// The attempts at one broker, which race.
struct Race {
  std::string endpoint;
  std::optional<StreamSocket> winner;
  std::string reason;  // of the first that failed
  std::size_t failed = 0;
  Signal changed;
};

Task<> attempt(Race& race, StreamEndpoint address) {
  StreamSocket socket(current_io_context());
  error_code failure;
  try {
    co_await socket.async_connect(address, use_task);
  } catch (const boost::system::system_error& error) {
    failure = error.code();
  }
  if (failure) {
    ++race.failed;
    if (race.reason.empty()) race.reason = reason_of(race.endpoint, failure);
  } else if (!race.winner) {
    race.winner = std::move(socket);
  }
  race.changed.notify();
}

// Waits until an attempt has won, or more of them have failed than before.
Task<> outcome(Race& race, std::size_t failed_before) {
  while (!race.winner && race.failed == failed_before) co_await race.changed.wait();
}

Task<> run_race(Race& race, const std::vector<StreamEndpoint>& addresses) {
  co_await open_nursery([&](Nursery& attempts) -> Task<> {
    for (const StreamEndpoint& address : addresses) {
      const std::size_t failed_before = race.failed;
      attempts.start_soon(attempt, std::ref(race), address);
      co_await move_on_after(next_attempt_after, outcome, std::ref(race), failed_before);
      if (race.winner) break;
    }
    while (!race.winner && race.failed < addresses.size()) co_await race.changed.wait();
    attempts.cancel_scope().cancel();
  });
}

}  // namespace

Task<StreamSocket> connect_to_any(std::string endpoint, std::vector<StreamEndpoint> addresses) {
  Race race;
  race.endpoint = std::move(endpoint);
  co_await move_on_after(connecting_limit, run_race, std::ref(race), std::cref(addresses));
  if (race.winner) co_return std::move(*race.winner);
  if (race.reason.empty()) race.reason = fmt::format("{} cannot be reached: nothing answers there", race.endpoint);
  throw LinkClosed(race.reason);
}

std::vector<StreamEndpoint> alternate_families(const std::vector<StreamEndpoint>& addresses) {
  std::deque<StreamEndpoint> same;
  std::deque<StreamEndpoint> other;
  for (const StreamEndpoint& address : addresses)
    (address.protocol().family() == addresses.front().protocol().family() ? same : other).push_back(address);
  std::vector<StreamEndpoint> in_turns;
  while (!same.empty() || !other.empty()) {
    for (auto* family : {&same, &other}) {
      if (family->empty()) continue;
      in_turns.push_back(family->front());
      family->pop_front();
    }
  }
  return in_turns;
}

}  // namespace hoiku::link::zmtp
