// loads.hpp: the same loads for Hoiku and for its peers. Each tells the driver on standard output what it measured, in
// lines of JSON, and returns the exit status.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/peers/peer.hpp"
#include "hoiku/link/link_kind.hpp"
#include "hoiku/proto/mode.hpp"

namespace hoiku::bench {

struct Load {
  std::uint16_t port = 0;     // of the server, on this machine
  std::size_t size = 16;      // of a value, in bytes
  double rate = 0;            // values a second; 0: as many as possible
  std::uint64_t values = 0;   // how many are published; 0: for load.duration
  std::uint64_t warm_up = 0;  // how many of them, at the beginning, are not measured
  std::chrono::nanoseconds duration{};
  std::string board;              // the path of its file
  std::size_t followed = 0;       // readers that the writer does not leave behind
  std::uint64_t window = 16'384;  // by more than so many values
  std::size_t first = 0;          // the first reader of this process
  std::size_t readers = 1;        // of this process
  std::size_t in_flight = 1;      // sets that are not acknowledged yet
  std::size_t topics = 1;         // of fill and follow
  std::uint64_t number = 1;       // the value of fill
  int sessions = 1000;            // of idle
};

// Hoiku's side of a load: how its clients connect and read.
struct HoikuSide {
  LinkKind link = default_link_kind;
  proto::Mode mode = proto::Mode::every;
};

// publish: values from 1 on, without waiting for answers; the last one is marked. Says "measuring" after the warm-up
// and "published" at the end; then the number and the times of the first and last value.
int publish_to_peer(PeerKind peer, const Load& load);
int publish_to_hoiku(const HoikuSide& side, const Load& load);

// read: says "ready", and when the last value has come, what the readers were given.
int read_from_peer(PeerKind peer, const Load& load);
int read_from_hoiku(const HoikuSide& side, const Load& load);

// set: sets values, each acknowledged, with so many in flight, for load.duration. Says how many it was in what time.
int set_at_peer(PeerKind peer, const Load& load);
int set_at_hoiku(const HoikuSide& side, const Load& load);

// fill: sets each of many topics to the value of load.number; returns when all are acknowledged.
int fill_peer(PeerKind peer, const Load& load);
int fill_hoiku(const HoikuSide& side, const Load& load);

// follow: reads these topics for ever, and connects again when the connection breaks. Says "ready" when it has
// subscribed, and "has N" with the time when all of them have the value N.
int follow_peer(PeerKind peer, const Load& load);
int follow_hoiku(const HoikuSide& side, const Load& load);

// idle: connects that many readers, each of a topic of its own, and keeps them for load.duration. Says "connected" with
// the memory that they took here, and at the end how many connections were lost.
int idle_at_peer(PeerKind peer, const Load& load);
int idle_at_hoiku(const HoikuSide& side, const Load& load);

// ---- What both sides say

void tell_published(std::uint64_t count, std::int64_t began, std::int64_t ended);
void tell_sets(std::uint64_t sets, std::int64_t nanoseconds);
void tell_connected(long kilobytes);
void tell_lost(int connections);

// The resident memory of this process.
long resident_kilobytes();

// The topics as `follow` has read them. It says "has N" for the newest N that all of them have.
class Followed {
 public:
  explicit Followed(std::size_t topics) : topics_(topics) {}
  void take(std::string_view topic, std::string_view value);

 private:
  std::size_t topics_;
  std::size_t complete_ = 0;  // topics with the newest number
  std::uint64_t newest_ = 0;
  std::unordered_map<std::string, std::uint64_t> numbers_;
};

}  // namespace hoiku::bench
