#include "broker/core/core.hpp"

#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"

namespace hoiku::broker {

struct Core::Rooms::Dispatch {
  Rooms& rooms;
  Session& session;
  Instant at;

  void operator()(const proto::Set& command) const { rooms.write_commands.execute(session, command, at); }
  void operator()(const proto::Commit& command) const { rooms.write_commands.execute(session, command, at); }
  void operator()(const proto::Subscribe& command) const { rooms.subscribe_commands.execute(session, command); }
  void operator()(const proto::Unsubscribe& command) const { rooms.subscribe_commands.execute(session, command); }
  void operator()(const proto::Renew& command) const { rooms.subscribe_commands.execute(session, command); }
  void operator()(const proto::Wait& command) const { rooms.wait_commands.execute(session, command, at); }
  void operator()(const proto::WaitTransition& command) const { rooms.wait_commands.execute(session, command, at); }
  void operator()(const proto::CancelWait& command) const { rooms.wait_commands.execute(session, command); }
  void operator()(const proto::Declare& command) const { rooms.own_commands.execute(session, command, at); }
  void operator()(const proto::Own& command) const { rooms.own_commands.execute(session, command, at); }
  void operator()(const proto::Release& command) const { rooms.own_commands.execute(session, command); }
  void operator()(const proto::RegisterSchema& command) const { rooms.schema_commands.execute(session, command); }
  void operator()(const proto::GetSchema& command) const { rooms.schema_commands.execute(session, command); }
  void operator()(const proto::Get& command) const { rooms.list_commands.execute(session, command); }
  void operator()(const proto::List& command) const { rooms.list_commands.execute(session, command); }
  void operator()(const proto::ListReaders& command) const { rooms.list_commands.execute(session, command); }
  void operator()(const proto::Goodbye&) const {}  // ends its session, not a command of it
};

Core::Rooms::Rooms(const CoreOptions& core_options)
    : options(core_options),
      topics(TopicTableOptions{options.limits, options.epoch_seed}),
      histories(options.limits),
      subscriptions(options.limits, &schemas),
      sessions(options.limits, options.epoch_seed ^ options.run, peers),
      schemas(options.limits) {}

Core::Core(const CoreOptions& options) : rooms_(std::make_unique<Rooms>(options)) {}
Core::~Core() = default;

// ---- The turn

void Core::receive(PeerId peer, const proto::ClientFrame& frame, Instant now) {
  rooms_->begin(now);
  rooms_->receive(peer, frame, now);
}

void Core::refuse(PeerId peer, const Failure& failure, Instant now) {
  rooms_->begin(now);
  rooms_->break_off(peer, 0, failure);
}

void Core::disconnected(PeerId id) {
  const Peer* peer = rooms_->peers.find(id);
  if (peer == nullptr) return;
  if (peer->session) {
    Session& session = *rooms_->sessions.find(*peer->session);
    session.peer.reset();
    rooms_->broker_topics.session_away(session);
  }
  rooms_->peers.remove(id);
}

void Core::advance(Instant now) {
  rooms_->begin(now);
  rooms_->expire(now.monotonic);
  rooms_->requests.expire_leases(now.monotonic);
  rooms_->own_commands.mark_stale_topics(now.monotonic);
  rooms_->broker_topics.refresh_if_due(now.monotonic);
  rooms_->requests.expire_waits(now.monotonic);
  rooms_->budget.renew();
  rooms_->wait_commands.resume_postponed(now);
  rooms_->scan.resume();
}

std::vector<Record> Core::take_records() { return rooms_->log.take_records(); }

void Core::committed(std::uint64_t sequence, Instant now) {
  rooms_->begin(now);
  while (auto commit = rooms_->log.take_through(sequence)) rooms_->commit(std::move(*commit), now.monotonic);
}

std::optional<Outgoing> Core::take_output(Instant now) {
  rooms_->now.monotonic = std::max(rooms_->now.monotonic, now.monotonic);
  while (Peer* peer = rooms_->peers.take_ready()) {
    if (auto frame = rooms_->frame_for(*peer)) {
      // It may have more: it comes round again after the others.
      rooms_->peers.make_ready(*peer);
      return Outgoing{peer->id, std::move(frame)};
    }
  }
  rooms_->histories.trim();
  return std::nullopt;
}

std::optional<TimePoint> Core::next_deadline() const {
  if (rooms_->scan.is_waiting() || rooms_->wait_commands.has_postponed()) return rooms_->now.monotonic;
  std::optional<TimePoint> first;
  for (const auto next : {rooms_->waits.next_deadline(), rooms_->sessions.next_deadline(),
                          rooms_->leases.next_deadline(), rooms_->declarations.next_deadline(),
                          rooms_->subscriptions.next_deadline(), rooms_->broker_topics.next_deadline()}) {
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

std::vector<Event> Core::take_events() { return rooms_->events.take(); }

Statistics Core::statistics() const { return rooms_->statistics(); }

void Core::shut_down(Instant now) {
  rooms_->begin(now);
  std::vector<SessionId> all;
  rooms_->sessions.for_each([&](const Session& session) { all.push_back(session.id); });
  std::sort(all.begin(), all.end());
  for (const SessionId id : all) {
    Session& session = *rooms_->sessions.find(id);
    rooms_->events.add(Event::Kind::session_closed, session.name, "the broker is ending");
    rooms_->close(session, Failure{ErrorCode::unavailable, "the broker is ending"});
  }
}

Statistics Core::Rooms::statistics() const {
  Statistics all = counts;
  all.commits = log.commits();
  all.topics = topics.size() - topics.reserved();
  all.sessions = sessions.size();
  all.subscriptions = subscriptions.size();
  all.waits = waits.size();
  all.predicates = waits.predicates() + subscriptions.filters().size();
  all.leases = leases.size();
  all.conflated = subscriptions.conflated();
  all.filtered += subscriptions.filtered();
  all.history_bytes = histories.bytes();
  all.predicate_tests = waits.tests() + subscriptions.filters().tests();
  all.schemas = schemas.size();
  sessions.for_each([&](const Session& session) { all.kept_frames += session.outbox.kept_frames(); });
  return all;
}

// ---- Commands

void Core::Rooms::execute(Session& session, const proto::Command& command, Instant at) {
  std::visit(Dispatch{*this, session, at}, command);
}

// ---- The life of a commit

void Core::Rooms::begin(Instant at) {
  now.monotonic = std::max(now.monotonic, at.monotonic);
  now.wall = at.wall;
  Effects of_holds;
  waits.take_due(at.monotonic, of_holds.ended);
  requests.apply(std::move(of_holds));
  Effects of_intervals;
  subscriptions.take_due(at.monotonic, of_intervals.woken);
  requests.apply(std::move(of_intervals));
}

// All of its topics have changed before anybody is told of one.
void Core::Rooms::commit(PendingCommit commit, TimePoint at) {
  const auto replaced = log.commit(commit, at);
  Effects of_all;
  for (std::size_t i = 0; i < commit.writes.size(); ++i) match(commit.writes[i], replaced[i], at, of_all.failed);
  requests.apply(std::move(of_all));
  for (Notice& notice : commit.notices) tell(std::move(notice));
  for (const TopicWrite& write : commit.writes) {
    if (write.state->value.is_null()) life.remove_if_unused(write.topic);
  }
}

void Core::Rooms::match(const TopicWrite& write, const State& before, TimePoint at, std::vector<Broken>& failed) {
  Effects effects;
  effects.replaced = before;
  subscriptions.changed(Changed{write.topic, write.state, before, at}, effects.woken, failed);
  const Topic& topic = topics[write.topic];
  const ContentType type = waits.any(write.topic) ? content_type(topic, schemas) : ContentType(topic.type());
  waits.changed(write.topic, WaitedTopic{type, topic.visible(), at}, before, at, effects.ended);
  requests.apply(std::move(effects));
}

void Core::Rooms::tell(Notice notice) {
  Session* session = sessions.find(notice.session);
  if (session == nullptr) return;
  session->answer(std::move(notice.answer), Outbox::Of::request);
}

}  // namespace hoiku::broker
