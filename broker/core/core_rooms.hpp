// core_rooms.hpp: the corridor's inside: the rooms, and the ways between them.
//
// core.cpp                 the public face, the turn, and the life of a commit
// sessions/handshake.cpp   what a frame means: hello, resume, order, acknowledgement; how sessions end
// sessions/output.cpp      whose turn it is to be sent something, and what
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/checks.hpp"
#include "broker/core/commands/list.hpp"
#include "broker/core/commands/own.hpp"
#include "broker/core/commands/schema.hpp"
#include "broker/core/commands/subscribe.hpp"
#include "broker/core/commands/wait.hpp"
#include "broker/core/commands/write.hpp"
#include "broker/core/core.hpp"
#include "broker/core/readers/catch_up.hpp"
#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/sessions/broker_topics.hpp"
#include "broker/core/sessions/lookups.hpp"
#include "broker/core/sessions/outbox.hpp"
#include "broker/core/sessions/peer_table.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/sessions/topic_scan.hpp"
#include "broker/core/topics/commit_log.hpp"
#include "broker/core/topics/content_type.hpp"
#include "broker/core/topics/declarations.hpp"
#include "broker/core/topics/history.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_pins.hpp"
#include "broker/core/topics/topic_states.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"
#include "broker/core/waits/waits.hpp"

namespace hoiku::broker {

struct Core::Rooms {
  explicit Rooms(const CoreOptions& core_options);

  const CoreOptions options;
  const Limits& limits = options.limits;
  TopicTable topics;
  Histories histories;
  TopicStates states{topics, histories};
  TopicPins pins;
  Subscriptions subscriptions;
  Waits waits;
  PeerTable peers;
  SessionTable sessions;
  Schemas schemas;
  Leases leases;
  Declarations declarations;
  Instant now{};  // of the last call
  CommitLog log{limits, topics, histories, leases, now};
  TopicLife life{topics, histories, subscriptions, waits, leases, declarations, pins};
  RequestLife requests{limits, topics, subscriptions, waits, leases, pins, log, sessions, life};
  BrokerTopics broker_topics{topics,   subscriptions, waits, log,
                             sessions, requests,      now,   [this] { return statistics(); }};
  EventLog events;
  Statistics counts;  // those that are counted here

  TurnBudget budget{limits.turn_visits_max};
  CatchUp catch_up{limits, topics, states, subscriptions, budget};

  Lookups lookups{limits, topics, states, schemas, subscriptions, waits, sessions, catch_up, budget, now};
  WriteAccess access{limits, topics, leases, sessions, requests};
  WriteCommands write_commands{limits, topics, declarations, log, life, requests, access};
  OwnCommands own_commands{limits, topics, histories, declarations, leases, schemas,
                           waits,  log,    life,      requests,     access};
  TopicScan scan{topics, states, schemas, subscriptions, catch_up, life, requests, sessions, budget, now};
  PastSearch past{topics, states, schemas, budget};
  SubscribeCommands subscribe_commands{limits,   options.run, topics,        subscriptions, log,
                                       requests, scan,        broker_topics, budget};
  WaitCommands wait_commands{limits,   topics, schemas,  waits,         past,  pins,
                             sessions, life,   requests, broker_topics, budget};
  SchemaCommands schema_commands{schemas};
  ListCommands list_commands{broker_topics};

  // ---- core.cpp
  void begin(Instant at);  // every call that has a time: what is due comes first
  void commit(PendingCommit commit, TimePoint at);
  // Appends the subscriptions that cannot continue to `failed`: they are told when the whole commit was matched.
  void match(const TopicWrite& write, const State& before, TimePoint at, std::vector<Broken>& failed);
  void tell(Notice notice);
  Statistics statistics() const;

  // ---- sessions/handshake.cpp
  void receive(PeerId id, const proto::ClientFrame& frame, Instant at);
  void hello(PeerId id, const proto::ClientFrame& frame, Instant at);
  void open(PeerId id, const proto::ClientFrame& frame, Instant at);
  void welcome(PeerId id, Session& session, const proto::ClientFrame& frame, bool resumed, Instant at);
  void take_numbered(Session& session, const proto::ClientFrame& frame, Instant at);
  void detach(Session& session);  // from its connection, where it has one
  // Ends the connection with an error; its session, if any, waits for the next one.
  void break_off(PeerId id, std::uint64_t incarnation, Failure failure);
  // Ends the session. Its client, where one is connected, is sent `last` as its last frame.
  void close(Session& session, const proto::ServerFrame& last);
  void close(Session& session, Failure failure);
  void expire(TimePoint at);

  struct Dispatch;
  void execute(Session& session, const proto::Command& command, Instant at);

  // ---- sessions/output.cpp
  std::shared_ptr<const proto::ServerFrame> frame_for(Peer& peer);
  std::shared_ptr<const proto::ServerFrame> welcome_frame(const Peer& peer, const Session& session) const;
  void cut(Session& session);
};

}  // namespace hoiku::broker
