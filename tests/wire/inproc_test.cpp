// The link inside of a process, beyond the contract of every link (link_contract_test.cpp): its ends are on threads of
// their own, each with a loop, and its names belong to the process.
#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "link_contract.hpp"

namespace hoiku::link {
namespace {

using namespace std::chrono_literals;
using Input = ServerLink::Input;
using wire_tests::failure_of_connecting;
using wire_tests::Folder;
using wire_tests::run_within_patience;

class InprocThreads : public testing::Test {
 protected:
  // Starts a thread with a loop; returns when it listens.
  std::jthread serve(std::function<Task<>(ServerLink&)> body) {
    std::jthread thread([this, body = std::move(body)] {
      run_within_patience([&]() -> Task<> {
        const auto server = make_server_link({endpoint_});
        listening_.test_and_set();
        listening_.notify_all();
        co_await body(*server);
      });
    });
    listening_.wait(false);
    return thread;
  }

  Folder folder_;
  const std::string endpoint_ = wire_tests::listen_endpoint("inproc", folder_);
  std::atomic_flag listening_;
};

// Sends every frame back, until all peers that came have left.
Task<> echo_until_all_are_gone(ServerLink& server) {
  std::set<std::uint64_t> here;
  do {
    const Input input = co_await server.receive();
    if (input.frame) {
      here.insert(input.peer);
      co_await wire_tests::send_patiently(server, input.peer, *input.frame);
    } else {
      here.erase(input.peer);
    }
  } while (!here.empty());
}

TEST_F(InprocThreads, RoundTripsBetweenLoopsLoseNoWakeUp) {
  const std::jthread server = serve(echo_until_all_are_gone);
  run_within_patience([&]() -> Task<> {
    const auto client = co_await make_connector(endpoint_)->connect();
    for (int i = 0; i < 10'000; ++i) {
      co_await client->send(std::to_string(i));
      const std::string answer = co_await client->receive();
      if (answer != std::to_string(i)) ADD_FAILURE() << answer << " instead of " << i;
    }
  });
}

TEST_F(InprocThreads, BurstsOfManyClientsOnLoopsOfTheirOwnArriveInOrder) {
  constexpr int clients = 4;
  constexpr int frames = 3000;
  std::vector<std::jthread> threads;
  // Stays open until all others have left, so that the server does not end before the last one comes.
  run_within_patience([&]() -> Task<> {
    threads.push_back(serve(echo_until_all_are_gone));
    const auto holder = co_await make_connector(endpoint_)->connect();
    co_await holder->send("I am here");
    std::atomic<int> left = clients;
    for (int who = 0; who < clients; ++who) {
      threads.emplace_back([&, who] {
        run_within_patience([&]() -> Task<> {
          const auto client = co_await make_connector(endpoint_)->connect();
          co_await open_nursery([&](Nursery& nursery) -> Task<> {
            nursery.start_soon([&]() -> Task<> {
              for (int i = 0; i < frames; ++i) co_await client->send(std::to_string(who * frames + i));
            });
            for (int i = 0; i < frames; ++i) {
              const std::string answer = co_await client->receive();
              if (answer != std::to_string(who * frames + i)) ADD_FAILURE() << answer << " instead of " << i;
            }
          });
        });
        --left;
      });
    }
    co_await wire_tests::eventually([&] { return left == 0; });
  });
}

TEST_F(InprocThreads, TheEndOfAServerReachesClientsOnOtherThreads) {
  std::jthread server = serve([](ServerLink& link) -> Task<> {
    const Input hello = co_await link.receive();
    link.try_send(hello.peer, "goodbye");
  });
  run_within_patience([&]() -> Task<> {
    const auto client = co_await make_connector(endpoint_)->connect();
    const auto silent = co_await make_connector(endpoint_)->connect();
    co_await client->send("hello");
    const std::string last = co_await client->receive();
    EXPECT_EQ(last, "goodbye");
    co_await wire_tests::expect_closed(*client);
    co_await wire_tests::expect_closed(*silent);
  });
}

TEST(InprocNames, ATakenNameIsRefusedAndAFreedOneIsNot) {
  run_within_patience([]() -> Task<> {
    const Folder folder;
    const std::string endpoint = wire_tests::listen_endpoint("inproc", folder);
    auto server = make_server_link({endpoint});
    EXPECT_EQ(server->endpoints(), std::vector{endpoint});
    std::string refused;
    try {
      make_server_link({endpoint});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unavailable);
      refused = error.what();
    }
    EXPECT_EQ(refused,
              "cannot listen at " + endpoint + ": another broker of this process has that name: choose another one");
    server.reset();
    server = make_server_link({endpoint});
    co_await make_connector(endpoint)->connect();
  });
}

TEST(InprocNames, ConnectingToAnUnknownNameFailsWithTheName) {
  run_within_patience([]() -> Task<> {
    const std::string reason = co_await failure_of_connecting("inproc://nobody");
    EXPECT_EQ(reason, "no broker listens at inproc://nobody: no broker of this process has that name");
  });
}

}  // namespace
}  // namespace hoiku::link
