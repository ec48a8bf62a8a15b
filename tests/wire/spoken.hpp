// spoken.hpp: a client that sends and receives single frames, for tests of a broker's answers.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "hoiku/link/link.hpp"
#include "hoiku/proto/codec.hpp"

namespace hoiku::wire_tests {

class SpokenClient {
 public:
  // Every digit of the token is `token`, so that tests can tell their sessions apart.
  SpokenClient(std::string endpoint, std::uint8_t token) : connector_(link::make_connector(endpoint)) {
    hello_.token.fill(token);
    hello_.client_name = "client-" + std::to_string(token);
  }

  proto::Hello& hello() { return hello_; }
  link::Link& link() { return *link_; }
  void hang_up() { link_.reset(); }

  // Makes a new connection and sends a hello; returns the answer.
  Task<proto::ServerFrame> greet() {
    link_.reset();
    link_ = co_await connector_->connect();
    proto::ClientFrame frame;
    frame.connection_number = ++connection_number_;
    frame.acknowledged = acknowledged_;
    frame.hello = hello_;
    co_await link_->send(proto::encode(frame));
    proto::ServerFrame answer = co_await receive();
    co_return answer;
  }

  Task<> say(proto::Command command) {
    proto::ClientFrame frame;
    frame.connection_number = connection_number_;
    frame.number = ++number_;
    frame.acknowledged = acknowledged_;
    frame.commands.push_back(std::move(command));
    co_await link_->send(proto::encode(frame));
  }

  Task<proto::ServerFrame> receive() {
    const std::string bytes = co_await link_->receive();
    Result<proto::ServerFrame> frame = proto::decode_server_frame(bytes);
    if (!frame) throw Error(frame.failure());
    if (frame->number != 0) acknowledged_ = frame->number;
    co_return std::move(*frame);
  }

  // Returns the next frame that is more than an acknowledgement.
  Task<proto::ServerFrame> receive_more() {
    for (;;) {
      proto::ServerFrame frame = co_await receive();
      if (frame.welcome || frame.fatal || !frame.deliveries.empty() || !frame.snapshot_ends.empty() ||
          !frame.answers.empty())
        co_return std::move(frame);
    }
  }

 private:
  std::unique_ptr<link::Connector> connector_;
  std::unique_ptr<link::Link> link_;
  proto::Hello hello_;
  std::uint64_t connection_number_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t acknowledged_ = 0;
};

inline proto::Set set_command(std::uint64_t id, std::string topic, Value value) {
  proto::Set command;
  command.id = id;
  command.topic = std::move(topic);
  command.value = std::move(value);
  return command;
}

inline proto::Subscribe subscribe_command(std::uint64_t id, std::string pattern) {
  proto::Subscribe command;
  command.id = id;
  command.topics.push_back(std::move(pattern));
  return command;
}

}  // namespace hoiku::wire_tests
