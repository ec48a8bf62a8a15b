// message.hpp: the frames, commands and answers of client and broker, as plain structs. codec.hpp makes them bytes.
//
// The life of a session. A connection begins with Hello, answered by Welcome or a fatal Failure. From then on each side
// numbers its frames 1, 2, 3 … for the life of the *session* and keeps each frame until the other side has acknowledged
// it. After a reconnect it sends the kept frames again. So both directions are exactly-once and in order, across cuts.
// Frames that carry only an acknowledgement, or nothing (a heartbeat), have the number 0 and are not kept. The
// connection number counts the connections of a session: frames of an older connection are ignored. A gap in the frame
// numbers ends the connection.
//
// hoiku.proto has the bytes; command_traits.hpp says how each command is answered.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hoiku/proto/encoded_value.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/mode.hpp"
#include "hoiku/proto/predicate.hpp"
#include "hoiku/proto/transition.hpp"
#include "hoiku/proto/value.hpp"

namespace [[gnu::visibility("default")]] hoiku {
namespace proto {

inline constexpr std::uint32_t protocol_version = 2;

// Made by the client from a secure random source. Whoever knows it is the session.
using SessionToken = std::array<std::uint8_t, 16>;

// ---- client to broker ----------------------------------------------------------------------------------------------

struct Hello {
  std::uint32_t version = protocol_version;
  SessionToken token{};
  std::string client_name;                       // a label for people
  std::chrono::milliseconds session_timeout{0};  // 0: the broker's default
};

// The number of a command: unique and rising within the session. Answers carry the id of their command. A subscription,
// a wait or a lease is named by the id of the command that opened it.
using RequestId = std::uint64_t;

struct Set {
  RequestId id = 0;
  std::string topic;
  Value value;
  std::optional<Version> if_version;  // only at this version; number 0: only if the topic is not set
  std::optional<WallTime> source_time;
  bool is_post = false;  // answered only if it is refused; ServerFrame::settled tells when that is known
};

// Writes topics by their numbers, one after another: each as a Set without a condition and a source time. The first has
// the id of the command, the others have the ids after it.
struct Sets {
  // From this command on, in its session, the number means this topic.
  struct Name {
    std::uint32_t number = 0;  // from 1 to topic_numbers_max
    std::string topic;
  };

  RequestId id = 0;
  std::vector<std::uint32_t> topics;
  std::vector<std::uint32_t> lengths;  // of the values
  std::string values;                  // encoded (encoded_value.hpp), one after another
  bool is_post = false;
  std::vector<Name> names;

  std::size_t size() const noexcept { return topics.size(); }
  // Appends a write.
  void add(std::uint32_t topic, const ValueView& value);
  // Calls take(id, topic, value) for each write from the one at `first` on, whose value is a view of `values`, as long
  // as it returns true. False: a value is not one.
  template <class Take>
  bool for_each(Take&& take, std::size_t first = 0) const {
    std::string_view rest = values;
    for (std::size_t i = 0; i < first; ++i) rest.remove_prefix(lengths[i]);
    for (std::size_t i = first; i < topics.size(); ++i) {
      ValueView value;
      if (!read_value(rest.substr(0, lengths[i]), value)) return false;
      rest.remove_prefix(lengths[i]);
      if (!take(id + i, topics[i], value)) return true;
    }
    return true;
  }
};

// The largest number of a topic.
inline constexpr std::uint32_t topic_numbers_max = 4096;

// One topic write of a Commit.
struct TopicWrite {
  std::string topic;
  Value value;
  std::optional<Version> if_version;
  std::optional<WallTime> source_time;
};

// Writes several topics in one revision: all of them or none. A topic appears at most once. Answered by CommitDone, or
// by Failed with the error of the first write that is not possible.
struct Commit {
  RequestId id = 0;
  std::vector<TopicWrite> writes;
};

struct Get {
  RequestId id = 0;
  std::string topic;
};

// Asks for one page of the topics that match, in no particular order. Answered by ListDone.
struct List {
  RequestId id = 0;
  std::string pattern;
  std::uint64_t cursor = 0;  // 0: the first page; otherwise ListDone::next of the previous page
};

// The position of a reader that lost its session: it has everything up to `revision` of the broker instance.
struct ResumePoint {
  std::uint64_t instance_id = 0;
  std::uint64_t revision = 0;
};

// Subscribes to one pattern (a name is a pattern without wildcards), or, `latest` only, to a composite: plain topics
// whose transitions of one revision always travel in one batch.
struct Subscribe {
  RequestId id = 0;
  std::vector<std::string> topics;  // one pattern, or 2..64 plain names (a composite; a name may appear twice)
  std::optional<ResumePoint> resume;
  Mode mode = Mode::latest;
  // Delivers only versions that satisfy the predicate, and counts the others (Delivery::filtered). Applies to the
  // states of the snapshot too.
  std::optional<Predicate> filter = std::nullopt;
  // `latest` only: at most one delivery per topic in this time. At its end the newest state is delivered.
  std::chrono::nanoseconds interval{0};
  // `every` only: transitions of earlier sessions that the reader has not taken, which count against its credit.
  std::uint64_t unread = 0;
};

// Renews the credit of an `every` subscription: its reader has taken so many transitions in all. The broker sends at
// most Limits::credit_transitions beyond that.
struct Renew {
  RequestId id = 0;  // not answered
  RequestId subscription = 0;
  std::uint64_t taken = 0;
};

struct Unsubscribe {
  RequestId id = 0;  // not answered
  RequestId subscription = 0;
};

// Answered once, when the topic's value has satisfied the predicate throughout `hold`. An unset topic satisfies no
// predicate. Without a predicate any set value matches, and `hold` means: unchanged for that long.
struct Wait {
  RequestId id = 0;
  std::string topic;
  std::optional<Predicate> predicate;
  std::chrono::nanoseconds hold{0};
  // Housekeeping: a second after this time the broker removes the wait without an answer, since the client has stopped
  // waiting by then. 0: the wait stays until it is answered or cancelled, or the session ends.
  std::chrono::nanoseconds expires_after{0};
};

// Answered once, at the first transition that matches, also if the value has changed again by then. A transition to
// unset counts; in a predicate each comparison with an unset value is false.
struct WaitTransition {
  RequestId id = 0;
  std::string topic;
  std::optional<Predicate> predicate;  // without one: any transition
  // Matches only transitions after this version. If the history no longer has them, the wait fails (lagged) instead of
  // matching a later one. Epoch 0: the current epoch. Without it: from now on; TransitionArmed tells the version.
  std::optional<Version> after;
  std::chrono::nanoseconds expires_after{0};  // as in Wait
};

// Cancels a wait of either kind.
struct CancelWait {
  RequestId id = 0;    // not answered
  RequestId wait = 0;  // its answer may still arrive, if it was sent already
};

// Declares properties of a topic, whoever writes it. They hold as long as the broker runs, and keep the topic. Answered
// by Done. Properties that are absent stay as they are. If two sessions declare different ones, the later one counts; a
// different type is refused (type_mismatch).
struct Declare {
  RequestId id = 0;
  std::string topic;
  ValueType type = ValueType::null;                  // null: absent
  std::string message_type;                          // of a topic of messages: the full name of their type
  std::optional<std::chrono::nanoseconds> deadline;  // a value becomes stale if unwritten for so long; 0: never
  std::optional<std::uint64_t> history;              // how many transitions the broker keeps
};

// Takes a declaration back, unless another session that has declared the topic is open. Answered by Done.
struct Undeclare {
  RequestId id = 0;
  std::string topic;
};

// Opens a lease: only this session may write the topic. The lease ends by Release, with the session, after `lasting`,
// or when another session takes over. Answered by Owned; an end that the session did not ask for is told by Failed
// (not_owner). When a lease ends, except by a take-over, the topic becomes its last will, orphaned.
struct Own {
  RequestId id = 0;
  std::string topic;
  Value last_will;  // null: the topic becomes unset
  bool take_over = false;
  std::chrono::nanoseconds lasting{0};  // 0: as long as the session
};

struct Release {
  RequestId id = 0;     // not answered
  RequestId lease = 0;  // the id of its Own
};

// Registers the schema of a message type: a serialised google.protobuf.FileDescriptorSet in which each file follows
// those that it imports. Answered by Done. A second schema must be compatible with the first (type_mismatch).
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

// Asks for one page of all sessions' subscriptions and their counts. Answered by ReadersDone.
struct ListReaders {
  RequestId id = 0;
  std::uint64_t cursor = 0;  // as in List
};

// Ends the session at once, with its subscriptions, waits and leases. Not answered, but its frame is acknowledged.
struct Goodbye {};

using Command = std::variant<Set, Get, Subscribe, Unsubscribe, Wait, CancelWait, Goodbye, Renew, WaitTransition, List,
                             Commit, Declare, Own, Release, RegisterSchema, GetSchema, ListReaders, Undeclare, Sets>;

// How long a side waits for a frame with which an acknowledgement can travel.
inline constexpr std::chrono::milliseconds acknowledgement_delay{20};

struct ClientFrame {
  std::uint64_t connection_number = 0;
  std::uint64_t number = 0;        // 0: not part of the numbered stream
  std::uint64_t acknowledged = 0;  // the client has taken every server frame up to this number
  std::optional<Hello> hello;      // in the first frame of a connection, which carries no commands
  // The broker acknowledges at once, and settles the posts as soon as it can. Else it does so with its next frame, or
  // acknowledgement_delay after it could.
  bool reply_at_once = false;
  std::vector<Command> commands;
};

// ---- broker to client ----------------------------------------------------------------------------------------------

struct Welcome {
  bool resumed = false;           // false: a new session; the outcome of writes in flight is unknown
  std::uint64_t instance_id = 0;  // random, one for each broker instance
  // The number of the connection with which this session began. A client that never received that connection's Welcome
  // does not know the session, although the broker calls it resumed, and starts from scratch in it.
  std::uint64_t first_connection = 0;
  std::chrono::milliseconds session_timeout{0};
  std::uint64_t value_bytes_max = 0;
  std::uint64_t frame_bytes_max = 0;
  std::uint64_t credit_transitions = 0;  // of each `every` subscription
};

// Delivers one transition to one subscription. `member` is the position in Subscribe::topics (0 for a pattern).
struct Delivery {
  RequestId subscription = 0;
  std::uint32_t member = 0;
  std::shared_ptr<const Transition> transition;  // never null; version.number 0: the topic is unset
  std::uint64_t lagged = 0;  // mode every: so many preceding versions are no longer in the topic's history
  // So many versions since the previous delivery did not pass the filter. A version that is neither delivered nor
  // counted as filtered or lagged is conflated: a newer one replaced it (mode latest).
  std::uint64_t filtered = 0;
  // In the first delivery of a filtered reader after a lost session: the broker counts the versions after this
  // one. Of those up to it that the reader was not sent, none had passed the filter, since it was complete up to there.
  std::uint64_t count_baseline = 0;
  // If not 0: runs of this session mean the topic and the subscription by this number, until it is given to others.
  std::uint32_t slot = 0;
};

// The bytes that the name of a run's topic, and of each writer in it, has at most: a reader may repeat them for each
// change.
inline constexpr std::size_t run_name_bytes_max = 1024;

// Delivers transitions of one topic to one subscription, whose versions follow one another; none is lagged or filtered.
struct Run {
  std::size_t place = 0;       // it comes after so many deliveries of its frame
  std::uint32_t slot = 0;      // of an earlier Delivery
  std::uint64_t number = 0;    // the version number of the first
  std::uint64_t revision = 0;  // of the first; so are the time and the writer
  WallTime changed_at{};
  std::string writer;
  std::size_t count = 0;
  std::string changes;  // encoded: change.hpp
};

// Ends the snapshot of a subscription: everything up to `revision` has been sent. Comes once per Subscribe.
struct SnapshotEnd {
  RequestId subscription = 0;
  std::uint64_t revision = 0;
  // True: a matching topic that was not delivered is unset. False: the snapshot has only topics with transitions since
  // the resume point, those that became unset included; or only those that pass the filter, and the others may be
  // anything.
  bool whole = false;
};

struct SetDone {
  RequestId id = 0;
  Version version;
  std::uint64_t revision = 0;
  bool changed = false;  // false: the value was equal already; `version` is that of the equal value
};

struct CommitDone {
  struct Written {
    Version version;
    bool changed = false;  // false: the value was equal already
  };
  RequestId id = 0;
  std::uint64_t revision = 0;    // of the commit; if nothing changed, the newest revision of the equal values
  std::vector<Written> written;  // in the order of the writes
};

struct GetDone {
  RequestId id = 0;
  std::shared_ptr<const Transition> current;  // never null; version.number 0: unset
};

struct WaitDone {
  RequestId id = 0;
  std::shared_ptr<const Transition> match;  // the first match; with a hold, the committed state at the end of the hold
};

struct TransitionDone {
  RequestId id = 0;
  std::shared_ptr<const Transition> match;
  std::shared_ptr<const Value> old_value;  // the value before the match; nullptr: unset
};

// Tells a WaitTransition the version after which it matches. The wait stays open.
struct TransitionArmed {
  RequestId id = 0;
  Version version;
};

struct ListRow {
  std::shared_ptr<const Transition> current;  // never null; version.number 0: never set, but read
  std::uint64_t readers = 0;                  // subscriptions and waits
};

// Each row shows the moment when its page was made. A topic that was created or removed between pages may be in none of
// them, or in two. A page may be empty and still not be the last one.
struct ListDone {
  RequestId id = 0;
  std::vector<ListRow> rows;
  std::uint64_t next = 0;  // the cursor of the next page; 0: there is none
};

// The declaration, or the schema, is in force.
struct Done {
  RequestId id = 0;
};

// The lease has begun. It stays open.
struct Owned {
  RequestId id = 0;
  Version version;  // of the topic at that moment
};

struct SchemaDone {
  RequestId id = 0;
  std::string files;  // as in RegisterSchema; empty: none is registered
};

// One subscription, and the fate of the transitions since its snapshot. At every moment
// written == delivered + in_flight + conflated + filtered + lagged + pending.
struct ReaderRow {
  std::string client;   // the client's name
  std::string session;  // the session label
  std::vector<std::string> topics;
  Mode mode = Mode::latest;
  std::string filter;  // in its normal form
  std::chrono::nanoseconds interval{0};
  std::uint64_t matched = 0;    // topics that it reads
  std::uint64_t written = 0;    // transitions of those topics
  std::uint64_t delivered = 0;  // the client has acknowledged their frames
  std::uint64_t in_flight = 0;  // sent, and not acknowledged
  std::uint64_t conflated = 0;
  std::uint64_t filtered = 0;
  std::uint64_t lagged = 0;
  std::uint64_t pending = 0;  // not sent yet
};

struct ReadersDone {
  RequestId id = 0;
  std::vector<ReaderRow> rows;
  std::uint64_t next = 0;  // as in ListDone
};

struct Failed {
  RequestId id = 0;
  Failure failure;
  std::optional<Version> current;  // for version_conflict and lagged
};

using Answer = std::variant<SetDone, GetDone, WaitDone, Failed, TransitionDone, TransitionArmed, ListDone, CommitDone,
                            Done, Owned, SchemaDone, ReadersDone>;

struct ServerFrame {
  std::uint64_t connection_number = 0;
  std::uint64_t number = 0;        // 0: not part of the numbered stream
  std::uint64_t acknowledged = 0;  // the broker has processed every client frame up to this number
  std::optional<Welcome> welcome;
  std::optional<Failure> fatal;  // ends the connection; the session is not resumed
  std::vector<Delivery> deliveries;
  std::vector<Run> runs;                   // among the deliveries, each at its place
  std::vector<SnapshotEnd> snapshot_ends;  // apply after the deliveries of the same frame
  std::vector<Answer> answers;
  // If not 0: every transition up to this revision has been delivered, except to readers with an interval. In numbered
  // frames only.
  std::uint64_t complete_through = 0;
  // Every post in the client frames up to this number is committed, or was refused by an answer in an earlier frame or
  // in this one.
  std::uint64_t settled = 0;
};

// Calls on_run(run) and on_delivery(delivery) in the order in which the frame has them. `Frame` may be const.
template <class Frame, class OnRun, class OnDelivery>
void for_each_in_order(Frame& frame, OnRun&& on_run, OnDelivery&& on_delivery) {
  auto run = frame.runs.begin();
  const auto runs_before = [&](std::size_t place) {
    for (; run != frame.runs.end() && run->place <= place; ++run) on_run(*run);
  };
  for (std::size_t place = 0; place < frame.deliveries.size(); ++place) {
    runs_before(place);
    on_delivery(frame.deliveries[place]);
  }
  runs_before(frame.deliveries.size());
}

}  // namespace proto
}  // namespace hoiku
