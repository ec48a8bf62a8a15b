// core_fixture.hpp: a Core with a memory store and clients that speak to it in frames, all in one thread and by hand.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/core.hpp"
#include "broker/store/memory_store.hpp"
#include "hoiku/proto/slot_table.hpp"

namespace hoiku::broker {

using namespace std::chrono_literals;

class CoreTest;

// One client, as the core sees it.
struct FakeClient {
  FakeClient(CoreTest& test, std::string client_name, std::uint8_t token_byte);

  // Opens a connection, and receives its welcome. Commands before that are lost.
  void connect(std::chrono::milliseconds timeout = 10s);
  void say_hello(std::chrono::milliseconds timeout = 10s);  // the same without the turn that answers it
  void cut();                                               // ends the connection, and notifies the broker

  proto::RequestId set(const std::string& topic, Value value, std::optional<Version> if_version = {});
  proto::RequestId post(const std::string& topic, Value value, std::optional<Version> if_version = {});
  proto::RequestId commit(std::vector<proto::TopicWrite> writes);
  proto::RequestId get(const std::string& topic);
  proto::RequestId list(const std::string& pattern, std::uint64_t cursor = 0);
  proto::RequestId subscribe(std::vector<std::string> topics, std::optional<proto::ResumePoint> resume = {},
                             proto::Mode mode = proto::Mode::latest);
  proto::RequestId subscribe(proto::Subscribe command);
  proto::RequestId list_readers(std::uint64_t cursor = 0);
  void renew(proto::RequestId subscription, std::uint64_t taken);
  proto::RequestId wait(const std::string& topic, const std::string& predicate, std::chrono::nanoseconds hold = 0ns,
                        std::chrono::nanoseconds expires_after = 0ns);
  proto::RequestId wait_transition(const std::string& topic, const std::string& predicate,
                                   std::optional<Version> after = {}, std::chrono::nanoseconds expires_after = 0ns);
  proto::RequestId declare(const std::string& topic, std::optional<std::chrono::nanoseconds> deadline = {},
                           std::optional<std::uint64_t> history = {});
  proto::RequestId declare_type(const std::string& topic, ValueType type, const std::string& message_type = "");
  proto::RequestId undeclare(const std::string& topic);
  proto::RequestId own(const std::string& topic, Value last_will = {}, bool take_over = false,
                       std::chrono::nanoseconds lasting = 0ns);
  void release(proto::RequestId lease);
  void unsubscribe(proto::RequestId subscription);
  void cancel(proto::RequestId wait);
  void goodbye();
  void send(std::vector<proto::Command> commands);  // in one numbered frame
  void acknowledge();                               // everything that was received, in an unnumbered frame
  proto::ClientFrame frame() const;                 // with the header filled in
  void receive(std::shared_ptr<const proto::ServerFrame> frame);
  std::shared_ptr<const proto::ServerFrame> without_runs(const proto::ServerFrame& frame);

  // The received answers and deliveries, in the order of the frames.
  const proto::Answer& answer(proto::RequestId id) const;
  bool has_answer(proto::RequestId id) const { return answers.contains(id); }
  template <class T>
  const T& answered(proto::RequestId id) const {
    const auto* expected = std::get_if<T>(&answer(id));
    if (expected == nullptr) throw std::runtime_error("another kind of answer to " + std::to_string(id));
    return *expected;
  }
  ErrorCode failed(proto::RequestId id) const { return answered<proto::Failed>(id).failure.code; }
  bool owns(proto::RequestId id) const { return armed.contains(id) && !has_answer(id); }
  std::vector<std::pair<std::string, Value>> take_deliveries(proto::RequestId subscription);
  Value last_value(const std::string& topic) const;

  CoreTest& test;
  std::string name;
  std::string origin;  // for Core::receive()
  proto::SessionToken token{};
  std::uint64_t connection_number = 0;
  PeerId peer{};
  bool acknowledges = true;  // at once
  bool asks = true;          // each frame for a reply at once
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t acknowledged = 0;
  proto::RequestId last_id = 0;
  std::vector<std::shared_ptr<const proto::ServerFrame>> frames;  // without runs
  proto::SlotTable slots;
  std::map<std::uint64_t, std::vector<proto::Delivery>> taken_deliveries;  // by the numbers of their frames
  std::optional<proto::Welcome> welcome;
  std::optional<Failure> fatal;
  std::map<proto::RequestId, proto::Answer> answers;
  std::map<proto::RequestId, Version>
      armed;  // for waits for transitions, and leases: the version from which they count
  std::vector<proto::Delivery> deliveries;
  std::map<proto::RequestId, proto::SnapshotEnd> ends;
  std::uint64_t complete_through = 0;
  std::uint64_t acknowledged_by_broker = 0;
  std::uint64_t settled = 0;
};

class CoreTest : public testing::Test {
 protected:
  friend struct FakeClient;

  static CoreOptions default_options() {
    CoreOptions options;
    options.instance_id = 4711;
    options.epoch_seed = 1;
    return options;
  }
  // The default options with other limits: restart(limited([](Limits& limits) { limits.topics_max = 2; })).
  template <class SetLimits>
  static CoreOptions limited(SetLimits set_limits) {
    CoreOptions options = default_options();
    set_limits(options.limits);
    return options;
  }
  void restart(const CoreOptions& options) {
    core = std::make_unique<Core>(options);
    store = MemoryStore();
  }
  Instant at() const {
    return Instant{now, WallTime{std::chrono::microseconds(now.time_since_epoch().count() / 1000)}};
  }

  // Ends a turn: commits, and delivers frames until no peer has anything to be sent.
  void turn() {
    commit();
    while (auto out = core->take_output(at())) deliver(*out);
  }
  void commit() {
    std::vector<Record> records = core->take_records();
    for (const Record& record : records) {
      for (const State& state : record.transitions) epochs[state->topic()] = state->version().epoch;
    }
    store.append(std::move(records));
    if (const auto news = store.poll()) core->committed(news->sequence, at());
  }
  void deliver(const Outgoing& out) {
    const auto found = by_peer.find(out.peer);
    if (found != by_peer.end()) return found->second->receive(out.frame);
    unknown_peers[out.peer].push_back(out.frame);
  }
  void advance(std::chrono::nanoseconds by) {
    now += by;
    core->advance(at());
    turn();
  }
  // Advances the time as the server does: from deadline to deadline.
  void advance_by_deadlines(std::chrono::nanoseconds by) {
    const TimePoint end = now + by;
    for (;;) {
      const auto next = core->next_deadline();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      core->advance(at());
      turn();
    }
    now = end;
  }
  // A version of the topic's present epoch, whose commits have come through commit().
  Version version(const std::string& topic, std::uint64_t number) const { return {epochs.at(topic), number}; }
  PeerId new_peer() { return PeerId{++peers}; }
  // Takes the kinds of the events since the last call.
  std::vector<Event::Kind> events() {
    std::vector<Event::Kind> kinds;
    for (const Event& event : core->take_events()) kinds.push_back(event.kind);
    return kinds;
  }
  Statistics statistics() const { return core->statistics(); }

  void expect_nothing_left() const {
    const Statistics left = statistics();
    EXPECT_EQ(left.topics, 0u);
    EXPECT_EQ(left.sessions, 0u);
    EXPECT_EQ(left.subscriptions, 0u);
    EXPECT_EQ(left.waits, 0u);
    EXPECT_EQ(left.predicates, 0u);
    EXPECT_EQ(left.leases, 0u);
    EXPECT_EQ(left.kept_frames, 0u);
  }

  TimePoint now{1h};
  std::unique_ptr<Core> core = std::make_unique<Core>(default_options());
  MemoryStore store;
  std::uint64_t peers = 0;
  std::map<std::string, std::uint64_t> epochs;  // by topic
  std::map<PeerId, FakeClient*> by_peer;
  std::map<PeerId, std::vector<std::shared_ptr<const proto::ServerFrame>>> unknown_peers;
};

inline FakeClient::FakeClient(CoreTest& core_test, std::string client_name, std::uint8_t token_byte)
    : test(core_test), name(std::move(client_name)) {
  token.fill(token_byte);
}

inline void FakeClient::connect(std::chrono::milliseconds timeout) {
  say_hello(timeout);
  test.turn();
}

inline void FakeClient::say_hello(std::chrono::milliseconds timeout) {
  peer = test.new_peer();
  test.by_peer[peer] = this;
  ++connection_number;
  acknowledged = received;
  proto::ClientFrame hello = frame();
  hello.hello.emplace();
  hello.hello->token = token;
  hello.hello->client_name = name;
  hello.hello->session_timeout = timeout;
  welcome.reset();
  fatal.reset();
  test.core->receive(peer, hello, test.at(), origin);
}

inline void FakeClient::cut() {
  test.core->disconnected(peer, test.at());
  test.by_peer.erase(peer);
}

inline proto::ClientFrame FakeClient::frame() const {
  proto::ClientFrame made;
  made.connection_number = connection_number;
  made.acknowledged = acknowledges ? received : acknowledged;
  return made;
}

inline void FakeClient::send(std::vector<proto::Command> commands) {
  proto::ClientFrame numbered = frame();
  numbered.number = ++sent;
  numbered.reply_at_once = asks;
  numbered.commands = std::move(commands);
  test.core->receive(peer, numbered, test.at());
}

inline void FakeClient::acknowledge() {
  acknowledged = received;
  test.core->receive(peer, frame(), test.at());
}

// A frame that is sent again has the deliveries that it had.
inline std::shared_ptr<const proto::ServerFrame> FakeClient::without_runs(const proto::ServerFrame& frame) {
  if (frame.welcome && !frame.welcome->resumed) {
    slots.clear();
    taken_deliveries.clear();
  }
  const auto taken = taken_deliveries.find(frame.number);
  auto expanded = std::make_shared<proto::ServerFrame>(frame);
  if (taken != taken_deliveries.end()) {
    expanded->deliveries = taken->second;
    expanded->runs.clear();
    return expanded;
  }
  *expanded = *slots.without_runs(frame);
  if (frame.number != 0) taken_deliveries[frame.number] = expanded->deliveries;
  return expanded;
}

inline void FakeClient::receive(std::shared_ptr<const proto::ServerFrame> frame_in) {
  frame_in = without_runs(*frame_in);
  const proto::ServerFrame& in = *frame_in;
  EXPECT_EQ(in.connection_number, connection_number);
  frames.push_back(frame_in);
  acknowledged_by_broker = in.acknowledged;
  if (in.fatal) fatal = in.fatal;
  if (in.welcome) {
    welcome = in.welcome;
    if (!in.welcome->resumed) sent = received = acknowledged = 0;
  }
  if (in.welcome) settled = 0;
  if (in.settled != 0 && (in.number == 0 || in.number > received)) settled = in.settled;
  if (in.number == 0) {
    EXPECT_TRUE(in.deliveries.empty() && in.snapshot_ends.empty() && in.answers.empty());
    EXPECT_EQ(in.complete_through, 0u);
    return;
  }
  if (in.number <= received) return;  // sent again
  EXPECT_EQ(in.number, received + 1);
  received = in.number;
  std::uint64_t revision = 0;
  for (const auto& delivery : in.deliveries) {
    EXPECT_GE(delivery.transition->revision, revision);  // sorted
    revision = delivery.transition->revision;
    deliveries.push_back(delivery);
  }
  for (const auto& end : in.snapshot_ends) EXPECT_TRUE(ends.emplace(end.subscription, end).second);
  for (const auto& one : in.answers) {
    const auto id = std::visit([](const auto& any) { return any.id; }, one);
    if (const auto* begun = std::get_if<proto::TransitionArmed>(&one)) {
      EXPECT_TRUE(armed.emplace(id, begun->version).second) << "armed twice: " << id;
      EXPECT_FALSE(answers.contains(id)) << "armed after its end: " << id;
      continue;
    }
    if (const auto* owned = std::get_if<proto::Owned>(&one)) {
      EXPECT_TRUE(armed.emplace(id, owned->version).second) << "owned twice: " << id;
      continue;
    }
    EXPECT_TRUE(answers.emplace(id, one).second) << "answered twice: " << id;
  }
  if (in.complete_through != 0) complete_through = in.complete_through;
  if (acknowledges) acknowledge();
}

inline proto::RequestId FakeClient::set(const std::string& topic, Value value, std::optional<Version> if_version) {
  proto::Set command;
  command.id = ++last_id;
  command.topic = topic;
  command.value = std::move(value);
  command.if_version = if_version;
  send({command});
  return last_id;
}

inline proto::RequestId FakeClient::post(const std::string& topic, Value value, std::optional<Version> if_version) {
  send({proto::Set{++last_id, topic, std::move(value), if_version, {}, true}});
  return last_id;
}

inline proto::RequestId FakeClient::commit(std::vector<proto::TopicWrite> writes) {
  send({proto::Commit{++last_id, std::move(writes)}});
  return last_id;
}

inline proto::RequestId FakeClient::get(const std::string& topic) {
  send({proto::Get{++last_id, topic}});
  return last_id;
}

inline proto::RequestId FakeClient::list(const std::string& pattern, std::uint64_t cursor) {
  send({proto::List{++last_id, pattern, cursor}});
  return last_id;
}

inline proto::RequestId FakeClient::subscribe(std::vector<std::string> topics, std::optional<proto::ResumePoint> resume,
                                              proto::Mode mode) {
  send({proto::Subscribe{++last_id, std::move(topics), resume, mode}});
  return last_id;
}

inline proto::RequestId FakeClient::subscribe(proto::Subscribe command) {
  command.id = ++last_id;
  send({std::move(command)});
  return last_id;
}

inline proto::RequestId FakeClient::list_readers(std::uint64_t cursor) {
  send({proto::ListReaders{++last_id, cursor}});
  return last_id;
}

inline void FakeClient::renew(proto::RequestId subscription, std::uint64_t taken) {
  send({proto::Renew{++last_id, subscription, taken}});
}

inline proto::RequestId FakeClient::wait(const std::string& topic, const std::string& predicate,
                                         std::chrono::nanoseconds hold, std::chrono::nanoseconds expires_after) {
  proto::Wait command;
  command.id = ++last_id;
  command.topic = topic;
  if (!predicate.empty()) command.predicate = *Predicate::parse(predicate);
  command.hold = hold;
  command.expires_after = expires_after;
  send({command});
  return last_id;
}

inline proto::RequestId FakeClient::wait_transition(const std::string& topic, const std::string& predicate,
                                                    std::optional<Version> after,
                                                    std::chrono::nanoseconds expires_after) {
  proto::WaitTransition command;
  command.id = ++last_id;
  command.topic = topic;
  if (!predicate.empty()) command.predicate = *Predicate::parse(predicate);
  command.after = after;
  command.expires_after = expires_after;
  send({command});
  return last_id;
}

inline proto::RequestId FakeClient::declare(const std::string& topic, std::optional<std::chrono::nanoseconds> deadline,
                                            std::optional<std::uint64_t> history) {
  send({proto::Declare{++last_id, topic, ValueType::null, "", deadline, history}});
  return last_id;
}

inline proto::RequestId FakeClient::declare_type(const std::string& topic, ValueType type,
                                                 const std::string& message_type) {
  send({proto::Declare{++last_id, topic, type, message_type, {}, {}}});
  return last_id;
}

inline proto::RequestId FakeClient::undeclare(const std::string& topic) {
  send({proto::Undeclare{++last_id, topic}});
  return last_id;
}

inline proto::RequestId FakeClient::own(const std::string& topic, Value last_will, bool take_over,
                                        std::chrono::nanoseconds lasting) {
  send({proto::Own{++last_id, topic, std::move(last_will), take_over, lasting}});
  return last_id;
}

inline void FakeClient::release(proto::RequestId lease) { send({proto::Release{++last_id, lease}}); }

inline void FakeClient::unsubscribe(proto::RequestId subscription) {
  send({proto::Unsubscribe{++last_id, subscription}});
}
inline void FakeClient::cancel(proto::RequestId wait) { send({proto::CancelWait{++last_id, wait}}); }
inline void FakeClient::goodbye() { send({proto::Goodbye{}}); }

inline const proto::Answer& FakeClient::answer(proto::RequestId id) const {
  const auto found = answers.find(id);
  if (found == answers.end()) throw std::runtime_error("no answer to " + std::to_string(id));
  return found->second;
}

inline std::vector<std::pair<std::string, Value>> FakeClient::take_deliveries(proto::RequestId subscription) {
  std::vector<std::pair<std::string, Value>> taken;
  std::vector<proto::Delivery> others;
  for (auto& delivery : std::exchange(deliveries, {})) {
    if (delivery.subscription == subscription) {
      taken.emplace_back(delivery.transition->topic, delivery.transition->value);
    } else {
      others.push_back(std::move(delivery));
    }
  }
  deliveries = std::move(others);
  return taken;
}

inline Value FakeClient::last_value(const std::string& topic) const {
  Value value;
  for (const auto& delivery : deliveries) {
    if (delivery.transition->topic == topic) value = delivery.transition->value;
  }
  return value;
}

// A robot that writes and a screen that reads, at a broker that can be restarted with other limits.
class RobotAndScreenTest : public CoreTest {
 protected:
  RobotAndScreenTest() { start(default_options()); }
  void start(const CoreOptions& options) {
    restart(options);
    robot.emplace(*this, "robot", std::uint8_t{1});
    screen.emplace(*this, "screen", std::uint8_t{2});
    robot->connect();
    screen->connect();
  }
  void set(const std::string& topic, Value value) {
    robot->set(topic, std::move(value));
    turn();
  }
  void set_all(const std::string& topic, const std::vector<int>& values) {
    for (const int value : values) set(topic, value);
  }

  std::optional<FakeClient> robot;
  std::optional<FakeClient> screen;
};

}  // namespace hoiku::broker
