// message.hpp: what a client and a broker say to each other, as plain structs. The codec turns them into bytes and back.
//
// The story of a session. A connection begins with Hello, answered by Welcome or a fatal Failure. From then on each side
// numbers its frames 1, 2, 3 … for the life of the *session*, keeps each until the other has acknowledged it, and after a
// reconnect sends the kept ones again, so both directions are exactly-once and in order across cuts. Frames that carry
// nothing but an acknowledgement (or nothing at all: a heartbeat) have the number 0 and are not kept. The incarnation
// counts the connections of a session: frames of an older one are ignored, and a gap in the numbers ends the connection.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hoiku/proto/error.hpp"
#include "hoiku/proto/mode.hpp"
#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku::proto {

inline constexpr std::uint32_t protocol_version = 1;

using SessionToken =
    std::array<std::uint8_t, 16>;  // made by the client from a secure source; whoever knows it is the session

// ---- client to broker ----------------------------------------------------------------------------------------------

struct Hello {
  std::uint32_t version = protocol_version;
  SessionToken token{};
  std::string client_name;                       // a label for people
  std::chrono::milliseconds session_timeout{0};  // 0: the broker's default
};

// Requests carry an id that is unique and rising within the session; answers name it. A subscription or a wait is named
// by the id of the command that made it.
using RequestId = std::uint64_t;

struct Set {
  RequestId id = 0;
  std::string topic;
  Value value;
  std::optional<Version> if_version;  // epoch 0: "the current epoch", as on the command line
  std::optional<WallTime> source_time;
};

// One of the writes of a Commit.
struct Write {
  std::string topic;
  Value value;
  std::optional<Version> if_version;
  std::optional<WallTime> source_time;
};

// Writes to several topics as one: all of them are applied, in one revision, or none. A topic stands in it once. Answered
// by CommitDone, or by Failed of the first write that can't be.
struct Commit {
  RequestId id = 0;
  std::vector<Write> writes;
};

struct Get {
  RequestId id = 0;
  std::string topic;
};

// A page of the topics that match, in no particular order. Answered by ListDone.
struct List {
  RequestId id = 0;
  std::string pattern;
  std::uint64_t cursor = 0;  // 0: from the beginning; otherwise the `next` of the page before
};

// Where a reader that lost its session left off: it has seen everything up to `revision` of the run `run`.
struct ResumePoint {
  std::uint64_t run = 0;
  std::uint64_t revision = 0;
};

// A subscription to one pattern (a topic's name is a pattern without wildcards), or, `latest` only, to a composite: a list
// of plain topics whose changes of one revision always travel in one batch.
struct Subscribe {
  RequestId id = 0;
  std::vector<std::string> topics;  // one pattern, or 2..64 plain names (a composite; a name may stand twice)
  std::optional<ResumePoint> resume;
  Mode mode = Mode::latest;
  // Only versions that it is true of; the others are counted (Delivery::filtered). In a snapshot, of the present states.
  std::optional<Predicate> filter = std::nullopt;
  // `latest` only: of each topic at most one delivery in so long a time; the newest state comes when the time is over.
  std::chrono::nanoseconds interval{0};
};

// The reader of an `every` subscription has taken so many transitions in all. The broker sends at most
// Limits::credit_transitions more than that.
struct Renew {
  RequestId id = 0;  // of this command; it is not answered
  RequestId subscription = 0;
  std::uint64_t taken = 0;
};

struct Unsubscribe {
  RequestId id = 0;  // of this command; it is not answered
  RequestId subscription = 0;
};

// Answered once, when the predicate is true of the topic's value (and has been throughout `hold`). A topic that is not
// set matches nothing. Without a predicate any set value matches, and `hold` means: unchanged for that long.
struct Wait {
  RequestId id = 0;
  std::string topic;
  std::optional<Predicate> predicate;
  std::chrono::nanoseconds hold{0};
  // Housekeeping: nobody waits any more after that long, so the broker forgets the wait a second later and says nothing.
  // The client's own scope decides when it really ends. 0: it is cancelled, or answered, or goes with the session.
  std::chrono::nanoseconds given_up_after{0};
};

// Answered once, at the first change of the topic that matches, also where it is gone again by then. A change to "not set"
// counts; of a predicate, each comparison with what is not set is false.
struct WaitTransition {
  RequestId id = 0;
  std::string topic;
  std::optional<Predicate> predicate;  // without one: any change
  // Only changes behind this version; what has gone from the topic's history is an error (lagged), never a later match.
  // Epoch 0: "the current epoch". Without it: from now on, which is told by TransitionArmed.
  std::optional<Version> after;
  std::chrono::nanoseconds given_up_after{0};  // as of a Wait
};

// Of either kind of wait.
struct CancelWait {
  RequestId id = 0;    // of this command; it is not answered
  RequestId wait = 0;  // an answer that is already under way may still arrive
};

// What a topic is to be, whoever writes it. It stays so as long as the broker runs, and the topic is not removed. Answered by
// Done. What is not said here stays as it is; of two sessions that say different things the later one counts, but for the
// type: there it is refused (type_mismatch).
struct Declare {
  RequestId id = 0;
  std::string topic;
  ValueType type = ValueType::null;                  // null: not said
  std::string message_type;                          // of a topic of messages: the full name of their type
  std::optional<std::chrono::nanoseconds> deadline;  // unwritten for so long, a value is stale; 0: never
  std::optional<std::uint64_t> history;              // how many transitions are kept
};

// Nobody but this session may write the topic, until the lease ends: by Release, by the end of the session, after `lasting`,
// or because another session takes over. Answered by Owned; its end by Failed (not_owner), unless the session asked for it.
// Whenever it ends, but for a take-over, the topic becomes its last will, orphaned.
struct Own {
  RequestId id = 0;
  std::string topic;
  Value last_will;  // null: it becomes unset
  bool take_over = false;
  std::chrono::nanoseconds lasting{0};  // 0: as long as the session
};

struct Release {
  RequestId id = 0;     // of this command; it is not answered
  RequestId lease = 0;  // the id of its Own
};

// What messages of this type look like: a serialised google.protobuf.FileDescriptorSet in which each file comes behind those
// that it imports. Answered by Done. A second one must be one that readers of the first can read (type_mismatch).
struct RegisterSchema {
  RequestId id = 0;
  std::string message_type;
  std::string files;
};

// Answered by SchemaDone.
struct GetSchema {
  RequestId id = 0;
  std::string message_type;
};

// A page of all sessions' subscriptions, with what each was sent. Answered by ReadersDone.
struct ListReaders {
  RequestId id = 0;
  std::uint64_t cursor = 0;  // as of a List
};

struct Goodbye {};  // ends the session at once: its subscriptions and waits are gone

using Command = std::variant<Set, Get, Subscribe, Unsubscribe, Wait, CancelWait, Goodbye, Renew, WaitTransition, List,
                             Commit, Declare, Own, Release, RegisterSchema, GetSchema, ListReaders>;

struct ClientFrame {
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;        // 0: not part of the numbered stream
  std::uint64_t acknowledged = 0;  // every server frame up to this number is in the client's inboxes
  std::optional<Hello> hello;      // the first frame of a connection; such a frame carries no commands
  std::vector<Command> commands;
};

// ---- broker to client ----------------------------------------------------------------------------------------------

struct Welcome {
  bool resumed = false;   // false: a new session; the client subscribes and waits anew, writes in flight are unknown
  std::uint64_t run = 0;  // random per run of the broker
  // The incarnation of the connection with which this session began. A client that never got that connection's welcome
  // does not know the session, although the broker calls it resumed, and starts anew in it.
  std::uint64_t since = 0;
  std::chrono::milliseconds session_timeout{0};
  std::uint64_t value_bytes_max = 0;
  std::uint64_t frame_bytes_max = 0;
  std::uint64_t credit_transitions = 0;  // of each `every` subscription
};

// One transition for one subscription. `member` is the position in Subscribe::topics (always 0 for a pattern).
struct Delivery {
  RequestId subscription = 0;
  std::uint32_t member = 0;
  std::shared_ptr<const Transition> transition;  // never null; version.number 0: the topic is not set
  std::uint64_t lagged = 0;  // of `every`: so many versions before it had gone from the topic's history
  // Of a filtered reader: so many versions since the delivery before it did not pass. Of those that are neither delivered
  // nor counted so or as lagged, a newer one took the place (`latest`).
  std::uint64_t filtered = 0;
  // In the first delivery of a filtered reader that came back: the broker counts from this version on. What it was not sent
  // up to there had not passed either, as it was complete up to there.
  std::uint64_t counted_from = 0;
};

// The end of a subscription's snapshot: everything up to `revision` has been sent. Comes once per Subscribe.
struct SnapshotEnd {
  RequestId subscription = 0;
  std::uint64_t revision = 0;
  // True: a topic of the pattern that was not delivered is not set. False: only what changed since the resume point was
  // sent, every topic that was unset since then among it; or only what passes the filter: then the rest may be anything.
  bool whole = false;
};

struct SetDone {
  RequestId id = 0;
  Version version;
  std::uint64_t revision = 0;
  bool changed = false;  // false: the value was equal already, and `version` is the one it equals
};

struct CommitDone {
  struct Written {
    Version version;
    bool changed = false;  // false: the value was equal already
  };
  RequestId id = 0;
  std::uint64_t revision = 0;    // of the commit; where nothing was changed, the newest of those that the values equal
  std::vector<Written> written;  // in the order of the writes
};

struct GetDone {
  RequestId id = 0;
  std::shared_ptr<const Transition> current;  // never null; version.number 0: not set
};

struct WaitDone {
  RequestId id = 0;
  std::shared_ptr<const Transition> match;  // the first match; with a hold, the newest value when the hold was complete
};

struct TransitionDone {
  RequestId id = 0;
  std::shared_ptr<const Transition> match;
  std::shared_ptr<const Value> old_value;  // what it replaced; nullptr: it was not set
};

// Not the end of its request: the wait counts from behind this version.
struct TransitionArmed {
  RequestId id = 0;
  Version version;
};

struct ListRow {
  std::shared_ptr<const Transition> current;  // never null; version.number 0: never set, but somebody reads it
  std::uint64_t readers = 0;                  // subscriptions and waits
};

// Each row is true of the moment when its page was made. A topic that came or went meanwhile may be in none of the pages,
// or in two. A page may be empty and still not be the last.
struct ListDone {
  RequestId id = 0;
  std::vector<ListRow> rows;
  std::uint64_t next = 0;  // 0: there are no more
};

// The declaration, or the schema, is in force.
struct Done {
  RequestId id = 0;
};

// The lease has begun; its end is still to come.
struct Owned {
  RequestId id = 0;
  Version version;  // of the topic then
};

struct SchemaDone {
  RequestId id = 0;
  std::string files;  // as of RegisterSchema; empty: there is none
};

// One subscription: who reads what, and what has become of it. Of the transitions since its snapshot
// written == delivered + conflated + filtered + lagged + pending, at every moment.
struct ReaderRow {
  std::string client;   // the client's name
  std::string session;  // the last segment of its presence topic
  std::vector<std::string> topics;
  Mode mode = Mode::latest;
  std::string filter;  // in its normal form
  std::chrono::nanoseconds interval{0};
  std::uint64_t matched = 0;    // topics
  std::uint64_t written = 0;    // transitions of theirs
  std::uint64_t delivered = 0;  // sent
  std::uint64_t conflated = 0;
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;
  std::uint64_t pending = 0;  // not sent yet
};

struct ReadersDone {
  RequestId id = 0;
  std::vector<ReaderRow> rows;
  std::uint64_t next = 0;  // as of a ListDone
};

struct Failed {
  RequestId id = 0;
  Failure failure;
  std::optional<Version> current;  // for version_conflict and lagged
};

using Answer = std::variant<SetDone, GetDone, WaitDone, Failed, TransitionDone, TransitionArmed, ListDone, CommitDone,
                            Done, Owned, SchemaDone, ReadersDone>;

struct ServerFrame {
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;        // 0: not part of the numbered stream
  std::uint64_t acknowledged = 0;  // every client frame up to this number has been processed
  std::optional<Welcome> welcome;
  std::optional<Failure> fatal;  // the connection ends with it; the session is not resumed
  std::vector<Delivery> deliveries;
  std::vector<SnapshotEnd> snapshot_ends;  // after the deliveries of the same frame
  std::vector<Answer> answers;
  std::uint64_t complete_through =
      0;  // where not 0: all up to this revision was delivered, but to readers with an interval (numbered frames only)
};

}  // namespace hoiku::proto
