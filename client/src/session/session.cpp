#include "client/src/session/session.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/proto/size.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::client {
namespace {

// The remaining time, as it is sent to the broker. 0 means "no limit", also for a limit farther away than the broker's
// maximum.
std::chrono::nanoseconds time_left(TimePoint until, TimePoint now, std::chrono::nanoseconds max) {
  if (until == never) return {};
  if (until <= now) return std::chrono::nanoseconds(1);
  if (until - max > now) return {};
  return until - now;
}

// Up to an eighth earlier than `every` asks for: on instants that all sessions of a machine share, so that a broker
// with a thousand quiet clients wakes up a few times a second.
TimePoint heartbeat_due(TimePoint last_sent, Duration every) {
  const Duration grid = std::max<Duration>(every / 8, Duration(1));
  const TimePoint latest = saturating_add(last_sent, every);
  return latest == never ? never : latest - latest.time_since_epoch() % grid;
}

// The id of the last post in the command; 0: it has none.
proto::RequestId last_post_of(const proto::Command& command) noexcept {
  if (const auto* sets = std::get_if<proto::Sets>(&command)) return sets->id + sets->size() - 1;
  const auto* set = std::get_if<proto::Set>(&command);
  return set != nullptr && set->is_post ? set->id : 0;
}

const std::string& topic_of_posts(const proto::Command& command, const WritePacker& packer) {
  if (const auto* sets = std::get_if<proto::Sets>(&command)) return packer.first_topic_of(*sets);
  return std::get<proto::Set>(command).topic;
}

void set_id(proto::Command& command, proto::RequestId id) {
  std::visit(
      [id](auto& which) {
        if constexpr (requires { which.id; }) which.id = id;
      },
      command);
}

}  // namespace

Completion Completion::failed(proto::RequestId id, Failure failure) {
  proto::Failed answer;
  answer.id = id;
  answer.failure = std::move(failure);
  return Completion{id, std::move(answer)};
}

Session::Session(SessionOptions options)
    : options_(std::move(options)),
      value_bytes_max_(options_.limits.value_bytes_max),
      frame_bytes_max_(options_.limits.frame_bytes_max),
      credit_(options_.limits.credit_transitions) {}

// ---- Commands

Result<void> check_text(const std::string& topic, const ValueView& value) {
  if (value.type != ValueType::string || text::is_utf8(value.content)) return {};
  return Failure{ErrorCode::invalid_argument,
                 "the string for " + text::quote(topic) + " is not UTF-8: a Topic<Bytes> holds any bytes"};
}

namespace {

Result<void> check_value(const std::string& topic, const ValueView& value, std::size_t bytes_max) {
  if (value.payload_bytes() > bytes_max) {
    return Failure{ErrorCode::too_large, "the value for " + text::quote(topic) + " has " +
                                             std::to_string(value.payload_bytes()) +
                                             " bytes; the broker takes at most " + std::to_string(bytes_max)};
  }
  return check_text(topic, value);
}

Result<void> check_values(const proto::Command& command, std::size_t bytes_max) {
  if (const auto* set = std::get_if<proto::Set>(&command)) return check_value(set->topic, set->value, bytes_max);
  if (const auto* own = std::get_if<proto::Own>(&command)) return check_value(own->topic, own->last_will, bytes_max);
  if (const auto* commit = std::get_if<proto::Commit>(&command)) {
    for (const proto::TopicWrite& write : commit->writes) {
      if (Result<void> checked = check_value(write.topic, write.value, bytes_max); !checked) return checked;
    }
  }
  return {};
}

}  // namespace

Result<proto::RequestId> Session::submit(proto::Command command, TimePoint until) {
  if (Result<void> checked = check_values(command, value_bytes_max_); !checked) return checked.failure();
  const std::size_t bytes = proto::size_of(command).bound() + proto::frame_overhead_bytes;
  if (bytes > frame_bytes_max_) {
    return Failure{ErrorCode::too_large, "the request takes about " + std::to_string(bytes) +
                                             " bytes; a frame has at most " + std::to_string(frame_bytes_max_)};
  }
  const proto::RequestId id = ++last_id_;
  set_id(command, id);
  if (const auto* set = std::get_if<proto::Set>(&command); set != nullptr && set->is_post) {
    posted_.add(id);
    settlement_.posted(set->topic.size() + set->value.payload_bytes());
    queue_.push(id, std::move(command));
    return id;
  }
  Request request;
  request.properties = proto::properties_of(command);
  request.until = until;
  if (const auto* set = std::get_if<proto::Set>(&command)) {
    request.topic = set->topic;
  } else if (const auto* commit = std::get_if<proto::Commit>(&command)) {
    request.topic = commit->writes.front().topic;
    request.further_topics = commit->writes.size() - 1;
  } else {
    request.command = command;
  }
  if (const auto* subscribe = std::get_if<proto::Subscribe>(&command)) {
    request.subscription = std::make_unique<Subscription>(*subscribe, options_.limits);
  }
  if (const auto* schema = std::get_if<proto::RegisterSchema>(&command)) registered_.insert(schema->message_type);
  queue_.push(id, std::move(command));
  requests_.emplace(id, std::move(request));
  return id;
}

Result<proto::RequestId> Session::post(const std::string& topic, const ValueView& value) {
  if (Result<void> checked = check_value(topic, value, value_bytes_max_); !checked) return checked.failure();
  const proto::RequestId id = last_id_ + 1;
  if (packer_.queue_post(queue_, id, topic, value)) {
    posted_.add(id);
    settlement_.posted(topic.size() + value.payload_bytes());
    return last_id_ = id;
  }
  proto::Set command;
  command.topic = topic;
  command.value = value.copy();
  command.is_post = true;
  return submit(std::move(command));
}

void Session::ask_for_settlement() {
  if (posted_.size() > 0) settlement_.ask();
}

Result<proto::RequestId> Session::repeat(proto::RequestId wait, TimePoint until) {
  return submit(*requests_.at(wait).command, until);
}

void Session::cancel(proto::RequestId id) {
  if (posted_.is_unsent(id)) {
    if (queue_.remove(id)) posted_.remove(id);
    return;
  }
  const auto found = requests_.find(id);
  if (found == requests_.end() || found->second.abandoned) return;
  Request& request = found->second;
  if (request.stage == Request::Stage::queued) queue_.remove(id);
  if (request.stage == Request::Stage::sent) {
    if (request.properties.is_one_shot()) {
      request.abandoned = true;
      ++abandoned_;
      return;
    }
    push_ending(*request.command);
  }
  requests_.erase(found);
}

void Session::push_ending(const proto::Command& opened) {
  std::visit(
      [this]<class Opened>(const Opened& open_request) {
        using Ending = typename proto::CommandTraits<Opened>::EndedBy;
        if constexpr (!std::is_void_v<Ending>) {
          const proto::RequestId id = ++last_id_;
          // Writes that wait for room delay no end. A release executes a last will: it comes after the owner's writes.
          if constexpr (std::is_same_v<Ending, proto::Release>) {
            queue_.push(id, Ending{id, open_request.id});
          } else {
            queue_.push_first(Ending{id, open_request.id});
          }
        }
      },
      opened);
}

bool Session::is_unsent(proto::RequestId id) const {
  if (posted_.is_unsent(id)) return true;
  const auto found = requests_.find(id);
  return found != requests_.end() && found->second.stage == Request::Stage::queued;
}

// ---- Subscriptions

Subscription* Session::subscription(proto::RequestId id) const {
  const auto found = requests_.find(id);
  return found == requests_.end() ? nullptr : found->second.subscription.get();
}

LatestInbox* Session::latest_inbox(proto::RequestId id) {
  Subscription* found = subscription(id);
  return found ? found->latest() : nullptr;
}

const SubscriptionStatistics* Session::statistics(proto::RequestId id) const {
  const Subscription* found = subscription(id);
  return found ? &found->statistics() : nullptr;
}

std::optional<InboxItem> Session::take(proto::RequestId id) {
  Subscription* found = subscription(id);
  if (!found) return std::nullopt;
  std::optional<InboxItem> item = found->take(completeness_);
  renew_credit(id, *found);
  return item;
}

void Session::renew_credit(proto::RequestId id, Subscription& subscription) {
  const std::optional<std::uint64_t> taken = subscription.take_renewal(credit_);
  if (!taken) return;
  queue_.push_first(proto::Renew{++last_id_, id, *taken});
}

// ---- The connection, outwards

void Session::say_goodbye() {
  if (goodbye_queued_) return;
  goodbye_queued_ = true;
  queue_.push(++last_id_, proto::Goodbye{});
}

void Session::connected(TimePoint now) {
  ++connection_number_;
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
    // A frame is built when the one before it has been sent, so that as much as possible fits into it.
    if (!kept_.has_next() && !goodbye_sent_) append_commands(now);
    if (kept_.has_next()) {
      frame = kept_.next(connection_number_, incoming_.last());
    } else if (now >= next_frame_due()) {
      frame = unnumbered_frame(false);
    }
  }
  if (frame) {
    last_sent_ = now;
    acknowledgement_.clear();
  }
  return frame;
}

std::shared_ptr<const proto::ClientFrame> Session::unnumbered_frame(bool with_hello) {
  auto frame = std::make_shared<proto::ClientFrame>();
  frame->connection_number = connection_number_;
  frame->acknowledged = incoming_.last();
  frame->reply_at_once = !with_hello && settlement_.take(queue_.empty());
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
  goodbye_sent_ = std::holds_alternative<proto::Goodbye>(commands.back());
  proto::ClientFrame frame;
  frame.commands = std::move(commands);
  frame.reply_at_once = settlement_.take(queue_.empty());
  kept_.append(std::move(frame));
}

TimePoint Session::next_frame_due() const {
  if (state_ != State::established || goodbye_sent_) return never;
  if (settlement_.is_asked() && queue_.empty()) return last_sent_;
  return std::min(acknowledgement_.due(), heartbeat_due(last_sent_, heartbeat_every_));
}

std::vector<proto::Command> Session::take_commands(TimePoint now) {
  std::vector<proto::Command> commands;
  const std::size_t bytes_max =
      std::min({options_.limits.turn_bytes_max, frame_bytes_max_ - proto::frame_overhead_bytes,
                options_.limits.command_items_max * proto::item_bytes_min});
  std::size_t bytes = 0;
  std::size_t taken = 0;
  while (const proto::Command* next = queue_.front()) {
    const auto request = requests_.find(proto::id_of(*next));  // none for a command that is not answered
    const bool is_request = request != requests_.end();
    const bool is_one_shot = is_request && request->second.properties.is_one_shot();
    if (is_one_shot && in_flight_ >= options_.limits.requests_in_flight_max) break;
    const auto* packed = std::get_if<proto::Sets>(next);
    // A write that becomes a command with a name has two items more than its bound says.
    bytes += packer_.bytes_of(*next) + (std::holds_alternative<proto::Set>(*next) ? 2 * proto::item_bytes_min : 0);
    taken += packed == nullptr ? 1 : packed->size();
    if (!commands.empty() && (bytes > bytes_max || taken > options_.limits.turn_commands_max)) break;
    if (is_one_shot) ++in_flight_;
    proto::Command command = queue_.pop();
    if (const proto::RequestId last = last_post_of(command))
      posted_.sent(last, topic_of_posts(command, packer_), kept_.last_number() + 1);
    if (is_request) mark_sent(request->second, command, now);
    packer_.append(commands, std::move(command));
    if (std::holds_alternative<proto::Goodbye>(commands.back())) break;  // the broker accepts nothing after it
  }
  packer_.tell_names(commands);
  return commands;
}

void Session::mark_sent(Request& request, proto::Command& command, TimePoint now) {
  request.stage = Request::Stage::sent;
  if (request.subscription) request.subscription->mark_sent();
  const std::chrono::nanoseconds left = time_left(request.until, now, options_.limits.hold_max);
  if (auto* wait = std::get_if<proto::Wait>(&command)) wait->expires_after = left;
  if (auto* wait = std::get_if<proto::WaitTransition>(&command)) wait->expires_after = left;
  // A lease that has begun does not begin again in a new session: only what is left of its time is asked for.
  if (auto* own = std::get_if<proto::Own>(&command); own && request.until != never) own->lasting = left;
}

}  // namespace hoiku::client
