// The promises of link.hpp about endings, tested on every link: one end closes, or never existed.
#include <set>

#include "hoiku/async/event.hpp"
#include "link_contract.hpp"

namespace hoiku::wire_tests {
namespace {

class LinkEndings : public LinkContract {};

INSTANTIATE_TEST_SUITE_P(Links, LinkEndings, testing::ValuesIn(link_worlds()),
                         [](const auto& world) { return world.param; });

// ---- The broker ends

TEST_P(LinkEndings, AClientReceivesTheLastFramesAndThenTheEndOfTheServer) {
  run([&]() -> Task<> {
    auto server = listen();
    const auto client = co_await connect();
    const std::uint64_t peer = co_await greet(*server, *client);
    server->try_send(peer, "and");
    server->try_send(peer, "goodbye");
    server.reset();
    const std::string first = co_await client->receive();
    const std::string last = co_await client->receive();
    EXPECT_EQ(first + " " + last, "and goodbye");
    co_await expect_closed(*client);
    // Every later call fails the same way.
    co_await expect_closed(*client);
    EXPECT_THROW(client->try_receive(), LinkClosed);
    const auto refused = co_await error_of(client->send("too late"));
    EXPECT_EQ(refused, ErrorCode::unavailable);
  });
}

TEST_P(LinkEndings, AWaitingReceiveEndsWithTheServer) {
  run([&]() -> Task<> {
    auto server = listen();
    const auto client = co_await connect();
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(expect_closed, std::ref(*client));
      co_await checkpoint();
      server.reset();
    });
  });
}

TEST_P(LinkEndings, AWaitingSendEndsWithTheServer) {
  run([&]() -> Task<> {
    auto server = listen();
    const auto client = co_await connect();
    co_await send_until_full(*client);
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        // Another frame may find room, as the queues of the operating system drain.
        for (;;) {
          const auto refused = co_await error_of(client->send(large_frame));
          if (refused) break;
        }
      });
      co_await checkpoint();
      server.reset();
    });
  });
}

TEST_P(LinkEndings, ConnectingFailsIfNoServerListens) {
  run([&]() -> Task<> {
    listen().reset();
    bool refused = false;
    try {
      co_await connect();
    } catch (const LinkClosed& closed) {
      refused = true;
      EXPECT_EQ(closed.code(), ErrorCode::unavailable);
    }
    EXPECT_TRUE(refused);
  });
}

TEST_P(LinkEndings, ARestartedServerIsReachedAtTheSameAddressAndKnowsNoPeer) {
  run([&]() -> Task<> {
    std::unique_ptr<Link> before;
    for (int i = 0; i < 5; ++i) {
      std::unique_ptr<ServerLink> server;
      // While the previous broker sends its last frames, its address may be in use.
      co_await eventually([&] {
        try {
          server = listen();
        } catch (const Error&) {
        }
        return server != nullptr;
      });
      const auto client = co_await connect();
      co_await greet(*server, *client);
      EXPECT_FALSE(server->try_receive().has_value());
      if (before) co_await expect_closed(*before);
      before = co_await connect();
    }
  });
}

// ---- A client ends

TEST_P(LinkEndings, AServerReceivesTheLastFrameOfAClientAndThenItsEnd) {
  run([&]() -> Task<> {
    const auto server = listen();
    auto client = co_await connect();
    const std::uint64_t peer = co_await greet(*server, *client);
    co_await client->send("bye");
    const Input bye = co_await server->receive();
    EXPECT_EQ(bye.frame, "bye");
    client.reset();
    const Input gone = co_await server->receive();
    EXPECT_EQ(gone.peer, peer);
    EXPECT_EQ(gone.frame, std::nullopt);
    EXPECT_EQ(server->try_send(peer, "anybody?"), SendResult::closed);
  });
}

TEST_P(LinkEndings, AClientThatEndsAbruptlyMayLoseItsLastFrames) {
  run([&]() -> Task<> {
    const auto server = listen();
    auto client = co_await connect();
    const std::uint64_t peer = co_await greet(*server, *client);
    for (int i = 0; i < 20; ++i) co_await client->send(std::to_string(i));
    client.reset();
    for (int expected = 0;; ++expected) {
      const Input input = co_await server->receive();
      EXPECT_EQ(input.peer, peer);
      if (!input.frame) break;
      EXPECT_EQ(input.frame, std::to_string(expected));
    }
    EXPECT_FALSE(server->try_receive().has_value());
  });
}

TEST_P(LinkEndings, AClientThatSendsNothingIsNotAPeer) {
  run([&]() -> Task<> {
    const auto server = listen();
    auto silent = co_await connect();
    silent.reset();
    const auto client = co_await connect();
    co_await client->send("hello");
    const Input first = co_await server->receive();
    EXPECT_EQ(first.frame, "hello");
    EXPECT_EQ(server->try_send(first.peer + 1, "anybody?"), SendResult::closed);
  });
}

TEST_P(LinkEndings, EveryConnectionIsANewPeerWhoseEndIsReported) {
  run([&]() -> Task<> {
    const auto server = listen();
    std::set<std::uint64_t> peers;
    for (int i = 0; i < 100; ++i) {
      auto client = co_await connect();
      const std::uint64_t peer = co_await greet(*server, *client);
      EXPECT_TRUE(peers.insert(peer).second);
      client.reset();
      const Input gone = co_await server->receive();
      EXPECT_EQ(gone.peer, peer);
      EXPECT_FALSE(gone.frame);
    }
  });
}

TEST_P(LinkEndings, EachClientThatLeftUnnoticedIsReportedOnce) {
  constexpr int count = 300;
  run([&]() -> Task<> {
    const auto server = listen();
    std::set<std::uint64_t> here;
    std::set<std::uint64_t> gone;
    const auto take = [&](const Input& input) {
      if (input.frame) {
        EXPECT_TRUE(here.insert(input.peer).second);
      } else {
        EXPECT_EQ(here.erase(input.peer), 1U);
        EXPECT_TRUE(gone.insert(input.peer).second);
      }
    };
    for (int i = 0; i < count; ++i) {
      const auto client = co_await connect();
      co_await client->send("hello");
      if (i % 3 != 0) continue;
      const std::optional<Input> input = server->try_receive();
      if (input) take(*input);
    }
    const auto client = co_await connect();
    co_await client->send("the last");
    Input input;
    while (input.frame != "the last") {
      input = co_await server->receive();
      take(input);
    }
    const std::uint64_t last = input.peer;
    while (here.size() > 1) {
      // The end of some peers shows only in the first send.
      for (const std::uint64_t peer : here) {
        if (peer != last) server->try_send(peer, "anybody?");
      }
      const std::optional<Input> next = server->try_receive();
      if (next) take(*next);
      if (!next) co_await sleep(1ms);
    }
    for (const std::uint64_t peer : gone) EXPECT_EQ(server->try_send(peer, "anybody?"), SendResult::closed);
    EXPECT_EQ(server->try_send(last, "you are here"), SendResult::sent);
    EXPECT_FALSE(server->try_receive().has_value());
  });
}

TEST_P(LinkEndings, AClientThatReconnectsIsANewPeerAndTheOldOneGetsNothing) {
  run([&]() -> Task<> {
    const auto server = listen();
    auto client = co_await connect();
    const std::uint64_t before = co_await greet(*server, *client);
    client.reset();
    client = co_await connect();
    const std::uint64_t after = co_await greet(*server, *client);
    EXPECT_NE(before, after);
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        const std::string frame = co_await client->receive();
        EXPECT_EQ(frame, "for the new one");
      });
      while (server->try_send(before, "for the old one") != SendResult::closed) {
        server->try_receive();
        co_await sleep(1ms);
      }
      EXPECT_EQ(server->try_send(after, "for the new one"), SendResult::sent);
    });
  });
}

}  // namespace
}  // namespace hoiku::wire_tests
