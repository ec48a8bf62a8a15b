// The promises of link.hpp, tested on every link: the simulated one has to be as good as the real ones, and no better.
// This file tests what a link carries, and full queues; link_endings_test.cpp tests endings. What only one link does is
// tested in link_test.cpp, inproc_test.cpp and tests/sim/network_test.cpp.
#include "link_contract.hpp"
#include "hoiku/async/event.hpp"

namespace hoiku::wire_tests {
namespace {

INSTANTIATE_TEST_SUITE_P(Links, LinkContract, testing::ValuesIn(link_worlds()),
                         [](const auto& world) { return world.param; });

// ---- Frames

TEST_P(LinkContract, AFrameGoesThereAndBack) {
  run([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    co_await client->send("sit");
    const Input input = co_await server->receive();
    EXPECT_EQ(input.frame, "sit");
    EXPECT_EQ(server->try_send(input.peer, "no"), SendResult::sent);
    const std::string answer = co_await client->receive();
    EXPECT_EQ(answer, "no");
  });
}

TEST_P(LinkContract, BytesOfAnyKindAndLengthPassWhole) {
  run([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(echo, std::ref(*server));
      for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{256},
                                       std::size_t{70'000}, Limits{}.frame_bytes_max}) {
        std::string frame(length, '\0');
        for (std::size_t i = 0; i < length; ++i) frame[i] = static_cast<char>(i * 31);
        co_await client->send(frame);
        const std::string answer = co_await client->receive();
        EXPECT_TRUE(answer == frame) << length << " bytes";
      }
      nursery.cancel_scope().cancel();
    });
  });
}

// The descriptor of a ZeroMQ socket is an edge that each call may consume: a single lost edge hangs this test.
TEST_P(LinkContract, TenThousandRoundTripsLoseNoWakeUp) {
  run([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(echo, std::ref(*server));
      for (int i = 0; i < 10'000; ++i) {
        co_await client->send(std::to_string(i));
        const std::string answer = co_await client->receive();
        if (answer != std::to_string(i)) ADD_FAILURE() << answer << " instead of " << i;
      }
      nursery.cancel_scope().cancel();
    });
  });
}

TEST_P(LinkContract, BurstsFromBothSidesAtOnceArriveOnceAndInOrder) {
  constexpr int count = 10'000;
  run([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    const std::uint64_t peer = co_await greet(*server, *client);
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        for (int i = 0; i < count; ++i) co_await client->send(std::to_string(i));
      });
      nursery.start_soon([&]() -> Task<> {
        for (int i = 0; i < count; ++i) {
          const std::string frame = co_await client->receive();
          if (frame != std::to_string(i)) ADD_FAILURE() << frame << " instead of " << i;
        }
      });
      nursery.start_soon([&]() -> Task<> {
        for (int i = 0; i < count; ++i) {
          co_await send_patiently(*server, peer, std::to_string(i));
          if (i % 50 == 0) co_await checkpoint();
        }
      });
      nursery.start_soon([&]() -> Task<> {
        for (int i = 0; i < count; ++i) {
          const Input input = co_await server->receive();
          if (input.frame != std::to_string(i)) ADD_FAILURE() << *input.frame << " instead of " << i;
        }
      });
      co_return;
    });
    // At most once: no frame comes after the last.
    EXPECT_FALSE(server->try_receive().has_value());
    EXPECT_FALSE(client->try_receive().has_value());
  });
}

TEST_P(LinkContract, EachOfManyPeersKeepsItsOwnOrderAndHearsItsOwnAnswers) {
  constexpr int peers = 20;
  constexpr int frames = 50;
  run([&]() -> Task<> {
    const auto server = listen();
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(echo, std::ref(*server));
      co_await open_nursery([&](Nursery& clients) -> Task<> {
        for (int who = 0; who < peers; ++who) {
          clients.start_soon([this, who]() -> Task<> {
            const auto client = co_await connect();
            const std::string name = std::to_string(who) + "/";
            for (int i = 0; i < frames; ++i) co_await client->send(name + std::to_string(i));
            for (int i = 0; i < frames; ++i) {
              const std::string answer = co_await client->receive();
              EXPECT_EQ(answer, name + std::to_string(i));
            }
          });
        }
        co_return;
      });
      nursery.cancel_scope().cancel();
    });
  });
}

TEST_P(LinkContract, AFrameOverTheLimitDropsOnlyItsSender) {
  run([&]() -> Task<> {
    const auto server = listen(1000);
    const auto good = co_await connect();
    const auto bad = co_await connect();
    const std::uint64_t peer = co_await greet(*server, *good);
    co_await bad->send(std::string(1001, 'x'));
    co_await expect_closed(*bad);
    co_await good->send(std::string(1000, 'x'));
    const Input input = co_await server->receive();
    EXPECT_EQ(input.peer, peer);
    EXPECT_EQ(input.frame->size(), 1000U);
  });
}

// ---- Full queues

TEST_P(LinkContract, APeerThatDoesNotReadFillsOnlyItsOwnQueue) {
  run([&]() -> Task<> {
    const auto server = listen();
    const auto slow = co_await connect();
    const auto quick = co_await connect();
    const std::uint64_t slow_peer = co_await greet(*server, *slow);
    const std::uint64_t quick_peer = co_await greet(*server, *quick);
    int sent = 0;
    // "full" is true for that moment only: the carrier of the frames may make room a moment later.
    while (sent < more_than_fits && server->try_send(slow_peer, large_frame) == SendResult::sent) ++sent;
    EXPECT_LT(sent, more_than_fits);
    // A frame that finds no room is not even made, unless there is room by now.
    int made = 0;
    const SendResult offered = server->offer(slow_peer, [&] { return ++made, large_frame; });
    EXPECT_EQ(made, offered == SendResult::sent ? 1 : 0);
    sent += made;
    EXPECT_EQ(server->try_send(quick_peer, "still here"), SendResult::sent);
    const std::string words = co_await quick->receive();
    EXPECT_EQ(words, "still here");
    // Every frame that the link took arrives, no other does, and then there is room again.
    for (int i = 0; i < sent; ++i) {
      const std::string frame = co_await slow->receive();
      EXPECT_EQ(frame.size(), large_frame.size());
    }
    co_await send_patiently(*server, slow_peer, "the next");
    const std::string next = co_await slow->receive();
    EXPECT_EQ(next, "the next");
  });
}

TEST_P(LinkContract, ASendWaitsWhileNobodyReadsAndOneThatIsCancelledHasSentNothing) {
  run([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    const int sent = co_await send_until_full(*client);
    EXPECT_GT(sent, 0);
    EXPECT_LT(sent, more_than_fits);
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> { co_await client->send("the next"); });
      for (int i = 0; i < sent; ++i) {
        const Input input = co_await server->receive();
        EXPECT_EQ(input.frame->size(), large_frame.size());
      }
      const Input input = co_await server->receive();
      EXPECT_EQ(input.frame, "the next");
    });
  });
}

TEST_P(LinkContract, ACancelledReceiveHasTakenNothing) {
  run([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    const std::uint64_t peer = co_await greet(*server, *client);
    for (int i = 0; i < 200; ++i) {
      CancelScope scope;
      std::string received;
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon(
            [&]() -> Task<> { co_await scope.run([&]() -> Task<> { received = co_await client->receive(); }); });
        co_await checkpoint();
        EXPECT_EQ(server->try_send(peer, std::to_string(i)), SendResult::sent);
        // In some rounds before the frame arrives, in others after.
        for (int turn = 0; turn < i % 20; ++turn) co_await checkpoint();
        scope.cancel();
      });
      if (received.empty()) received = co_await client->receive();
      EXPECT_EQ(received, std::to_string(i));
    }
  });
}

}  // namespace
}  // namespace hoiku::wire_tests
