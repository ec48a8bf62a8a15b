// session_fixture.hpp: a Session, with the test in the place of the broker.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/src/session/session.hpp"
#include "tests/proto/named_writes.hpp"

namespace hoiku::client {

class SessionTest : public testing::Test {
 protected:
  using ClientFramePtr = std::shared_ptr<const proto::ClientFrame>;

  static SessionOptions options() {
    SessionOptions made;
    made.client_name = "test";
    made.session_timeout = std::chrono::milliseconds(3000);
    made.limits.requests_in_flight_max = 8;
    return made;
  }

  proto::ServerFrame frame() {
    proto::ServerFrame made;
    made.connection_number = connection_number;
    made.number = ++number;
    made.acknowledged = client_frames;
    return made;
  }
  proto::ServerFrame acknowledgement() {
    proto::ServerFrame made;
    made.connection_number = connection_number;
    made.acknowledged = client_frames;
    return made;
  }

  // Connects, and takes the Hello.
  ClientFramePtr hello() {
    session.connected(now);
    ClientFramePtr sent = session.take_frame(now);
    connection_number = sent->connection_number;
    return sent;
  }
  Received welcome_new(std::uint64_t run = 1, std::chrono::milliseconds session_timeout = std::chrono::seconds(3)) {
    number = client_frames = 0;
    proto::ServerFrame made = acknowledgement();
    made.welcome.emplace();
    made.welcome->instance_id = run;
    made.welcome->first_connection = since = connection_number;
    made.welcome->session_timeout = session_timeout;
    return give(made);
  }
  Received welcome_back(std::uint64_t run = 1) {
    proto::ServerFrame made = acknowledgement();
    made.welcome.emplace();
    made.welcome->resumed = true;
    made.welcome->instance_id = run;
    made.welcome->first_connection = since;
    made.welcome->session_timeout = std::chrono::milliseconds(3000);
    return give(made);
  }
  Received connect(std::uint64_t run = 1) {
    hello();
    return welcome_new(run);
  }
  void cut() { session.disconnected(); }

  Result<proto::RequestId> set(std::string topic, Value value) {
    proto::Set command;
    command.topic = std::move(topic);
    command.value = std::move(value);
    return session.submit(std::move(command));
  }
  proto::RequestId get(std::string topic) {
    proto::Get command;
    command.topic = std::move(topic);
    return *session.submit(std::move(command));
  }
  proto::RequestId list(std::string pattern, std::uint64_t cursor) {
    proto::List command;
    command.pattern = std::move(pattern);
    command.cursor = cursor;
    return *session.submit(std::move(command));
  }
  Result<proto::RequestId> wait(std::string topic, std::optional<Predicate> predicate, Duration hold,
                                TimePoint until = never) {
    proto::Wait command;
    command.topic = std::move(topic);
    command.predicate = std::move(predicate);
    command.hold = hold;
    return session.submit(std::move(command), until);
  }
  Result<proto::RequestId> wait_transition(std::string topic, TimePoint until) {
    proto::WaitTransition command;
    command.topic = std::move(topic);
    return session.submit(std::move(command), until);
  }
  proto::RequestId subscribe(std::vector<std::string> topics) {
    proto::Subscribe command;
    command.topics = std::move(topics);
    return *session.submit(std::move(command));
  }

  Received give(const proto::ServerFrame& made, std::size_t frame_bytes = 100) {
    Result<Received> result = session.receive(made, frame_bytes, now);
    EXPECT_TRUE(result) << (result ? "" : result.failure().message);
    return result ? std::move(*result) : Received{};
  }
  // Takes the next frame, as a broker that processes it. Its writes have names.
  ClientFramePtr take() {
    ClientFramePtr sent = session.take_frame(now);
    if (!sent) return sent;
    if (sent->number != 0) client_frames = sent->number;
    auto named = std::make_shared<proto::ClientFrame>(*sent);
    named->commands = writes.named(sent->commands);
    return named;
  }
  std::vector<proto::Command> take_commands() {
    ClientFramePtr sent = take();
    return sent ? sent->commands : std::vector<proto::Command>{};
  }

  proto::ServerFrame list_done(proto::RequestId id) {
    proto::ServerFrame made = frame();
    made.answers.push_back(proto::ListDone{id, {}, 7});
    return made;
  }
  proto::ServerFrame set_done(proto::RequestId id, std::uint64_t version) {
    proto::ServerFrame made = frame();
    proto::SetDone done;
    done.id = id;
    done.version = Version{5, version};
    made.answers.emplace_back(done);
    return made;
  }
  static proto::Delivery delivery(proto::RequestId subscription, const std::string& topic, std::uint64_t version,
                                  Value value, std::uint64_t epoch = 5) {
    auto transition = std::make_shared<Transition>();
    transition->topic = topic;
    transition->version = Version{epoch, version};
    transition->value = std::move(value);
    proto::Delivery made;
    made.subscription = subscription;
    made.transition = std::move(transition);
    return made;
  }

  TimePoint now{std::chrono::hours(1)};
  std::uint64_t connection_number = 0;
  std::uint64_t since = 0;
  std::uint64_t number = 0;         // of the last frame that the broker sent
  std::uint64_t client_frames = 0;  // the last one that the broker has processed
  proto::NamedWrites writes;
  Session session{options()};
};

}  // namespace hoiku::client
