// The link on real sockets: what link.hpp promises, over tcp and over ipc.
#include "hoiku/proto/link.hpp"

#include <gmock/gmock.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <set>

#include "hoiku/async/event.hpp"
#include "hoiku/async/sleep.hpp"
#include "wire.hpp"

namespace hoiku::proto {
namespace {

using namespace std::chrono_literals;
using Input = ServerLink::Input;
using wire::failure_of_connecting;
using wire::Folder;
using wire::run_within_patience;

// Sends back each frame, until it is cancelled.
Task<> echo(ServerLink& server) {
  for (;;) {
    const Input input = co_await server.receive();
    if (!input.frame) continue;
    SendResult result = server.try_send(input.peer, *input.frame);
    while (result == SendResult::full) {
      co_await checkpoint();
      result = server.try_send(input.peer, *input.frame);
    }
  }
}

Task<> expect_closed(Link& link) {
  bool closed = false;
  try {
    co_await link.receive();
  } catch (const LinkClosed& error) {
    closed = true;
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
  }
  EXPECT_TRUE(closed);
}

std::string failure_of_listening(const std::string& endpoint) {
  try {
    make_zmq_server_link({endpoint});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    return error.what();
  }
  return "";
}

class WireLink : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<ServerLink> listen(std::size_t frame_bytes_max = Limits{}.frame_bytes_max) {
    auto server = make_zmq_server_link({wire::listen_endpoint(GetParam(), folder_)}, frame_bytes_max);
    endpoint_ = server->endpoints().at(0);
    return server;
  }
  Task<std::unique_ptr<Link>> connect() {
    const auto connector = make_zmq_connector(endpoint_);
    co_return co_await connector->connect();
  }

  Folder folder_;
  std::string endpoint_;
};

INSTANTIATE_TEST_SUITE_P(Transports, WireLink, testing::Values("ipc", "tcp"),
                         [](const auto& transport) { return std::string(transport.param); });

TEST_P(WireLink, AFrameGoesThereAndBack) {
  run_within_patience([&]() -> Task<> {
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

TEST_P(WireLink, BytesOfAnyKindAndLengthPassWhole) {
  run_within_patience([&]() -> Task<> {
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

// The descriptor of a ZeroMQ socket is an edge that each call may take away: a single lost one hangs this.
TEST_P(WireLink, TenThousandRoundTripsLoseNoWakeUp) {
  run_within_patience([&]() -> Task<> {
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

TEST_P(WireLink, BurstsFromBothSidesAtOnceArriveInOrder) {
  constexpr int count = 10'000;
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    co_await client->send("hello");
    const Input hello = co_await server->receive();
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
          while (server->try_send(hello.peer, std::to_string(i)) == SendResult::full) co_await checkpoint();
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
  });
}

TEST_P(WireLink, ACancelledReceiveHasTakenNothing) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    co_await client->send("hello");
    const Input hello = co_await server->receive();
    for (int i = 0; i < 200; ++i) {
      CancelScope scope;
      std::string received;
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon(
            [&]() -> Task<> { co_await scope.run([&]() -> Task<> { received = co_await client->receive(); }); });
        co_await checkpoint();
        EXPECT_EQ(server->try_send(hello.peer, std::to_string(i)), SendResult::sent);
        // Sometimes before the frame has come, sometimes after.
        for (int turn = 0; turn < i % 20; ++turn) co_await checkpoint();
        scope.cancel();
      });
      if (received.empty()) received = co_await client->receive();
      EXPECT_EQ(received, std::to_string(i));
    }
  });
}

TEST_P(WireLink, AClientHearsThatTheServerIsGone) {
  run_within_patience([&]() -> Task<> {
    auto server = listen();
    const auto client = co_await connect();
    co_await client->send("hello");
    const Input hello = co_await server->receive();
    server->try_send(hello.peer, "last words");
    server.reset();
    const std::string words = co_await client->receive();
    EXPECT_EQ(words, "last words");
    co_await expect_closed(*client);
    EXPECT_THROW(client->try_receive(), LinkClosed);
    bool refused = false;
    try {
      co_await client->send("too late");
    } catch (const LinkClosed&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST_P(WireLink, AReceiveThatIsWaitingHearsThatTheServerIsGone) {
  run_within_patience([&]() -> Task<> {
    auto server = listen();
    const auto client = co_await connect();
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(expect_closed, std::ref(*client));
      co_await checkpoint();
      server.reset();
    });
  });
}

TEST_P(WireLink, AServerHearsThatAClientIsGoneAfterItsLastFrame) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    auto client = co_await connect();
    co_await client->send("hello");
    co_await client->send("bye");
    const Input hello = co_await server->receive();
    const Input bye = co_await server->receive();
    EXPECT_EQ(bye.frame, "bye");
    client.reset();
    const Input gone = co_await server->receive();
    EXPECT_EQ(gone.peer, hello.peer);
    EXPECT_EQ(gone.frame, std::nullopt);
    EXPECT_EQ(server->try_send(hello.peer, "anybody?"), SendResult::gone);
  });
}

TEST_P(WireLink, EveryConnectionIsANewPeerAndEachIsToldWhenGone) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    std::set<std::uint64_t> peers;
    for (int i = 0; i < 100; ++i) {
      auto client = co_await connect();
      co_await client->send("hello");
      const Input hello = co_await server->receive();
      EXPECT_EQ(hello.frame, "hello");
      EXPECT_TRUE(peers.insert(hello.peer).second);
      client.reset();
      const Input gone = co_await server->receive();
      EXPECT_EQ(gone.peer, hello.peer);
      EXPECT_FALSE(gone.frame);
    }
  });
}

TEST_P(WireLink, ClientsThatLeftWhileNobodyLookedAreToldOnceEach) {
  constexpr int count = 300;
  run_within_patience([&]() -> Task<> {
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
      // The end of some is known by the first send only.
      for (const std::uint64_t peer : here) {
        if (peer != last) server->try_send(peer, "anybody?");
      }
      const std::optional<Input> next = server->try_receive();
      if (next) take(*next);
      if (!next) co_await checkpoint();
    }
    for (const std::uint64_t peer : gone) EXPECT_EQ(server->try_send(peer, "anybody?"), SendResult::gone);
    EXPECT_EQ(server->try_send(last, "you are here"), SendResult::sent);
    EXPECT_FALSE(server->try_receive().has_value());
  });
}

TEST_P(WireLink, AFrameOverTheLimitCutsOffOnlyWhoSentIt) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen(1000);
    const auto good = co_await connect();
    const auto bad = co_await connect();
    co_await good->send("hello");
    const Input hello = co_await server->receive();
    co_await bad->send(std::string(1001, 'x'));
    co_await expect_closed(*bad);
    co_await good->send(std::string(1000, 'x'));
    const Input input = co_await server->receive();
    EXPECT_EQ(input.peer, hello.peer);
    EXPECT_EQ(input.frame->size(), 1000U);
  });
}

TEST_P(WireLink, APeerThatDoesNotReadFillsOnlyItsOwnQueue) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    const auto slow = co_await connect();
    const auto quick = co_await connect();
    co_await slow->send("slow");
    const Input slow_hello = co_await server->receive();
    co_await quick->send("quick");
    const Input quick_hello = co_await server->receive();
    const std::string frame(100'000, 'x');
    int sent = 0;
    while (server->try_send(slow_hello.peer, frame) == SendResult::sent) ++sent;
    EXPECT_LT(sent, 2000);
    EXPECT_EQ(server->try_send(slow_hello.peer, frame), SendResult::full);
    EXPECT_EQ(server->try_send(quick_hello.peer, "still here"), SendResult::sent);
    const std::string words = co_await quick->receive();
    EXPECT_EQ(words, "still here");
    // Everything that was taken arrives, and then there is room again.
    for (int i = 0; i < sent; ++i) co_await slow->receive();
    SendResult again = server->try_send(slow_hello.peer, frame);
    while (again == SendResult::full) {
      co_await checkpoint();
      again = server->try_send(slow_hello.peer, frame);
    }
    EXPECT_EQ(again, SendResult::sent);
  });
}

TEST_P(WireLink, ASendWaitsWhileNobodyReadsAndCanBeCancelled) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    const auto client = co_await connect();
    int sent = 0;
    co_await move_on_when(
        [&]() -> Task<> {
          // The queues are probably full when many turns have moved nothing.
          constexpr int turns_without_progress = 10'000;
          int idle_turns = 0;
          for (int before = 0; idle_turns < turns_without_progress; ++idle_turns) {
            co_await checkpoint();
            if (before != sent) idle_turns = 0;
            before = sent;
          }
        },
        [&]() -> Task<> {
          for (;; ++sent) co_await client->send(std::string(100'000, 'x'));
        });
    EXPECT_GT(sent, 0);
    // The cancelled one was not taken: exactly `sent` frames arrive, and the link goes on.
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> { co_await client->send("the next"); });
      for (int i = 0; i < sent; ++i) {
        const Input input = co_await server->receive();
        EXPECT_EQ(input.frame->size(), 100'000U);
      }
      const Input input = co_await server->receive();
      EXPECT_EQ(input.frame, "the next");
    });
  });
}

TEST_P(WireLink, WhereNothingListensConnectingFailsAtOnce) {
  run_within_patience([&]() -> Task<> {
    listen().reset();
    const std::string failure = co_await failure_of_connecting(endpoint_);
    EXPECT_EQ(failure, "no broker listens at " + endpoint_ + ": nothing accepts connections there");
  });
}

TEST_P(WireLink, AnAddressInUseIsRefusedWithASentence) {
  run_within_patience([&]() -> Task<> {
    const auto server = listen();
    EXPECT_EQ(failure_of_listening(endpoint_),
              "cannot listen at " + endpoint_ +
                  ": something listens there already, perhaps another broker: stop it, or choose another address");
    // And the first one is not harmed.
    const auto client = co_await connect();
    co_await client->send("hello");
    const Input input = co_await server->receive();
    EXPECT_EQ(input.frame, "hello");
  });
}

TEST_P(WireLink, AnAddressIsFreeAgainWhenItsServerHasEnded) {
  run_within_patience([&]() -> Task<> {
    for (int i = 0; i < 5; ++i) {
      const auto server = make_zmq_server_link({i == 0 ? wire::listen_endpoint(GetParam(), folder_) : endpoint_});
      endpoint_ = server->endpoints().at(0);
      const auto client = co_await connect();
      co_await client->send("hello");
      co_await server->receive();
    }
  });
}

TEST(WireIpc, TheSocketOfABrokerThatWasKilledIsTakenOver) {
  Folder folder;
  const std::string endpoint = "ipc://" + folder.path("broker.sock");
  run_within_patience([&]() -> Task<> {
    namespace local = boost::asio::local;
    {
      local::stream_protocol::acceptor killed(current_io_context(),
                                              local::stream_protocol::endpoint(folder.path("broker.sock")));
    }
    EXPECT_TRUE(std::filesystem::exists(folder.path("broker.sock")));
    const auto server = make_zmq_server_link({endpoint});
    const auto connector = make_zmq_connector(endpoint);
    co_await connector->connect();
  });
}

TEST(WireIpc, AFileThatIsNoSocketIsNotDeleted) {
  Folder folder;
  const std::string path = folder.path("diary.txt");
  std::filesystem::create_directory(path);
  run_within_patience([&]() -> Task<> {
    EXPECT_EQ(failure_of_listening("ipc://" + path),
              "cannot listen at ipc://" + path +
                  ": a file of that name exists and is not a socket: remove it, or choose another path");
    co_return;
  });
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(WireIpc, AMissingFolderIsNamed) {
  Folder folder;
  run_within_patience([&]() -> Task<> {
    const std::string path = folder.path("missing/broker.sock");
    EXPECT_EQ(failure_of_listening("ipc://" + path), "cannot listen at ipc://" + path + ": the directory " +
                                                         folder.path("missing") +
                                                         " does not exist: make it, or choose another path");
    co_return;
  });
}

TEST(WireTcp, AnAddressOfAnotherMachineIsRefusedWithASentence) {
  run_within_patience([&]() -> Task<> {
    // A network that is reserved for documentation.
    EXPECT_EQ(failure_of_listening("tcp://192.0.2.1:7411"),
              "cannot listen at tcp://192.0.2.1:7411: this machine has no such address: give the number of one of its "
              "own, or * for all of them");
    co_return;
  });
}

TEST(WireTcp, OneServerListensAtSeveralEndpoints) {
  Folder folder;
  run_within_patience([&]() -> Task<> {
    const auto server = make_zmq_server_link({"tcp://127.0.0.1:*", "tcp://localhost:0", "ipc://" + folder.path("a")});
    const std::vector<std::string> endpoints = server->endpoints();
    EXPECT_EQ(endpoints.size(), 3U);
    for (const std::string& endpoint : endpoints) {
      const auto connector = make_zmq_connector(endpoint);
      const auto client = co_await connector->connect();
      co_await client->send(endpoint);
      Input input = co_await server->receive();
      while (!input.frame) input = co_await server->receive();
      EXPECT_EQ(input.frame, endpoint);
    }
  });
}

TEST(WireTcp, AClientFindsLocalhost) {
  run_within_patience([&]() -> Task<> {
    const auto server = make_zmq_server_link({"tcp://127.0.0.1:*"});
    const std::string port = server->endpoints().at(0).substr(std::string("tcp://127.0.0.1").size());
    const auto connector = make_zmq_connector("tcp://localhost" + port);
    EXPECT_EQ(connector->endpoint(), "tcp://localhost" + port);
    co_await connector->connect();
  });
}

TEST(WireTcp, AHostThatNobodyKnowsIsNamed) {
  run_within_patience([&]() -> Task<> {
    const std::string failure = co_await failure_of_connecting("tcp://no-such-host.invalid:7411");
    EXPECT_TRUE(failure.starts_with("no address is known for the host of tcp://no-such-host.invalid:7411: "))
        << failure;
  });
}

}  // namespace
}  // namespace hoiku::proto
