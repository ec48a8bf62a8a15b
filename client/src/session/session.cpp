#include "client/src/session/session.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/proto/size.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::client {
namespace {

// What the broker is to be told of the time that is left; 0 is "no limit". A limit that is farther away than it would
// take is none.
std::chrono::nanoseconds time_left(TimePoint until, TimePoint now, std::chrono::nanoseconds max) {
  if (until == never) return {};
  if (until <= now) return std::chrono::nanoseconds(1);
  if (until - max > now) return {};
  return until - now;
}

std::vector<std::string> plain_names(const std::vector<std::string>& topics) {
  if (topics.size() == 1 && !is_plain_name(topics.front())) return {};
  return topics;
}

}  // namespace

Session::Subscription::Subscription(const std::vector<std::string>& topics, const detail::Reading& reading)
    : inbox(plain_names(topics)), has_interval(reading.interval.count() > 0) {
  if (reading.mode == proto::Mode::every) every.emplace(reading.filter.has_value());
}

Session::Session(SessionOptions options)
    : options_(std::move(options)),
      value_bytes_max_(options_.limits.value_bytes_max),
      frame_bytes_max_(options_.limits.frame_bytes_max),
      credit_(options_.limits.credit_transitions) {}

// ---- Commands

Result<void> Session::check_size(const std::string& topic, const Value& value) const {
  if (value.payload_bytes() <= value_bytes_max_) return {};
  return Failure{ErrorCode::too_large, "the value for '" + topic + "' has " + std::to_string(value.payload_bytes()) +
                                           " bytes; the broker takes at most " + std::to_string(value_bytes_max_)};
}

Result<proto::RequestId> Session::set(std::string topic, Value value, std::optional<Version> if_version) {
  if (auto checked = check_size(topic, value); !checked) return checked.failure();
  Request request;
  request.kind = Request::Kind::set;
  request.topic = topic;
  proto::Set command;
  command.topic = std::move(topic);
  command.value = std::move(value);
  command.if_version = if_version;
  return submit(std::move(request), std::move(command));
}

Result<proto::RequestId> Session::commit(std::vector<proto::Write> writes) {
  for (const proto::Write& write : writes) {
    if (auto checked = check_size(write.topic, write.value); !checked) return checked.failure();
  }
  Request request;
  request.kind = Request::Kind::commit;
  request.topic = writes.front().topic;
  request.further_topics = writes.size() - 1;
  proto::Commit command;
  command.writes = std::move(writes);
  return submit(std::move(request), std::move(command));
}

proto::RequestId Session::get(std::string topic) {
  Request request;
  request.kind = Request::Kind::get;
  proto::Get command;
  command.topic = std::move(topic);
  return *submit(std::move(request), std::move(command));
}

proto::RequestId Session::list(std::string pattern, std::uint64_t cursor) {
  Request request;
  request.kind = Request::Kind::list;
  proto::List command;
  command.pattern = std::move(pattern);
  command.cursor = cursor;
  return *submit(std::move(request), std::move(command));
}

proto::RequestId Session::list_readers(std::uint64_t cursor) {
  Request request;
  request.kind = Request::Kind::readers;
  proto::ListReaders command;
  command.cursor = cursor;
  return *submit(std::move(request), std::move(command));
}

Result<proto::RequestId> Session::wait(std::string topic, std::optional<Predicate> predicate,
                                       std::chrono::nanoseconds hold, TimePoint until) {
  Request request;
  request.kind = Request::Kind::wait;
  request.until = until;
  proto::Wait command;
  command.topic = std::move(topic);
  command.predicate = std::move(predicate);
  command.hold = hold;
  return submit(std::move(request), std::move(command));
}

Result<proto::RequestId> Session::wait_transition(std::string topic, std::optional<Predicate> predicate,
                                                  std::optional<Version> after, TimePoint until) {
  Request request;
  request.kind = Request::Kind::change;
  request.until = until;
  proto::WaitTransition command;
  command.topic = std::move(topic);
  command.predicate = std::move(predicate);
  command.after = after;
  return submit(std::move(request), std::move(command));
}

proto::RequestId Session::declare(proto::Declare command) {
  Request request;
  request.kind = Request::Kind::declaration;
  return *submit(std::move(request), std::move(command));
}

Result<proto::RequestId> Session::own(proto::Own command) {
  if (auto checked = check_size(command.topic, command.last_will); !checked) return checked.failure();
  Request request;
  request.kind = Request::Kind::lease;
  return submit(std::move(request), std::move(command));
}

Result<proto::RequestId> Session::repeat(proto::RequestId wait, TimePoint until) {
  const Request& first = requests_.at(wait);
  Request request;
  request.kind = first.kind;
  request.until = until;
  proto::Command command = *first.command;
  return submit(std::move(request), std::move(command));
}

Result<void> Session::register_schema(const std::string& message_type, const std::string& files) {
  if (registered_.contains(message_type)) return {};
  Request request;
  request.kind = Request::Kind::registration;
  proto::RegisterSchema command;
  command.message_type = message_type;
  command.files = files;
  if (auto submitted = submit(std::move(request), std::move(command)); !submitted) return submitted.failure();
  registered_.insert(message_type);
  return {};
}

proto::RequestId Session::get_schema(std::string message_type) {
  Request request;
  request.kind = Request::Kind::schema;
  proto::GetSchema command;
  command.message_type = std::move(message_type);
  return *submit(std::move(request), std::move(command));
}

proto::RequestId Session::subscribe(std::vector<std::string> topics, proto::Mode mode) {
  return *subscribe(std::move(topics), detail::Reading(mode));
}

Result<proto::RequestId> Session::subscribe(std::vector<std::string> topics, detail::Reading reading) {
  Request request;
  request.kind = Request::Kind::subscription;
  request.subscription = std::make_unique<Subscription>(topics, reading);
  proto::Subscribe command;
  command.topics = std::move(topics);
  command.mode = reading.mode;
  command.filter = std::move(reading.filter);
  command.interval = reading.interval;
  return submit(std::move(request), std::move(command));
}

Result<proto::RequestId> Session::submit(Request request, proto::Command command) {
  const std::size_t bytes = proto::size_of(command).bound() + proto::frame_overhead_bytes;
  if (bytes > frame_bytes_max_) {
    return Failure{ErrorCode::too_large, "the request takes about " + std::to_string(bytes) +
                                             " bytes; a frame has at most " + std::to_string(frame_bytes_max_)};
  }
  const proto::RequestId id = ++last_id_;
  std::visit(
      [id](auto& c) {
        if constexpr (requires { c.id; }) c.id = id;
      },
      command);
  if (!request.is_write()) request.command = command;
  queue_.push(id, std::move(command));
  requests_.emplace(id, std::move(request));
  return id;
}

void Session::cancel(proto::RequestId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end() || found->second.abandoned) return;
  Request& request = found->second;
  if (request.stage == Request::Stage::queued) queue_.remove(id);
  if (request.stage == Request::Stage::sent) {
    if (request.is_one_shot()) {
      request.abandoned = true;
      ++abandoned_;
      return;
    }
    const proto::RequestId own = ++last_id_;
    if (request.kind == Request::Kind::subscription) {
      queue_.push(own, proto::Unsubscribe{own, id});
    } else if (request.kind == Request::Kind::lease) {
      queue_.push(own, proto::Release{own, id});
    } else {
      queue_.push(own, proto::CancelWait{own, id});
    }
  }
  requests_.erase(found);
}

bool Session::is_unsent(proto::RequestId id) const {
  const auto found = requests_.find(id);
  return found != requests_.end() && found->second.stage == Request::Stage::queued;
}

LatestInbox* Session::inbox(proto::RequestId id) {
  Subscription* found = subscription(id);
  return found && !found->every ? &found->inbox : nullptr;
}

const SubscriptionStatistics* Session::statistics(proto::RequestId id) {
  const Subscription* found = subscription(id);
  if (!found) return nullptr;
  return found->every ? &found->every->statistics() : &found->inbox.statistics();
}

std::optional<InboxItem> Session::take(proto::RequestId id) {
  Subscription* found = subscription(id);
  if (!found) return std::nullopt;
  if (!found->every) return found->inbox.take();
  std::optional<InboxItem> item = found->every->take();
  renew(id, *found);
  return item;
}

// Half of the credit at once: the broker need not wait for it, and need not hear of each transition.
void Session::renew(proto::RequestId id, Subscription& subscription) {
  const std::uint64_t taken = subscription.every->taken_in_session();
  if (taken - subscription.renewed < std::max<std::uint64_t>(credit_ / 2, 1)) return;
  subscription.renewed = taken;
  const proto::RequestId own = ++last_id_;
  queue_.push(own, proto::Renew{own, id, taken});
}

Session::Subscription* Session::subscription(proto::RequestId id) {
  const auto found = requests_.find(id);
  return found == requests_.end() ? nullptr : found->second.subscription.get();
}

void Session::say_goodbye() {
  if (goodbye_said_) return;
  goodbye_said_ = true;
  queue_.push(++last_id_, proto::Goodbye{});
}

// ---- The connection, outwards

void Session::connected(TimePoint now) {
  ++incarnation_;
  state_ = State::greeting;
  hello_due_ = true;
  last_sent_ = now;
}

void Session::disconnected() {
  state_ = State::disconnected;
  hello_due_ = false;
}

std::shared_ptr<const proto::ClientFrame> Session::take_frame(TimePoint now) {
  std::shared_ptr<const proto::ClientFrame> frame;
  if (state_ == State::greeting && std::exchange(hello_due_, false)) frame = unnumbered_frame(true);
  if (state_ == State::established) {
    // Each waits until the one before it is out, so that as much as possible fits into it.
    if (!kept_.has_next() && !goodbye_) append_commands(now);
    if (kept_.has_next()) {
      frame = kept_.next(incarnation_, incoming_.last());
    } else if (!goodbye_ && (incoming_.last() != acknowledged_ || now >= next_heartbeat())) {
      frame = unnumbered_frame(false);
    }
  }
  if (frame) {
    last_sent_ = now;
    acknowledged_ = frame->acknowledged;
  }
  return frame;
}

std::shared_ptr<const proto::ClientFrame> Session::unnumbered_frame(bool with_hello) {
  auto frame = std::make_shared<proto::ClientFrame>();
  frame->incarnation = incarnation_;
  frame->acknowledged = incoming_.last();
  if (with_hello) {
    frame->hello.emplace();
    frame->hello->token = options_.token;
    frame->hello->client_name = options_.client_name;
    frame->hello->session_timeout = options_.session_timeout;
  }
  return frame;
}

void Session::append_commands(TimePoint now) {
  std::vector<proto::Command> commands = take_commands(now);
  if (commands.empty()) return;
  goodbye_ = std::holds_alternative<proto::Goodbye>(commands.back());
  proto::ClientFrame frame;
  frame.commands = std::move(commands);
  kept_.append(std::move(frame));
}

TimePoint Session::next_heartbeat() const {
  if (state_ != State::established || goodbye_) return never;
  return saturating_add(last_sent_, heartbeat_every_);
}

std::vector<proto::Command> Session::take_commands(TimePoint now) {
  std::vector<proto::Command> commands;
  const std::size_t bytes_max =
      std::min(options_.limits.turn_bytes_max, frame_bytes_max_ - proto::frame_overhead_bytes);
  std::size_t bytes = 0;
  while (const proto::Command* next = queue_.front()) {
    const auto request = requests_.find(id_of(*next));  // none: of what ends another, or of a goodbye
    const bool is_request = request != requests_.end();
    const bool answered = is_request && request->second.is_one_shot();
    if (answered && in_flight_ >= options_.limits.requests_in_flight_max) break;
    bytes += proto::size_of(*next).bound();
    if (!commands.empty() && bytes > bytes_max) break;
    if (commands.size() == options_.limits.turn_commands_max) break;
    if (answered) ++in_flight_;
    commands.push_back(queue_.pop());
    if (is_request) mark_sent(request->second, commands.back(), now);
    if (std::holds_alternative<proto::Goodbye>(commands.back())) break;  // the broker takes nothing behind it
  }
  return commands;
}

void Session::mark_sent(Request& request, proto::Command& command, TimePoint now) {
  request.stage = Request::Stage::sent;
  if (request.subscription) request.subscription->started = true;
  const std::chrono::nanoseconds left = time_left(request.until, now, options_.limits.hold_max);
  if (auto* wait = std::get_if<proto::Wait>(&command)) wait->given_up_after = left;
  if (auto* wait = std::get_if<proto::WaitTransition>(&command)) wait->given_up_after = left;
  // Its time goes on in a new session.
  if (auto* own = std::get_if<proto::Own>(&command); own && request.until != never) own->lasting = left;
}

}  // namespace hoiku::client
