// core.hpp: the broker as a state machine: frames and the time go in, frames and records come out. Core wires
// the modules of this folder: topics, readers and waits, sessions, commands.
//
// Promises   reads no clock, opens no socket, starts no thread, uses no coroutine; the same calls give the same
//            results. No frame of a peer can make it fail: it answers an invalid one with an error that says why.
// A turn     the caller (1) calls receive() for the frames that are waiting, within a turn's limits, then advance(now),
//            or search(now) if more are waiting, or a session is behind;
//            (2) hands take_records() to the store, and calls committed() when the store says so: at once or much
//            later; (3) calls take_output() and sends each frame, in order. It repeats that on input, on a store's
//            answer, when a full link drains, and at next_deadline().
// Time       `Instant::monotonic` decides everything; `wall` is only written into transitions for people.
//            Holds that are due at `now` end before a command that is received at `now`. A hold that was due more than
//            a millisecond ago is late: it is judged in advance() only, as are the silence of sessions, leases and
//            deadlines, after the input that was already waiting.
// Thread     one. Owner: Server (server/server.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/capacities.hpp"
#include "broker/core/sessions/event_log.hpp"
#include "broker/core/statistics.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

struct Outgoing {
  PeerId peer;
  std::shared_ptr<const proto::ServerFrame> frame;
  bool is_last = false;  // the peer is rejected, or its session has closed: nothing follows
};

struct CoreOptions {
  Limits limits;
  Capacities capacities;
  std::uint64_t instance_id = 0;  // random, one per process life
  std::uint64_t epoch_seed = 0;  // epochs are drawn from a generator seeded with it: from a secure source in production
};

class Core {
 public:
  explicit Core(const CoreOptions& options);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // A peer's next frame can be this, so that the caller need not decode what is refused anyway.
  enum class Awaited : std::uint8_t { hello, commands, nothing };
  Awaited awaited_of(PeerId peer) const;
  // `origin`: the peers with whom this one shares a quota of sessions; it counts with a hello. Empty: no quota.
  // Executes a part of a frame with much work: its session is behind then, until advance() and search() have executed
  // the rest. Executes that rest first, whatever it costs, if it receives another numbered frame of the session.
  void receive(PeerId peer, proto::ClientFrame frame, Instant now, std::string_view origin = {});
  // Whether the caller should keep further frames of the peer until its session is no longer behind.
  bool is_behind(PeerId peer) const;
  bool is_behind() const;  // whether any session is behind
  // False: the commands that were received since the last advance() or search() are work for a whole turn.
  bool has_input_budget() const;
  // The peer sent bytes that are not a frame: the core sends it the failure, and ignores its later frames.
  void refuse(PeerId peer, const Failure& failure, Instant now);
  // The peer's connection has ended. Its session stays open until its timeout.
  void disconnected(PeerId peer, Instant now);
  // Does what is due at `now` or before: holds first, then late holds, silent sessions, leases and deadlines. Before
  // and after that it does what search() does.
  void advance(Instant now);
  // Continues the frames of sessions that are behind, then the searches of new readers and waits, both within a turn's
  // budget: instead of advance(), while more input is waiting than a turn takes.
  void search(Instant now);

  std::vector<Record> take_records();
  // The store has every record up to `sequence`: the core commits them, in order.
  void committed(std::uint64_t sequence, Instant now);

  // The next frame for a connection, or nothing. Conflation happens up to this moment: a frame is built when the link
  // can take it, never earlier. Peers take turns.
  std::optional<Outgoing> take_output(Instant now);
  // The link could not take the frame that take_output() gave last: full() holds the peer back until writable(), and
  // the frame is offered again.
  void full(PeerId peer);
  void writable(PeerId peer);

  std::optional<TimePoint> next_deadline() const;
  std::vector<Event> take_events();
  // Returns the label of the session that this peer's connection belongs to; empty if it has none.
  std::string session_label_of(PeerId peer) const;
  Statistics statistics() const;

  // Tells every client that the broker is shutting down (fatal, code unavailable), and closes all sessions.
  void shut_down(Instant now);

 private:
  struct Modules;
  std::unique_ptr<Modules> modules_;
};

}  // namespace hoiku::broker
