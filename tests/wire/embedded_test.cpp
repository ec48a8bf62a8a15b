// A broker inside a process: over inproc, with clients on the same loop and on others, and over an endpoint for the
// inspector.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "hoiku/broker.hpp"
#include "hoiku/hoiku.hpp"
#include "hoiku/testing/virtual_time.hpp"
#include "wire.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using wire_tests::Folder;
using wire_tests::run_within_patience;

std::string refusal_of(Nursery& nursery, std::vector<std::string> endpoints, const Limits& limits = {}) {
  try {
    const Broker broker(nursery, std::move(endpoints), limits);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Embedded, ABrokerAndItsClientsShareOneLoop) {
  run_within_patience([]() -> Task<> {
    std::optional<Broker> kept;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Broker broker(nursery, "inproc://embedded");
      kept = broker;
      EXPECT_EQ(broker.endpoint(), "inproc://embedded");
      Bus robot = co_await Bus::connect(nursery, broker.endpoint(), client_name("robot"));
      Bus screen = co_await Bus::connect(nursery, broker.endpoint(), client_name("screen"));
      nursery.start_soon([robot]() -> Task<> {
        for (int level = 1; level <= 1000; ++level) co_await robot.topic<int>("level").set(level);
      });
      const int high = co_await screen.topic<int>("level").wait_value(value >= 1000);
      EXPECT_EQ(high, 1000);
      EXPECT_EQ(broker.statistics().sessions, 2u);
      EXPECT_EQ(broker.statistics().commits, 1000u);
      robot.topic<int>("level").post(1001);  // and the end comes before it was acknowledged
    });
    EXPECT_EQ(kept->statistics().sessions, 0u);
  });
}

TEST(Embedded, EachKindOfLinkServesEachKindOfClient) {
  for (const LinkKind server : link_kinds()) {
    run_within_patience([server]() -> Task<> {
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        const Broker broker(nursery, "tcp://127.0.0.1:*", Limits(), server);
        for (const LinkKind client : link_kinds()) {
          Bus bus = co_await Bus::connect(nursery, broker.endpoint(), client_name("robot"), link_kind(client));
          const Topic<int> level = bus.topic<int>("level");
          for (int i = 1; i <= 100; ++i) co_await level.set(i);
          const int latest = co_await level.wait_value(value >= 100);
          EXPECT_EQ(latest, 100);
        }
      });
    });
  }
}

TEST(Embedded, ItEndsAfterItsClientsHaveSaidGoodbye) {
  run_within_patience([]() -> Task<> {
    std::string told;
    co_await open_nursery([&](Nursery& outer) -> Task<> {
      // The broker's nursery ends while a client of another nursery is connected, which is dismissed after a while.
      std::optional<Bus> guest;
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        const Broker broker(inner, "inproc://ending");
        Bus robot = co_await Bus::connect(inner, "inproc://ending", client_name("robot"));
        guest = co_await Bus::connect(outer, "inproc://ending", client_name("guest"),
                                      on_connection_event([&](const ConnectionEvent& event) {
                                        if (event.kind == ConnectionEvent::Kind::lost) told = event.text;
                                      }));
        for (int i = 0; i < 100; ++i) robot.topic<int>("n").post(i);
      });
      co_await guest->connection().wait_value([](ConnectionState state) { return state == ConnectionState::lost; });
      EXPECT_THAT(told, HasSubstr("the broker is shutting down"));
      outer.cancel_scope().cancel();
    });
  });
}

TEST(Embedded, ClientsMayBeOnLoopsOfOtherThreads) {
  constexpr int clients = 4;
  constexpr int rounds = 300;
  run_within_patience([&]() -> Task<> {
    std::atomic<int> left = clients;
    std::vector<std::jthread> threads;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Broker broker(nursery, "inproc://threads");
      for (int who = 0; who < clients; ++who) {
        threads.emplace_back([&left] {
          run_within_patience([&]() -> Task<> {
            co_await open_nursery([&](Nursery& own) -> Task<> {
              Bus bus = co_await Bus::connect(own, "inproc://threads", client_name("counter"));
              const auto counter = bus.topic<int>("counter");
              for (int round = 0; round < rounds; ++round) {
                co_await counter.update([](std::optional<int> n) { return n.value_or(0) + 1; });
              }
            });
          });
          --left;
        });
      }
      co_await wire_tests::eventually([&] { return left == 0; });
      Bus bus = co_await Bus::connect(nursery, "inproc://threads", client_name("judge"));
      const std::optional<int> total = co_await bus.topic<int>("counter").get();
      EXPECT_EQ(total, clients * rounds);
      EXPECT_EQ(broker.statistics().sessions, 1u);
      EXPECT_EQ(broker.statistics().subscriptions, 0u);
    });
  });
}

TEST(Embedded, SeveralEndpointsReachOneBroker) {
  run_within_patience([]() -> Task<> {
    const Folder folder;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Broker broker(nursery, {"inproc://several", "ipc://" + folder.path("bus"), "tcp://127.0.0.1:*"});
      EXPECT_EQ(broker.endpoints().size(), 3u);
      std::vector<Bus> buses;
      for (const std::string& endpoint : broker.endpoints())
        buses.push_back(co_await Bus::connect(nursery, endpoint, client_name(endpoint)));
      for (int i = 0; i < 3; ++i) {
        co_await buses[static_cast<std::size_t>(i)].topic<int>("level").set(i);
        for (const Bus& bus : buses) {
          const int seen = co_await bus.topic<int>("level").wait_value(value == i);
          EXPECT_EQ(seen, i);
        }
      }
      EXPECT_EQ(broker.statistics().sessions, 3u);
    });
  });
}

TEST(Embedded, AClientThatIsGivenNoEndpointTakesThatOfTheEnvironment) {
  run_within_patience([]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Broker broker(nursery, "tcp://127.0.0.1:*");
      ::setenv("HOIKU_ENDPOINT", (" " + broker.endpoint() + "\n").c_str(), 1);
      const Bus bus = co_await Bus::connect(nursery, client_name("robot"));
      EXPECT_EQ(bus.endpoint(), broker.endpoint());
      const Bus unnamed = co_await Bus::connect(nursery);
      co_await unnamed.topic<int>("level").set(1);

      ::setenv("HOIKU_ENDPOINT", "nowhere", 1);
      std::string told;
      try {
        co_await Bus::connect(nursery, client_name("robot"));
      } catch (const Error& error) {
        told = error.what();
      }
      EXPECT_THAT(told, HasSubstr("HOIKU_ENDPOINT: 'nowhere' is not an endpoint"));
      ::unsetenv("HOIKU_ENDPOINT");
    });
  });
}

TEST(Embedded, RunsOnAVirtualClock) {
  const int status = sim::run_virtual([]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Broker broker(nursery, "inproc://virtual");
      Bus bus = co_await Bus::connect(nursery, broker.endpoint());
      const TimePoint start = now();
      nursery.start_soon([bus]() -> Task<> {
        co_await sleep(1h);
        co_await bus.topic<bool>("touched").set(true);
      });
      co_await bus.topic<bool>("touched").wait_value(value == true, held_for(5s));
      EXPECT_EQ(now() - start, 1h + 5s);
    });
  });
  EXPECT_EQ(status, 0);
}

TEST(Embedded, TheConstructorRefusesInvalidArguments) {
  run_within_patience([]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      EXPECT_THAT(refusal_of(nursery, {"tcp://*:7411"}), HasSubstr("run hoikud for others"));
      EXPECT_THAT(refusal_of(nursery, {"7411"}), HasSubstr("is not an endpoint"));
      EXPECT_THAT(refusal_of(nursery, {}), HasSubstr("at least one endpoint"));
      Limits contradictory;
      contradictory.value_bytes_max = contradictory.frame_bytes_max / 2;
      EXPECT_THAT(refusal_of(nursery, {"inproc://free"}, contradictory), HasSubstr("has to fit into a frame"));
      const Broker broker(nursery, "inproc://taken");
      EXPECT_THAT(refusal_of(nursery, {"inproc://taken"}), HasSubstr("another broker of this process has that name"));
      co_return;
    });
  });
}

}  // namespace
}  // namespace hoiku
