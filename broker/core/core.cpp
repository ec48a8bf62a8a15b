#include "broker/core/core.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "broker/core/commands/command_steps.hpp"
#include "broker/core/commands/list.hpp"
#include "broker/core/commands/own.hpp"
#include "broker/core/commands/schema.hpp"
#include "broker/core/commands/subscribe.hpp"
#include "broker/core/commands/wait.hpp"
#include "broker/core/commands/write.hpp"
#include "broker/core/commands/write_access.hpp"
#include "broker/core/input_budget.hpp"
#include "broker/core/readers/catch_up.hpp"
#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/sessions/broker_topics.hpp"
#include "broker/core/sessions/effects.hpp"
#include "broker/core/sessions/handshake.hpp"
#include "broker/core/sessions/lookups.hpp"
#include "broker/core/sessions/output.hpp"
#include "broker/core/sessions/peer_table.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_label.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/sessions/topic_scan.hpp"
#include "broker/core/topics/commit_log.hpp"
#include "broker/core/topics/content_type.hpp"
#include "broker/core/topics/declarations.hpp"
#include "broker/core/topics/history.hpp"
#include "broker/core/topics/leases.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/topics/topic_pins.hpp"
#include "broker/core/topics/topic_states.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/turn_budget.hpp"
#include "broker/core/waits/past_search.hpp"
#include "broker/core/waits/waits.hpp"

namespace hoiku::broker {

// The modules, each built from those that it may use: topics first, then readers and waits, sessions, commands.
struct Core::Modules {
  explicit Modules(const CoreOptions& core_options) : options(core_options) {}

  const CoreOptions options;
  const Limits& limits = options.limits;
  Instant now{};  // the time of the last call
  TurnBudget budget{limits.turn_steps_max, options.capacities};
  InputBudget input{limits.turn_input_steps_max};

  TopicTable topics{TopicTableOptions{limits, options.epoch_seed}};
  Histories histories{limits};
  TopicStates states{topics, histories};
  TopicPins pins;
  Leases leases;
  Declarations declarations;
  Schemas schemas{limits};
  CommitLog log{limits, topics, histories, leases, now};

  Subscriptions subscriptions{limits, &schemas, options.capacities};
  CatchUp catch_up{limits, topics, states, subscriptions, budget};
  Waits waits{limits};
  PastSearch past{topics, states, schemas, budget};

  PeerTable peers{options.capacities};
  SessionTable sessions{limits, options.epoch_seed ^ options.instance_id, peers};
  EventLog events{options.capacities};
  TopicLife life{topics, histories, subscriptions, waits, leases, declarations, pins};
  RequestLife requests{limits, topics, subscriptions, waits, leases, pins, log, sessions, life};
  BrokerTopics broker_topics{topics,   subscriptions, waits, log,
                             sessions, requests,      now,   [this] { return statistics(); }};
  TopicScan scan{topics, schemas, subscriptions, catch_up, life, requests, sessions, budget, now};
  Lookups lookups{limits, topics, states, schemas, subscriptions, waits, sessions, catch_up, budget, now};
  Output output{limits, options.instance_id, peers, sessions, log, life, requests, scan, lookups};
  Handshake handshake{limits, peers, sessions, requests, broker_topics, events};

  WriteAccess access{limits, topics, leases, sessions, requests};
  WriteCommands write_commands{limits, topics, subscriptions, waits, declarations, log, life, requests, access, input};
  OwnCommands own_commands{limits, topics, histories, declarations, leases, schemas,
                           waits,  log,    life,      requests,     access};
  SubscribeCommands subscribe_commands{limits, options.instance_id, topics, subscriptions, log, requests,
                                       scan,   broker_topics,       budget};
  WaitCommands wait_commands{limits,   topics, schemas,  waits,         past,  pins,
                             sessions, life,   requests, broker_topics, budget};
  SchemaCommands schema_commands{schemas};
  ListCommands list_commands{broker_topics};

  std::deque<SessionId> behind;  // sessions in which a part of a frame waits, longest waiting first

  // The scratch space of commit_through(), empty between its calls.
  Commits committing;
  std::vector<State> replaced;
  std::vector<SessionId> woken;
  std::vector<FailedSubscription> failed;  // they cannot continue

  enum class Progress : std::uint8_t { whole, in_part, closed };  // closed: the session is gone
  Progress execute(Session& session, const proto::ClientFrame& frame, FramePosition& next, Instant at);
  template <class Command>
  void execute(Session& session, const Command& command, Instant at);
  void finish_rest(Session& session, Instant at);
  void rest_is_executed(Session& session, const proto::ClientFrame& frame, Instant at);
  void continue_frames(Instant at);
  void begin(Instant at);
  void judge_late_holds(TimePoint at);
  void expire(TimePoint at);
  void search(Instant at);
  void commit_through(std::uint64_t sequence, TimePoint at);
  void commit(std::span<const PendingWrite> commit, TimePoint at);
  void match(const PendingWrite& write, const State& replaced, TimePoint at);
  void tell(const Notice& notice, TimePoint at);
  Statistics statistics() const;
};

namespace {

// The first pieces of so many frames fit into a turn.
constexpr std::size_t first_pieces_of_a_turn = 8;

// Passes a command to the one module that has a handler for it.
template <class Command, class... Handlers>
void execute(Session& session, const Command& command, Instant now, Handlers&... handlers) {
  constexpr auto offer = []<class Handler>(Handler& handler, Session& from, const Command& what, Instant at) {
    if constexpr (requires { handler.execute(from, what, at); }) {
      handler.execute(from, what, at);
      return std::true_type();
    } else if constexpr (requires { handler.execute(from, what); }) {
      handler.execute(from, what);
      return std::true_type();
    } else {
      return std::false_type();
    }
  };
  static_assert((decltype(offer(handlers, session, command, now))::value + ...) == 1, "a command has one handler");
  (offer(handlers, session, command, now), ...);
}

}  // namespace

template <class Command>
void Core::Modules::execute(Session& session, const Command& command, Instant at) {
  const std::uint64_t matched = subscriptions.match_steps();
  input.spend(command_steps(command));
  broker::execute(session, command, at, write_commands, own_commands, subscribe_commands, wait_commands,
                  schema_commands, list_commands, handshake);
  input.spend(static_cast<std::size_t>(subscriptions.match_steps() - matched));
}

// Executes the commands from `next` on until the piece of input is over, one at least.
Core::Modules::Progress Core::Modules::execute(Session& session, const proto::ClientFrame& frame, FramePosition& next,
                                               Instant at) {
  session.executing = frame.number;
  for (bool has_begun = false; next.command < frame.commands.size(); has_begun = true) {
    if (has_begun && input.is_piece_over()) return Progress::in_part;
    const proto::Command& command = frame.commands[next.command];
    if (const auto* sets = std::get_if<proto::Sets>(&command)) {
      next.write = write_commands.execute(session, *sets, next.write, at);
      if (next.write < sets->size() && !session.overrun) return Progress::in_part;
      next.write = 0;
    } else {
      std::visit(
          [&]<class Command>(const Command& which) {
            if constexpr (!std::is_same_v<Command, proto::Sets>) execute(session, which, at);
          },
          command);
      if (std::holds_alternative<proto::Goodbye>(command)) return Progress::closed;
    }
    if (session.overrun) {
      handshake.close_overrun(session);
      return Progress::closed;
    }
    ++next.command;
  }
  session.executing = 0;
  return Progress::whole;
}

// Executes all that is left of the session's frame, which has another one already.
void Core::Modules::finish_rest(Session& session, Instant at) {
  const SessionId id = session.id;
  const std::unique_ptr<FrameRest> rest = std::move(session.rest);
  Progress progress = Progress::in_part;
  while (progress == Progress::in_part) {
    input.begin_piece(1);
    progress = execute(session, rest->frame, rest->next, at);
  }
  std::erase(behind, id);
  if (progress == Progress::whole) rest_is_executed(session, rest->frame, at);
}

// What the frame's client has asked for when it came is true now.
void Core::Modules::rest_is_executed(Session& session, const proto::ClientFrame& frame, Instant at) {
  session.asked_through >= frame.number ? session.reply_now() : sessions.acknowledge_later(session, at.monotonic);
}

// Each session that is behind has its piece of the turn.
void Core::Modules::continue_frames(Instant at) {
  input.renew();
  const std::size_t parts = behind.size();
  for (std::size_t left = parts; left > 0 && !input.is_spent(); --left) {
    const SessionId id = behind.front();
    behind.pop_front();
    Session* session = sessions.find(id);
    if (session == nullptr) continue;
    session->last_heard = std::max(session->last_heard, at.monotonic);  // its input was waiting
    std::unique_ptr<FrameRest> rest = std::move(session->rest);
    input.begin_piece(parts);
    const Progress progress = execute(*session, rest->frame, rest->next, at);
    if (progress == Progress::closed) continue;
    if (progress == Progress::in_part) {
      session->rest = std::move(rest);
      behind.push_back(id);
    } else {
      rest_is_executed(*session, rest->frame, at);
    }
  }
  input.renew();
}

Core::Core(const CoreOptions& options) : modules_(std::make_unique<Modules>(options)) {}
Core::~Core() = default;

// ---- The turn

Core::Awaited Core::awaited_of(PeerId peer) const {
  const Peer* known = modules_->peers.find(peer);
  if (known == nullptr) return Awaited::hello;
  return known->session ? Awaited::commands : Awaited::nothing;
}

bool Core::is_behind(PeerId id) const {
  const Peer* peer = modules_->peers.find(id);
  return peer != nullptr && peer->session && modules_->sessions.find(*peer->session)->is_behind();
}

bool Core::is_behind() const { return !modules_->behind.empty(); }
bool Core::has_input_budget() const { return !modules_->input.is_spent(); }

void Core::receive(PeerId id, proto::ClientFrame frame, Instant now, std::string_view origin) {
  const CopiesOfOneCall copies;
  modules_->begin(now);
  if (frame.number != 0 && is_behind() && is_behind(id))
    modules_->finish_rest(*modules_->sessions.find(*modules_->peers.find(id)->session), now);
  Session* session = modules_->handshake.receive(id, frame, now, origin);
  if (session == nullptr) return;
  FramePosition next;
  modules_->input.begin_piece(first_pieces_of_a_turn);
  if (modules_->execute(*session, frame, next, now) != Modules::Progress::in_part) return;
  session->rest = std::make_unique<FrameRest>(FrameRest{std::move(frame), next});
  modules_->behind.push_back(session->id);
}

void Core::refuse(PeerId peer, const Failure& failure, Instant now) {
  const CopiesOfOneCall copies;
  modules_->begin(now);
  modules_->handshake.reject(peer, 0, failure);
}

void Core::disconnected(PeerId peer, Instant now) {
  const CopiesOfOneCall copies;
  modules_->begin(now);
  modules_->handshake.disconnected(peer);
}

void Core::advance(Instant now) {
  const CopiesOfOneCall copies;
  modules_->begin(now);
  modules_->continue_frames(now);
  modules_->judge_late_holds(now.monotonic);
  modules_->expire(now.monotonic);
  modules_->broker_topics.refresh_if_due(now.monotonic);
  modules_->search(now);
}

void Core::search(Instant now) {
  const CopiesOfOneCall copies;
  modules_->begin(now);
  modules_->continue_frames(now);
  modules_->search(now);
}

std::vector<Record> Core::take_records() { return modules_->log.take_records(); }

void Core::committed(std::uint64_t sequence, Instant now) {
  const CopiesOfOneCall copies;
  modules_->begin(now);
  modules_->commit_through(sequence, now.monotonic);
}

std::optional<Outgoing> Core::take_output(Instant now) {
  modules_->now.monotonic = std::max(modules_->now.monotonic, now.monotonic);
  const CopiesOfOneCall copies;
  while (Peer* peer = modules_->peers.take_ready()) {
    if (auto frame = modules_->output.next_frame(*peer)) {
      // The peer may have more to be sent: it queues again behind the other peers.
      modules_->peers.make_ready(*peer);
      return Outgoing{peer->id, std::move(frame), !peer->session};
    }
  }
  modules_->histories.trim();
  return std::nullopt;
}

void Core::full(PeerId peer) { modules_->output.full(peer); }
void Core::writable(PeerId peer) { modules_->output.writable(peer); }

std::optional<TimePoint> Core::next_deadline() const {
  const Modules& all = *modules_;
  if (is_behind() || all.scan.is_waiting() || all.wait_commands.has_postponed()) return all.now.monotonic;
  std::optional<TimePoint> first;
  for (const auto next :
       {all.waits.next_deadline(), all.sessions.next_deadline(), all.leases.next_deadline(),
        all.declarations.next_deadline(), all.subscriptions.next_deadline(), all.broker_topics.next_deadline()}) {
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

std::vector<Event> Core::take_events() { return modules_->events.take(); }

std::string Core::session_label_of(PeerId id) const {
  const Peer* peer = modules_->peers.find(id);
  return peer != nullptr && peer->session ? session_label(*modules_->sessions.find(*peer->session)) : std::string();
}

Statistics Core::statistics() const { return modules_->statistics(); }

void Core::shut_down(Instant now) {
  const CopiesOfOneCall copies;
  modules_->begin(now);
  modules_->handshake.close_all_sessions(Failure{ErrorCode::unavailable, "the broker is shutting down"});
}

Statistics Core::Modules::statistics() const {
  Statistics all;
  all.topics = topics.size() - topics.reserved();
  all.sessions = sessions.size();
  all.subscriptions = subscriptions.size();
  all.waits = waits.size();
  all.predicates = waits.predicates() + subscriptions.filters().size();
  all.leases = leases.size();
  all.kept_frames = sessions.totals().kept_frames;
  all.in_flight = sessions.totals().in_flight;
  all.schemas = schemas.size();
  all.commits = log.commits();
  all.deliveries = sessions.totals().delivered;
  all.lagged = output.totals().lagged;
  all.history_bytes = histories.bytes();
  all.filtered = output.totals().filtered + subscriptions.filtered();
  all.conflated = subscriptions.conflated();
  all.predicate_tests = waits.tests() + subscriptions.filters().tests();
  all.rejected_frames = handshake.rejected_frames();
  return all;
}

// ---- The life of a commit

// Begins every call that has a time: first executes the holds and intervals that are due, except late holds.
void Core::Modules::begin(Instant at) {
  now.monotonic = std::max(now.monotonic, at.monotonic);
  now.wall = at.wall;
  Effects hold_effects;
  waits.take_due(at.monotonic, hold_effects.ended);
  requests.apply(std::move(hold_effects));
  Effects interval_effects;
  subscriptions.take_due(at.monotonic, interval_effects.woken);
  requests.apply(std::move(interval_effects));
  sessions.take_due_acknowledgements(at.monotonic);
}

// Expires what was due before a late hold first: that may have ended the hold's state.
void Core::Modules::judge_late_holds(TimePoint at) {
  while (const auto due = waits.next_late()) {
    expire(*due - std::chrono::nanoseconds(1));
    Effects effects;
    waits.judge_late(topics, *due, at, effects.ended);
    requests.apply(std::move(effects));
  }
}

void Core::Modules::expire(TimePoint at) {
  handshake.expire_sessions(at);
  requests.expire_leases(at);
  own_commands.mark_stale_topics(at);
  requests.expire_waits(at);
}

void Core::Modules::search(Instant at) {
  budget.renew();
  wait_commands.resume_postponed(at);
  scan.resume();
}

void Core::Modules::commit_through(std::uint64_t sequence, TimePoint at) {
  log.take_through(sequence, committing);
  auto notice = committing.notices.cbegin();
  const auto tell_through = [&](std::uint64_t last) {
    for (; notice != committing.notices.cend() && notice->sequence <= last; ++notice) tell(*notice, at);
  };
  for (std::span<const PendingWrite> rest = committing.writes; !rest.empty();) {
    const std::uint64_t next = rest.front().sequence;
    std::size_t size = 1;
    while (size < rest.size() && rest[size].sequence == next) ++size;
    commit(rest.first(size), at);
    tell_through(next);
    for (const PendingWrite& write : rest.first(size)) {
      if (write.state->is_unset()) life.remove_if_unused(write.topic);
    }
    rest = rest.subspan(size);
  }
  tell_through(sequence);
  committing.writes.clear();
  committing.notices.clear();
}

// Commits all topics first, then matches readers and waits, so that none of them sees a part of the commit.
void Core::Modules::commit(std::span<const PendingWrite> commit, TimePoint at) {
  for (const PendingWrite& write : commit) replaced.push_back(log.commit(write, at));
  log.committed(commit.front().sequence);
  for (std::size_t i = 0; i < commit.size(); ++i) match(commit[i], replaced[i], at);
  replaced.clear();
  if (!failed.empty()) requests.fail_all(std::exchange(failed, {}));
}

void Core::Modules::tell(const Notice& notice, TimePoint at) {
  Session* session = sessions.find(notice.session);
  if (session == nullptr) return;
  if (notice.post_in != 0) {
    const bool is_asked = session->is_asked();
    if (!session->posts.end_through(notice.sequence)) return;
    is_asked ? session->reply_now() : sessions.acknowledge_later(*session, at);
  } else {
    session->answer(notice.answer(), AnswerBudget::request);
  }
}

// Appends the subscriptions that cannot continue to `failed`: the caller fails them when the whole commit is matched.
void Core::Modules::match(const PendingWrite& write, const State& replaced_state, TimePoint at) {
  woken.clear();
  subscriptions.on_transition(TopicTransition{write.topic, write.state, replaced_state, at}, woken, failed);
  for (const SessionId id : woken) sessions.find(id)->wake();
  if (!waits.any(write.topic)) return;
  Effects effects;
  effects.replaced = replaced_state;
  const Topic& topic = topics[write.topic];
  const WaitedTopic waited{content_type(topic, schemas), topic.committed(), at};
  waits.on_transition(write.topic, waited, replaced_state, at, effects.ended);
  requests.apply(std::move(effects));
}

}  // namespace hoiku::broker
