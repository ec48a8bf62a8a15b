// link_contract.hpp: shared by the suites that every link has to pass: the link under test, and helpers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "hoiku/async/sleep.hpp"
#include "link_world.hpp"
#include "wire.hpp"

namespace hoiku::wire_tests {

using link::Link;
using link::LinkClosed;
using link::SendResult;
using link::ServerLink;
using Input = ServerLink::Input;

// More frames than any queue of any link holds, so that a link that does not slow the sender down fails.
inline constexpr int more_than_fits = 2000;
inline const std::string large_frame(100'000, 'x');

class LinkContract : public testing::TestWithParam<std::string> {
 protected:
  void run(const std::function<Task<>()>& body) { world_->run(body); }
  std::unique_ptr<ServerLink> listen(std::size_t frame_bytes_max = Limits{}.frame_bytes_max) {
    return world_->listen(frame_bytes_max);
  }
  Task<std::unique_ptr<Link>> connect() { return world_->connect(); }

  std::unique_ptr<LinkWorld> world_ = make_link_world(GetParam());
};

inline Task<> send_patiently(ServerLink& server, std::uint64_t peer, std::string frame) {
  while (server.try_send(peer, frame) == SendResult::full) co_await sleep(1ms);
}

// Sends back each frame, until it is cancelled.
inline Task<> echo(ServerLink& server) {
  for (;;) {
    const Input input = co_await server.receive();
    if (input.frame) co_await send_patiently(server, input.peer, *input.frame);
  }
}

inline Task<std::uint64_t> greet(ServerLink& server, Link& client) {
  co_await client.send("hello");
  Input input = co_await server.receive();
  while (input.frame != "hello") input = co_await server.receive();
  co_return input.peer;
}

// Returns the code with which it fails, or nothing.
inline Task<std::optional<ErrorCode>> error_of(Task<> operation) {
  std::optional<ErrorCode> code;
  try {
    co_await std::move(operation);
  } catch (const LinkClosed& closed) {
    code = closed.code();
  }
  co_return code;
}

inline Task<> receive_one(Link& link) { co_await link.receive(); }

inline Task<> expect_closed(Link& link) {
  const auto code = co_await error_of(receive_one(link));
  EXPECT_EQ(code, ErrorCode::unavailable);
}

// Sends until `client` waits for room; returns how many frames the link took.
inline Task<int> send_until_full(Link& client) {
  int sent = 0;
  auto no_progress = [&]() -> Task<> {
    // The queues count as full when no frame was taken for many turns.
    for (int idle = 0, before = 0; idle < 50; ++idle) {
      co_await sleep(1ms);
      if (before != sent) idle = 0;
      before = sent;
    }
  };
  auto send = [&]() -> Task<> {
    for (;; ++sent) co_await client.send(large_frame);
  };
  co_await move_on_when(no_progress, send);
  co_return sent;
}

}  // namespace hoiku::wire_tests
