// server.hpp: runs a broker: couples the core, a store and a link in one coroutine.
//
// A turn receives the waiting input, within the limits of turn_share.hpp, lets the core decide, hands its records to
// the store, reports to it which are stored, and sends each connection its frames. Then it waits for input, for the
// store, or for the core's next deadline, whichever is first.
//
// Promises   nothing that a peer sends ends serve(). A connection that cannot take a frame delays no other: it is
//            passed over and asked again a moment later. The time is the loop's, so a server also runs on a virtual
//            clock.
// Thread     the loop's. Owner: hoikud's main, or the simulation.
// Errors     serve() throws Error(unavailable) if the store says that this broker must not continue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/core.hpp"
#include "broker/server/full_peers.hpp"
#include "broker/server/log.hpp"
#include "broker/server/postponed_input.hpp"
#include "broker/server/session_log.hpp"
#include "broker/server/turn_share.hpp"
#include "broker/store/store.hpp"
#include "hoiku/async/doorbell.hpp"
#include "hoiku/async/task.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::broker {

struct ServerOptions {
  CoreOptions core;
  std::function<WallTime()> wall_time;  // the time of transitions; empty: 1970
  LogSink log;                          // empty: quiet
};

// Options of a new broker instance: its id and its epochs are random, and this machine's clock dates its transitions.
ServerOptions new_instance_options(const Limits& limits);

// The result of drain().
struct Drained {
  std::size_t sessions = 0;   // sessions that were open, and were sent a farewell
  std::uint64_t records = 0;  // records that the store finished during the drain
  std::uint64_t frames_sent = 0;
  std::size_t peers_full = 0;  // connections that could not take their last frame in time
};

class Server {
 public:
  Server(ServerOptions options, std::unique_ptr<link::ServerLink> link, std::unique_ptr<Store> store);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until it is cancelled, which ends it at once: the clients see a cut, as if the process had been killed.
  Task<> serve();

  // Serves until no session is left, for `limit` at most, while clients say goodbye.
  Task<> serve_until_empty(Duration limit);

  // Ends the broker after serve(): executes the commands that are waiting, and the last wills, lets the store finish
  // unless it is lost, and tells every client that the broker is shutting down. Takes at most `limit`. Shield it if
  // serve() was cancelled.
  Task<Drained> drain(Duration limit);

  Statistics statistics() const { return core_.statistics(); }
  std::vector<std::string> endpoints() const { return link_->endpoints(); }

 private:
  Instant instant() const;
  Task<> turn();
  bool take_input();  // false: more input is waiting
  bool take_new_input(TurnShare& share);
  bool take_postponed_input(TurnShare& share);
  bool is_postponed(std::uint64_t peer) const;  // its next input waits
  bool is_spent(const TurnShare& share) const;
  void postpone(link::ServerLink::Input input);
  void take(link::ServerLink::Input input, TurnShare& share);
  bool is_worth_decoding(PeerId peer, const std::string& frame);  // false: it is refused, or ignored
  void hand_to_store();
  Task<> finish_records(TimePoint end);
  std::uint64_t send_output();
  void send(const Outgoing& outgoing);
  void write_events();
  void write_notes();
  void log_link_full(PeerId peer);
  void add_session(LogLine& line, PeerId peer) const;
  std::string address_of(PeerId peer) const;
  void ask_full_peers_again();
  Task<> wait_for_work();

  const ServerOptions options_;
  Core core_;
  std::unique_ptr<link::ServerLink> link_;
  std::unique_ptr<Store> store_;
  std::optional<Doorbell> store_bell_;  // the store may ring from a thread of its own, also after the broker's end
  Log log_;
  SessionLog session_log_{log_};
  std::uint64_t appended_ = 0;   // the sequence of the last record that the store was given
  std::uint64_t committed_ = 0;  // the sequence of the last record that the store has finished
  bool store_is_lost_ = false;   // it said that this broker must not continue
  FullPeers full_;
  PostponedInput postponed_;
  bool is_postponed_first_ = false;  // of the input of this turn
  int turns_without_advance_ = 0;
  std::size_t inputs_without_advance_ = 0;
  std::uint64_t frames_sent_ = 0;
};

}  // namespace hoiku::broker
