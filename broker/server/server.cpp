#include "broker/server/server.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/secure_random.hpp"

namespace hoiku::broker {
namespace {

// Silence is judged when all input was read, which may never be true under a flood. Otherwise it is judged after this
// many turns, and when more frames were read than there are sessions: the link takes connections in turn, so the first
// frame of each was read.
constexpr int turns_without_advance_max = 64;

// Nobody may ask for work before the broker knows it. A hello with the longest name has 300 bytes.
constexpr std::size_t hello_bytes_max = 4096;

// The frames that wait for their session, of all peers together. A peer may have one of the largest and some more.
constexpr std::size_t postponed_bytes_max = std::size_t{64} << 20;
constexpr std::size_t postponed_bytes_beside_a_frame = std::size_t{1} << 20;

// How a note of the link is written.
struct NoteForm {
  LogLevel level;
  std::string_view event;
};
NoteForm form_of(link::ServerLink::Note::Kind kind) {
  using Kind = link::ServerLink::Note::Kind;
  switch (kind) {
    case Kind::stranger_refused:
      return {LogLevel::debug, "stranger_refused"};
    case Kind::connection_cut:
      return {LogLevel::info, "connection_cut"};
    case Kind::out_of_descriptors:
      return {LogLevel::warn, "out_of_descriptors"};
  }
  return {LogLevel::warn, "link"};
}

// Peers of one host, or of one user of a Unix socket, share a quota of sessions. The link says 192.168.1.7:40312, or
// "pid 4711, uid 1000".
std::string_view origin_of(std::string_view address) {
  const auto user = address.find("uid ");
  return user != std::string_view::npos ? address.substr(user) : address.substr(0, address.rfind(':'));
}

}  // namespace

ServerOptions new_instance_options(const Limits& limits) {
  ServerOptions options;
  options.core.limits = limits;
  options.core.instance_id = proto::secure_random();
  options.core.epoch_seed = proto::secure_random();
  options.wall_time = wall_now;
  return options;
}

Server::Server(ServerOptions options, std::unique_ptr<link::ServerLink> link, std::unique_ptr<Store> store)
    : options_(std::move(options)),
      core_(options_.core),
      link_(std::move(link)),
      store_(std::move(store)),
      log_(options_.log),
      postponed_(options_.core.limits.frame_bytes_max + postponed_bytes_beside_a_frame, postponed_bytes_max) {}

Server::~Server() = default;

Instant Server::instant() const { return Instant{now(), options_.wall_time ? options_.wall_time() : WallTime()}; }

// ---- The turn

Task<> Server::serve() {
  store_bell_.emplace([this] { link_->activity().notify(); });
  store_->on_event([button = store_bell_->button()] { button.ring(); });
  for (;;) co_await turn();
}

Task<> Server::serve_until_empty(Duration limit) {
  const TimePoint end = saturating_add(now(), limit);
  while (core_.statistics().sessions > 0 && now() < end) co_await move_on_at(end, turn());
}

Task<> Server::turn() {
  ask_full_peers_again();
  const bool read_all = take_input();
  ++turns_without_advance_;
  // A session that is behind has input that was waiting.
  if ((read_all && !core_.is_behind()) ||
      (turns_without_advance_ > turns_without_advance_max && inputs_without_advance_ > core_.statistics().sessions)) {
    core_.advance(instant());
    turns_without_advance_ = 0;
    inputs_without_advance_ = 0;
  } else {
    core_.search(instant());
  }
  hand_to_store();
  send_output();
  write_events();
  if (read_all && postponed_.empty()) {
    co_await wait_for_work();
  } else {
    co_await checkpoint();
  }
}

bool Server::take_input() {
  TurnShare share(options_.core.limits, now());
  // In turns, so that neither keeps the other from being taken.
  is_postponed_first_ = !is_postponed_first_;
  if (is_postponed_first_) return take_postponed_input(share) && take_new_input(share);
  return take_new_input(share) && take_postponed_input(share);
}

bool Server::take_new_input(TurnShare& share) {
  do {
    std::optional<link::ServerLink::Input> input = link_->try_receive();
    if (!input) return true;
    ++inputs_without_advance_;
    if (is_postponed(input->peer)) {
      postpone(std::move(*input));
    } else {
      take(std::move(*input), share);
    }
  } while (!is_spent(share));
  return false;
}

// Takes what was postponed of peers that are not behind any more. False: the turn has its share.
bool Server::take_postponed_input(TurnShare& share) {
  if (postponed_.empty()) return true;
  for (const std::uint64_t peer : postponed_.peers()) {
    while (postponed_.contains(peer) && !core_.is_behind(PeerId{peer})) {
      take(postponed_.take(peer), share);
      if (is_spent(share)) return false;
    }
  }
  return true;
}

bool Server::is_postponed(std::uint64_t peer) const {
  return postponed_.contains(peer) || (core_.is_behind() && core_.is_behind(PeerId{peer}));
}

bool Server::is_spent(const TurnShare& share) const { return share.is_spent(now()) || !core_.has_input_budget(); }

// A peer that sends more than it may while its session is behind is cut off. It may come back, and send again what was
// not acknowledged.
void Server::postpone(link::ServerLink::Input input) {
  const std::uint64_t peer = input.peer;
  if (postponed_.add(std::move(input))) return;
  LogLine line("connection_cut");
  add_session(line, PeerId{peer});
  if (const std::string address = address_of(PeerId{peer}); !address.empty()) line.add("address", address);
  log_.write(LogLevel::info, line.add("reason", "it sends more than the broker can execute"), now());
  postponed_.discard(peer);
  full_.remove(PeerId{peer});
  core_.disconnected(PeerId{peer}, instant());
  link_->drop(peer);
}

void Server::take(link::ServerLink::Input input, TurnShare& share) {
  const PeerId peer{input.peer};
  share.spend_commands(1);
  if (!input.frame) {
    write_notes();  // why it ended, while the core knows whose it was
    full_.remove(peer);
    core_.disconnected(peer, instant());
    return;
  }
  share.spend_bytes(input.frame->size());
  if (!is_worth_decoding(peer, *input.frame)) return;
  Result<proto::ClientFrame> frame = proto::decode_client_frame(*input.frame, options_.core.limits);
  if (!frame) {
    core_.refuse(peer, frame.failure(), instant());
    return;
  }
  for (const proto::Command& command : frame->commands) {
    // A command with many topics is as much work as many commands.
    std::size_t topics = 1;
    if (const auto* commit = std::get_if<proto::Commit>(&command)) topics = commit->writes.size();
    if (const auto* sets = std::get_if<proto::Sets>(&command)) topics = sets->size() + sets->names.size();
    if (const auto* subscribe = std::get_if<proto::Subscribe>(&command)) topics = subscribe->topics.size();
    share.spend_commands(std::max<std::size_t>(topics, 1));
  }
  if (!frame->hello) return core_.receive(peer, std::move(*frame), instant());
  core_.receive(peer, std::move(*frame), instant(), origin_of(link_->address_of(static_cast<std::uint64_t>(peer))));
}

bool Server::is_worth_decoding(PeerId peer, const std::string& frame) {
  switch (core_.awaited_of(peer)) {
    case Core::Awaited::nothing:
      core_.refuse(peer, {ErrorCode::protocol_violation, "it was refused before"}, instant());  // counts it
      return false;
    case Core::Awaited::hello:
      if (frame.size() <= hello_bytes_max) return true;
      core_.refuse(peer,
                   {ErrorCode::too_large, fmt::format("the first frame of a connection is a hello, and has at most {} "
                                                      "bytes; this one has {}",
                                                      hello_bytes_max, frame.size())},
                   instant());
      return false;
    case Core::Awaited::commands:
      break;
  }
  return true;
}

void Server::hand_to_store() {
  while (!store_is_lost_) {
    // A commit may make the core commit more.
    std::vector<Record> records = core_.take_records();
    if (!records.empty()) {
      appended_ = records.back().sequence;
      store_->append(std::move(records));
    }
    const std::optional<StoreEvent> event = store_->poll();
    if (!event) return;
    committed_ = event->sequence;
    core_.committed(event->sequence, instant());
    if (event->kind == StoreEvent::Kind::committed) continue;
    store_is_lost_ = true;
    const bool is_fenced = event->kind == StoreEvent::Kind::fenced;
    log_.write(LogLevel::error, LogLine(is_fenced ? "store_fenced" : "store_unknown").add("reason", event->reason),
               now());
    throw Error(ErrorCode::unavailable, is_fenced ? "another broker has taken over: " + event->reason
                                                  : "the store cannot tell which records it has: " + event->reason);
  }
}

// ---- Output

std::uint64_t Server::send_output() {
  const std::uint64_t before = frames_sent_;
  while (const std::optional<Outgoing> outgoing = core_.take_output(instant())) send(*outgoing);
  link_->flush();
  full_.settle();
  return frames_sent_ - before;
}

void Server::send(const Outgoing& outgoing) {
  const std::uint64_t peer = static_cast<std::uint64_t>(outgoing.peer);
  switch (link_->offer(peer, [&] { return proto::encode(*outgoing.frame); })) {
    case link::SendResult::sent:
      full_.remove(outgoing.peer);
      ++frames_sent_;
      if (outgoing.is_last) link_->drop(peer);
      return;
    case link::SendResult::full:
      core_.full(outgoing.peer);
      full_.add(outgoing.peer, now());
      log_link_full(outgoing.peer);
      return;
    case link::SendResult::closed:
      full_.remove(outgoing.peer);
      core_.disconnected(outgoing.peer, instant());
      return;
  }
}

void Server::ask_full_peers_again() {
  for (const PeerId peer : full_.take_due(now())) core_.writable(peer);
}

void Server::log_link_full(PeerId peer) {
  LogLine line("link_full");
  add_session(line, peer);
  const std::string address = address_of(peer);
  if (!address.empty()) line.add("address", address);
  log_.write(LogLevel::warn, line, now());
}

void Server::add_session(LogLine& line, PeerId peer) const {
  const std::string label = core_.session_label_of(peer);
  if (!label.empty()) line.add("session", label);
}

std::string Server::address_of(PeerId peer) const { return link_->address_of(static_cast<std::uint64_t>(peer)); }

void Server::write_notes() {
  for (const link::ServerLink::Note& note : link_->take_notes()) {
    const NoteForm form = form_of(note.kind);
    LogLine line(form.event);
    if (note.peer) add_session(line, PeerId{*note.peer});
    if (!note.address.empty()) line.add("address", note.address);
    if (!note.reason.empty()) line.add("reason", note.reason);
    log_.write(form.level, line, now());
  }
}

void Server::write_events() {
  write_notes();
  for (const Event& event : core_.take_events())
    session_log_.write(event, event.peer ? address_of(*event.peer) : std::string(), now());
  session_log_.advance(now());
}

Task<> Server::wait_for_work() {
  std::optional<TimePoint> deadline = core_.next_deadline();
  for (const auto due : {full_.next_due(), session_log_.next_due()})
    if (due) deadline = std::min(deadline.value_or(never), *due);
  if (!deadline) {
    co_await link_->activity().wait();
  } else if (*deadline <= now()) {
    co_await checkpoint();
  } else {
    co_await move_on_at(*deadline, link_->activity().wait());
  }
}

// ---- The end

// Hands all records to the store, and waits until it has them, as long as it is there.
Task<> Server::finish_records(TimePoint end) {
  try {
    hand_to_store();
    while (!store_is_lost_ && committed_ < appended_ && now() < end) {
      co_await move_on_at(end, link_->activity().wait());
      hand_to_store();
    }
  } catch (const Error&) {
    // The log says why. The clients are told that the broker is shutting down, as always.
  }
}

Task<Drained> Server::drain(Duration limit) {
  const TimePoint end = saturating_add(now(), limit);
  Drained drained;
  const std::uint64_t sent_before = frames_sent_;
  const std::uint64_t committed_before = committed_;
  while ((!take_input() || core_.is_behind() || !postponed_.empty()) && now() < end) {
    core_.search(instant());
    co_await finish_records(now());
    co_await checkpoint();
  }
  core_.advance(instant());
  co_await finish_records(end);
  send_output();  // the answers, before the farewells
  drained.sessions = core_.statistics().sessions;
  core_.shut_down(instant());
  co_await finish_records(now());  // the last wills: the store gets them before the links take the farewells
  send_output();
  while (!full_.empty() && now() < end) {
    co_await sleep_until(std::min(full_.next_due().value_or(end), end));
    ask_full_peers_again();
    send_output();
    // Also notices peers that disconnected meanwhile.
    take_input();
  }
  co_await finish_records(end);
  drained.records = committed_ - committed_before;
  drained.peers_full = full_.size();
  drained.frames_sent = frames_sent_ - sent_before;
  write_events();
  co_return drained;
}

}  // namespace hoiku::broker
