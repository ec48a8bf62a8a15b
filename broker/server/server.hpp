// server.hpp: the broker at work: the core, a store and a link, coupled by one coroutine.
//
// A turn: take what is waiting (at most Limits::turn_commands_max commands or turn_bytes_max bytes), let the core
// decide, hand its records to the store, tell it what the store has done, send what each connection is due. Then wait
// for input, for the store, or for the core's next deadline, whichever is first.
//
// Promises   nothing that a peer sends ends serve(). A connection that cannot take a frame delays no other: it is
//            passed over and asked again a moment later. The time is the loop's, so all of it runs on a virtual clock
//            too.
// Thread     the loop's. Owner: hoikud's main, or the simulation.
// Errors     serve() throws Error(unavailable) where the store says that this broker must not go on.
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
#include "broker/store/store.hpp"
#include "hoiku/async/doorbell.hpp"
#include "hoiku/async/task.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::broker {

struct ServerOptions {
  CoreOptions core;
  std::function<WallTime()> wall_time;  // what transitions are dated with; empty: 1970
  LogSink log;                          // empty: quiet
};

// Options of a new broker instance: its id and its epochs are random, and this machine's clock dates its transitions.
ServerOptions new_instance_options(const Limits& limits);

// The result of drain().
struct Drained {
  std::size_t sessions = 0;   // that were open, and were told
  std::uint64_t records = 0;  // that the store had still to finish, and did
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

  // Serves until no session is left, for `limit` at most: for the end, when clients are about to say goodbye.
  Task<> serve_until_empty(Duration limit);

  // The polite end, after serve(): executes the commands that wait already, lets the store finish, and tells every
  // client that the broker is shutting down. Takes at most `limit`. Shield it if serve() was cancelled.
  Task<Drained> drain(Duration limit);

  Statistics statistics() const { return core_.statistics(); }
  std::vector<std::string> endpoints() const { return link_->endpoints(); }

 private:
  Instant instant() const;
  Task<> turn();
  bool take_input();  // false: there is more
  void take(link::ServerLink::Input input, std::size_t& commands, std::size_t& bytes);
  void hand_to_store();
  std::uint64_t send_output();
  void send(const Outgoing& outgoing);
  void write_events();
  void ask_full_peers_again();
  Task<> wait_for_work();

  const ServerOptions options_;
  Core core_;
  std::unique_ptr<link::ServerLink> link_;
  std::unique_ptr<Store> store_;
  std::optional<Doorbell> store_bell_;  // the store may ring from a thread of its own, also after the broker's end
  Log log_;
  std::uint64_t appended_ = 0;   // sequence of the last record that the store was given
  std::uint64_t committed_ = 0;  // and of the last that it has finished
  FullPeers full_;
  int turns_without_advance_ = 0;
  std::uint64_t frames_sent_ = 0;
};

}  // namespace hoiku::broker
