#include "tests/sim/players/frame_client.hpp"

#include <algorithm>

#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

FrameClient::FrameClient(std::shared_ptr<link::Connector> connector, std::string name, Dice dice,
                         std::chrono::milliseconds session_timeout)
    : connector_(std::move(connector)), name_(std::move(name)), dice_(dice), packing_(std::move(dice)) {
  new_token();
  hello_.client_name = name_;
  hello_.session_timeout = session_timeout;
  hasty_ = dice_.chance(50);
}

Task<> FrameClient::live(Duration duration) { return be_connected(duration, true); }
Task<> FrameClient::listen(Duration duration) { return be_connected(duration, false); }

Task<> FrameClient::be_connected(Duration duration, bool active) {
  const TimePoint end = now() + duration;
  while (now() < end) {
    bool lost = false;
    try {
      if (!link_) co_await connect();
      while (now() < end && link_) {
        if (active) {
          co_await act();
        } else {
          co_await sleep(10ms);
          co_await read(1000);
          const bool due = received_ != told_ || now() - last_sent_ > 50ms;
          std::vector<proto::Command> renewed;
          if (greeted_) renewed = renewals();
          if (!renewed.empty()) {
            co_await send_commands(std::move(renewed));
          } else if (greeted_ && due) {
            co_await send(frame(0));
          }
        }
      }
    } catch (const link::LinkClosed&) {
      lost = true;
    }
    if (lost) {
      link_.reset();
      co_await sleep(dice_.between(0ms, 30ms));
    }
  }
}

Task<> FrameClient::connect() {
  link_ = co_await connector_->connect();
  ++connection_number_;
  greeted_ = false;
  proto::ClientFrame greeting = frame(0);
  greeting.hello = hello_;
  co_await send(std::move(greeting));
}

Task<> FrameClient::act() {
  co_await sleep(dice_.between(0ms, 20ms));
  if (dice_.chance(90)) co_await read(dice_.chance(20) ? 1 : 100);
  if (!greeted_) co_return;
  if (dice_.chance(1)) {
    link_.reset();  // closes the connection without a goodbye
    co_return;
  }
  if (dice_.chance(1)) {
    co_await say_goodbye();
    co_return;
  }
  if (dice_.chance(55)) {
    std::vector<proto::Command> commands;
    for (std::size_t left = 1 + dice_.below(3); left > 0; --left) commands.push_back(random_command());
    co_await send_commands(std::move(commands));
  } else if (hasty_ || dice_.chance(30)) {
    std::vector<proto::Command> renewed = renewals();
    if (!renewed.empty() && dice_.chance(50)) {
      co_await send_commands(std::move(renewed));
    } else {
      co_await send(frame(0));
    }
  } else if (!kept_.empty() && dice_.chance(10)) {
    co_await send(kept_.front());  // a repeated frame, which changes nothing
  }
}

proto::ClientFrame FrameClient::frame(std::uint64_t number) const {
  proto::ClientFrame made;
  made.connection_number = connection_number_;
  made.number = number;
  made.reply_at_once = number % 3 == 1;
  made.acknowledged = received_;
  return made;
}

Task<> FrameClient::send(proto::ClientFrame frame) {
  frame.connection_number = connection_number_;
  frame.acknowledged = received_;
  told_ = received_;
  last_sent_ = now();
  co_await link_->send(proto::encode(frame));
}

// Writes some topics by numbers, of which there are so few that they change hands all the time.
std::vector<proto::Command> FrameClient::packed(std::vector<proto::Command> commands) {
  std::vector<proto::Command> packed;
  for (proto::Command& command : commands) {
    auto* set = std::get_if<proto::Set>(&command);
    if (set == nullptr || set->if_version || set->source_time || packing_.chance(20)) {
      packed.push_back(std::move(command));
      continue;
    }
    auto* sets = packed.empty() ? nullptr : std::get_if<proto::Sets>(&packed.back());
    auto number =
        std::find_if(numbers_.begin(), numbers_.end(), [&](const auto& one) { return one.second == set->topic; });
    const bool is_new = number == numbers_.end() || packing_.chance(10);
    // The names of a command count for all of its writes.
    if (sets == nullptr || is_new || sets->is_post != set->is_post || sets->id + sets->size() != set->id) {
      sets = &std::get<proto::Sets>(packed.emplace_back(proto::Sets()));
      sets->id = set->id;
      sets->is_post = set->is_post;
    }
    if (is_new) {
      const auto given = static_cast<std::uint32_t>(1 + packing_.below(3));
      number = numbers_.insert_or_assign(given, set->topic).first;
      sets->names.push_back({given, set->topic});
    }
    sets->add(number->first, set->value);
  }
  return packed;
}

Task<> FrameClient::send_commands(std::vector<proto::Command> commands) {
  kept_.push_back(frame(++sent_));
  kept_.back().commands = packed(std::move(commands));
  proto::ClientFrame copy = kept_.back();
  co_await send(std::move(copy));
}

Task<> FrameClient::say_goodbye() {
  std::vector<proto::Command> last{proto::Goodbye{}};
  co_await send_commands(std::move(last));
  link_.reset();
  begin_session();
  // The goodbye may have been lost, and then the old session still exists: the next one gets another token.
  new_token();
}

void FrameClient::new_token() {
  for (auto& byte : hello_.token) byte = static_cast<std::uint8_t>(dice_.number());
}

Task<> FrameClient::read(std::size_t frames_max) {
  for (; link_ && frames_max > 0; --frames_max) {
    const std::optional<std::string> bytes = link_->try_receive();
    if (!bytes) break;
    const auto decoded = proto::decode_server_frame(*bytes);
    if (!decoded) {
      complaints_.push_back(name_ + " cannot decode a frame: " + decoded.failure().message);
      continue;
    }
    take(*decoded);
    if (!to_repeat_) continue;
    const std::vector<proto::ClientFrame> repeated = *std::exchange(to_repeat_, std::nullopt);
    for (const proto::ClientFrame& again : repeated) co_await send(again);
  }
}

void FrameClient::take(const proto::ServerFrame& frame) {
  if (frame.connection_number != connection_number_)
    return complaints_.push_back(name_ + " got a frame of another connection");
  if (frame.fatal) {
    begin_session();
    greeted_ = false;
    link_.reset();
    return;
  }
  if (frame.welcome) {
    if (!frame.welcome->resumed || frame.welcome->first_connection != session_since_) begin_session();
    greeted_ = true;
    session_since_ = frame.welcome->first_connection;
    if (run_ != frame.welcome->instance_id) {
      complete_through_ = 0;
      versions_.clear();
      unset_.clear();
    }
    run_ = frame.welcome->instance_id;
  }
  if (frame.acknowledged > sent_) return complaints_.push_back(name_ + " was acknowledged what it did not send");
  while (!kept_.empty() && kept_.front().number <= frame.acknowledged) kept_.pop_front();
  if (frame.welcome) to_repeat_.emplace(kept_.begin(), kept_.end());
  if (frame.number == 0 || frame.number <= received_) return;
  if (frame.number != received_ + 1) return complaints_.push_back(name_ + " misses a frame");
  received_ = frame.number;
  const auto read = slots_.read(frame, [&](const proto::Delivery& delivery) {
    const Transition& state = *delivery.transition;
    versions_[state.topic] = state.version;
    if (state.value.is_null())
      unset_.insert(state.topic);
    else
      unset_.erase(state.topic);
    if (const auto found = open_.find(delivery.subscription); found != open_.end()) ++found->second.delivered;
  });
  if (!read) complaints_.push_back(name_ + ": " + read.failure().message);
  for (const auto& end : frame.snapshot_ends) {
    if (const auto found = open_.find(end.subscription); found != open_.end()) found->second.ended = true;
  }
  for (const auto& answer : frame.answers) {
    if (std::holds_alternative<proto::TransitionArmed>(answer)) continue;  // its end comes later
    if (std::holds_alternative<proto::Owned>(answer)) continue;            // its end comes later
    if (const auto* list = std::get_if<proto::ListDone>(&answer)) {
      if (list->next != 0) pages_.push_back(proto::List{0, lists_[list->id], list->next});
      lists_.erase(list->id);
    }
    open_.erase(std::visit([](const auto& a) { return a.id; }, answer));
  }
  if (frame.complete_through != 0) complete_through_ = frame.complete_through;
}

void FrameClient::begin_session() {
  session_since_ = 0;
  sent_ = received_ = told_ = 0;
  slots_.clear();
  numbers_.clear();
  kept_.clear();
  open_.clear();
  leases_.clear();
  lists_.clear();
  pages_.clear();
}

// ---- Commands

proto::Command FrameClient::random_command() {
  if (dice_.chance(8)) return random_ownership();
  const std::size_t kind = dice_.below(100);
  if (kind < 34) return random_set();
  if (kind < 40) return random_commit();
  if (kind < 42) {
    proto::List list;
    list.id = ++last_id_;
    list.pattern = dice_.chance(15) ? "gone/**" : dice_.pattern();
    lists_[list.id] = list.pattern;
    return list;
  }
  if (!pages_.empty() && dice_.chance(30)) {
    proto::List page = pages_.back();
    pages_.pop_back();
    page.id = ++last_id_;
    lists_[page.id] = page.pattern;
    return page;
  }
  if (kind < 44) return proto::ListReaders{++last_id_, 0};
  if (kind < 49) {
    proto::Get get;
    get.id = ++last_id_;
    get.topic = dice_.topic();
    return get;
  }
  if (kind < 58) return random_subscribe();
  if (kind < 64) return random_wait_transition();
  if (kind < 80) return random_wait();
  if (kind < 90) {
    if (const auto wait = random_open(true)) {
      open_.erase(*wait);
      return proto::CancelWait{++last_id_, *wait};
    }
  }
  if (const auto subscription = random_open(false)) {
    open_.erase(*subscription);
    return proto::Unsubscribe{++last_id_, *subscription};
  }
  return random_set();
}

proto::WaitTransition FrameClient::random_wait_transition() {
  proto::WaitTransition wait;
  wait.id = ++last_id_;
  // Topics with owners and deadlines have transitions of the quality alone, too.
  wait.topic = dice_.chance(20) ? dice_.owned_topic() : dice_.topic();
  if (dice_.chance(80)) wait.predicate = dice_.predicate(wait.topic);
  if (const auto known = versions_.find(wait.topic); dice_.chance(60))
    wait.after = known == versions_.end() ? Version{} : known->second;
  // Topics that are unset more often than not.
  if (dice_.chance(20)) {
    wait.topic = "gone/" + std::to_string(dice_.below(3));
    wait.predicate.reset();
    const auto known = versions_.find(wait.topic);
    if (wait.after) wait.after = known == versions_.end() ? Version{} : known->second;
  }
  wait.expires_after = random_patience();
  open_[wait.id] = Open{{wait.topic}, true};
  return wait;
}

proto::Wait FrameClient::random_wait() {
  proto::Wait wait;
  wait.id = ++last_id_;
  wait.topic = dice_.chance(20) ? dice_.owned_topic() : dice_.topic();
  wait.predicate = dice_.predicate(wait.topic);
  // An unset topic matches nothing.
  if (dice_.chance(10)) {
    wait.topic = "gone/" + std::to_string(dice_.below(3));
    wait.predicate.reset();
    if (dice_.chance(30)) wait.predicate = dice_.predicate("number/0");
  }
  if (!wait.predicate || !wait.predicate->uses_old_value()) wait.hold = dice_.hold();
  if (dice_.chance(3) && wait.topic.starts_with("number"))
    wait.predicate = Predicate::compare(Predicate::Op::equal, "text");
  wait.expires_after = random_patience();
  open_[wait.id] = Open{{wait.topic}, true};
  return wait;
}

// Draws the time after which the broker may cancel the wait. The client does not report that it gave up, and may cancel
// a wait that the broker has cancelled already.
std::chrono::nanoseconds FrameClient::random_patience() {
  if (!dice_.chance(40)) return {};
  return dice_.chance(80) ? dice_.between(5ms, 300ms) : dice_.between(1s, 10s);
}

// Uses topics of its own, so that no other command needs to know their versions. All last wills are different values:
// each end of a lease is a transition, of which the witness hears.
proto::Command FrameClient::random_ownership() {
  const std::string topic = dice_.owned_topic();
  if (dice_.chance(30)) {
    const auto lease = random_of(leases_);
    if (lease) {
      leases_.erase(std::find(leases_.begin(), leases_.end(), *lease));
      return proto::Release{++last_id_, *lease};
    }
  }
  if (dice_.chance(7)) return proto::Undeclare{++last_id_, topic};
  if (dice_.chance(25)) {
    proto::Declare declare;
    declare.id = ++last_id_;
    declare.topic = topic;
    if (dice_.chance(30)) declare.type = ValueType::int64;  // it stays while the topic is unset
    if (dice_.chance(80)) declare.deadline = dice_.chance(20) ? Duration(0) : dice_.between(20ms, 400ms);
    return declare;
  }
  proto::Own own;
  own.id = ++last_id_;
  own.topic = topic;
  own.last_will = Value(static_cast<std::int64_t>(1000 + dice_.below(1'000'000'000)));
  own.take_over = dice_.chance(30);
  if (dice_.chance(25)) own.lasting = dice_.between(10ms, 500ms);
  leases_.push_back(own.id);
  return own;
}

std::optional<proto::RequestId> FrameClient::random_of(const std::vector<proto::RequestId>& ids) {
  if (ids.empty()) return std::nullopt;
  return dice_.pick(ids);
}

proto::Set FrameClient::random_set() {
  proto::Set set;
  set.id = ++last_id_;
  set.topic = dice_.topic();
  set.value = dice_.next_value(set.topic);
  if (dice_.chance(15)) set.if_version = random_version(set.topic);
  if (dice_.chance(7)) set.value = Value();
  if (dice_.chance(2)) set.topic = dice_.chance(50) ? "a//b" : "$hoiku/mine";
  if (dice_.chance(12)) {
    set.topic = dice_.owned_topic();
    if (set.if_version) set.if_version = random_version(set.topic);
    set.value = dice_.chance(15) ? Value() : Value(static_cast<std::int64_t>(dice_.below(3)));
    if (dice_.chance(5)) set.value = "seven";
  }
  if (dice_.chance(5)) {
    set.topic = "gone/" + std::to_string(dice_.below(3));
    if (set.if_version) set.if_version = random_version(set.topic);
    set.value = dice_.chance(50) ? Value() : Value(static_cast<std::int64_t>(dice_.below(3)));
  }
  set.is_post = dice_.chance(25);
  if (dice_.chance(10))
    set.source_time = WallTime(std::chrono::microseconds(dice_.below(3)) - std::chrono::microseconds(1));
  return set;
}

Version FrameClient::random_version(const std::string& topic) {
  const auto known = versions_.find(topic);
  // "Not set now". A broker that has forgotten the topic knows no version of its unset state.
  if (known == versions_.end() || dice_.chance(20) || (forgetting_ && unset_.contains(topic))) return {};
  Version version = known->second;
  if (dice_.chance(10)) version.epoch = 0;
  if (!forgetting_ && dice_.chance(10)) ++version.number;  // perhaps a version that does not exist yet
  return version;
}

proto::Commit FrameClient::random_commit() {
  proto::Commit commit;
  for (std::size_t left = 1 + dice_.below(4); left > 0; --left) {
    proto::Set set = random_set();
    commit.writes.push_back(
        proto::TopicWrite{std::move(set.topic), std::move(set.value), set.if_version, set.source_time});
  }
  // Sometimes a topic appears twice, which is an error; but rarely.
  if (!dice_.chance(10)) {
    std::map<std::string, proto::TopicWrite> by_topic;
    for (proto::TopicWrite& write : commit.writes) by_topic[write.topic] = std::move(write);
    commit.writes.clear();
    for (auto& [topic, write] : by_topic) commit.writes.push_back(std::move(write));
  }
  commit.id = ++last_id_;
  return commit;
}

proto::Subscribe FrameClient::random_subscribe() {
  proto::Subscribe subscribe;
  subscribe.id = ++last_id_;
  if (dice_.chance(35)) {
    subscribe.topics = dice_.composite();
  } else {
    subscribe.topics.push_back(dice_.chance(15) ? "gone/**" : dice_.pattern());
  }
  // The client has got everything up to there from this instance, by other subscriptions; the broker believes it.
  if (dice_.chance(25) && complete_through_ > 0) subscribe.resume = proto::ResumePoint{run_, complete_through_};
  if (subscribe.topics.size() == 1 && dice_.chance(40)) subscribe.mode = proto::Mode::every;
  if (subscribe.mode == proto::Mode::every && subscribe.resume && dice_.chance(50)) subscribe.unread = dice_.below(5);
  if (subscribe.topics.size() == 1) {
    if (dice_.chance(40)) subscribe.filter = dice_.filter(subscribe.topics.front());
    if (subscribe.mode == proto::Mode::latest && dice_.chance(30)) subscribe.interval = dice_.interval();
  }
  open_[subscribe.id] = Open{subscribe.topics, false, false, subscribe.mode == proto::Mode::every, subscribe.unread};
  return subscribe;
}

std::vector<proto::Command> FrameClient::renewals() {
  std::vector<proto::Command> commands;
  for (auto& [id, open] : open_) {
    if (!open.is_every || open.renewed == open.delivered + open.unread) continue;
    open.renewed = open.delivered + open.unread;
    commands.push_back(proto::Renew{++last_id_, id, open.renewed});
  }
  return commands;
}

std::optional<proto::RequestId> FrameClient::random_open(bool wait) {
  std::vector<proto::RequestId> ids;
  for (const auto& [id, open] : open_) {
    if (open.is_wait == wait) ids.push_back(id);
  }
  return random_of(ids);
}

}  // namespace hoiku::model
