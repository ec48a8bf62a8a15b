// A Bus and the threads that do not run its loop: they post through a RemoteBus, and everything else is refused.
#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "hoiku/broker.hpp"
#include "hoiku/hoiku.hpp"
#include "tests/async/told_elsewhere.hpp"
#include "wire.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using wire_tests::eventually;
using wire_tests::run_within_patience;

// Runs the story with a broker in this process and a Bus, on a real loop.
void with_a_bus(const std::function<Task<>(Nursery&, Bus)>& story) {
  run_within_patience([&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Broker broker(nursery, "inproc://foreign");
      Bus bus = co_await Bus::connect(nursery, broker.endpoint(), client_name("driver"));
      co_await story(nursery, bus);
    });
  });
}

using Verbs = std::vector<std::pair<const char*, std::function<void()>>>;

void expect_refused_elsewhere(const Verbs& verbs) {
  for (const auto& [name, call] : verbs)
    EXPECT_THAT(told_elsewhere(call), AnyOf(HasSubstr("that does not run"), HasSubstr("needs a running loop"))) << name;
}

TEST(ForeignThread, EveryVerbOfATopicIsRefusedAtOnce) {
  with_a_bus([](Nursery&, Bus bus) -> Task<> {
    const auto level = bus.topic<int>("level");
    const auto lid = bus.topic<bool>("lid");
    auto both = compose_values(level, lid);
    co_await level.set(1);
    const auto greater = [](int v) { return v > 1; };
    const auto has_risen = [](std::optional<int> v, std::optional<int> old) { return v > old; };
    const auto sum = [](int v, bool open) { return open && v > 1; };
    expect_refused_elsewhere({
        {"set", [&] { (void)level.set(2); }},
        {"unset", [&] { (void)level.unset(); }},
        {"get", [&] { (void)level.get(); }},
        {"latest", [&] { (void)level.latest(); }},
        {"update", [&] { (void)level.update([](std::optional<int> n) { return n.value_or(0) + 1; }); }},
        {"post", [&] { level.post(2); }},
        {"post latest_only", [&] { level.post(2, latest_only); }},
        {"declare", [&] { (void)level.declare(history(3)); }},
        {"own", [&] { (void)level.own(); }},
        {"wait_value", [&] { (void)level.wait_value(value > 1); }},
        {"wait_value of a function", [&] { (void)level.wait_value(greater); }},
        {"wait_latest", [&] { (void)level.wait_latest(held_for(1s)); }},
        {"until", [&] { (void)until(level > 1); }},
        {"until of two", [&] { (void)until(level > 1 && lid == true); }},
        {"wait_transition", [&] { (void)level.wait_transition(); }},
        {"wait_transition of a function", [&] { (void)level.wait_transition(has_risen); }},
        {"eventual_values", [&] { (void)level.eventual_values(); }},
        {"transitions", [&] { (void)level.transitions(); }},
        {"a composite's wait", [&] { (void)both.wait_value(sum); }},
        {"a composite's values", [&] { (void)both.eventual_values(); }},
    });

    // Nothing has happened.
    const TransitionPtr latest = co_await level.latest();
    EXPECT_EQ(latest->version.number, 1u);
    EXPECT_EQ(latest->value, Value(1));
  });
}

TEST(ForeignThread, EveryVerbOfABusAndItsReadersIsRefusedAtOnce) {
  with_a_bus([](Nursery& nursery, Bus bus) -> Task<> {
    const auto level = bus.topic<int>("level");
    auto both = compose_values(level, bus.topic<bool>("lid"));
    auto values = level.eventual_values();
    auto states = both.eventual_values();
    auto steps = level.transitions();
    auto all = bus.watch("**");
    const Lease lease = co_await bus.topic<int>("owned").own();
    expect_refused_elsewhere({
        {"next value", [&] { (void)values.next(); }},
        {"next state", [&] { (void)states.next(); }},
        {"next transition", [&] { (void)steps.next(); }},
        {"next of a pattern", [&] { (void)all.next(); }},
        {"try_next of a pattern", [&] { (void)all.try_next(); }},
        {"statistics of a pattern", [&] { (void)all.statistics(); }},
        {"is_lost", [&] { (void)lease.is_lost(); }},
        {"why_lost", [&] { (void)lease.why_lost(); }},
        {"lost", [&] { (void)lease.lost(); }},
        {"watch", [&] { (void)bus.watch("**"); }},
        {"list", [&] { (void)bus.list(); }},
        {"readers", [&] { (void)bus.readers(); }},
        {"schema", [&] { (void)bus.schema("robot.Pose"); }},
        {"commit", [&] { (void)bus.commit([&](Transaction& one) { one.set(level, 2); }); }},
        {"writable", [&] { (void)bus.writable(); }},
        {"flush", [&] { (void)bus.flush(); }},
        {"connection", [&] { (void)bus.connection(); }},
        {"bus statistics", [&] { (void)bus.statistics(); }},
        {"remote", [&] { (void)bus.remote(); }},
        {"connect", [&] { (void)Bus::connect(nursery, "inproc://foreign"); }},
        {"start_soon", [&] { nursery.start_soon([]() -> Task<> { co_return; }); }},
        {"start_attendant", [&] { nursery.start_attendant([]() -> Task<> { co_return; }); }},
        {"a broker", [&] { const Broker second(nursery, "inproc://second"); }},
    });
  });
}

TEST(ForeignThread, ALoopOfItsOwnDoesNotHelp) {
  with_a_bus([](Nursery&, Bus bus) -> Task<> {
    const auto level = bus.topic<int>("level");
    const std::string told = told_elsewhere([&] {
      const auto set = [&]() -> Task<bool> {
        co_await level.set(1);
        co_return true;
      };
      run(set);
    });
    EXPECT_THAT(told, HasSubstr("that does not run its loop"));
    co_return;
  });
}

TEST(ForeignThread, HandlesMayBeMadeCopiedAndDestroyedAnywhere) {
  std::optional<Topic<int>> kept;
  std::optional<RemoteBus> remote;
  with_a_bus([&](Nursery&, Bus bus) -> Task<> {
    std::thread([bus, &kept] { kept = bus.topic<int>("level"); }).join();
    co_await kept->set(3);
    remote = bus.remote();
  });
  // The Bus has ended, and its loop too. The last handle goes on another thread.
  EXPECT_THROW(kept->post(1), Closed);
  std::thread([topic = std::move(kept), remote = std::move(remote)]() mutable {
    EXPECT_THROW(topic->post(1), Closed);
    EXPECT_FALSE(remote->try_post(*topic, 1));
    topic.reset();
  }).join();
}

TEST(ForeignThread, NoPostOfAnyThreadIsLostAndEachKeepsItsOrder) {
  constexpr int threads = 4;
  constexpr int posts = 2'000;
  with_a_bus([](Nursery&, Bus bus) -> Task<> {
    const RemoteBus remote = bus.remote();
    std::atomic<int> left = threads;
    std::vector<std::jthread> drivers;
    for (int thread = 0; thread < threads; ++thread) {
      drivers.emplace_back([&left, remote, topic = bus.topic<int>("driver/" + std::to_string(thread))] {
        for (int i = 1; i <= posts; ++i) {
          while (!remote.try_post(topic, i)) std::this_thread::yield();
        }
        --left;
      });
    }
    const auto own = bus.topic<int>("own");
    for (int i = 1; left > 0; ++i) {
      co_await bus.writable();
      own.post(i);
      co_await checkpoint();
    }
    co_await bus.flush();
    for (int thread = 0; thread < threads; ++thread) {
      const TransitionPtr last = co_await bus.topic<int>("driver/" + std::to_string(thread)).latest();
      EXPECT_EQ(last->value, Value(posts));
      EXPECT_EQ(last->version.number, static_cast<std::uint64_t>(posts));
    }
  });
}

TEST(ForeignThread, ThreadsThatGoOnPostingAreToldOfTheEnd) {
  std::atomic<int> told = 0;
  std::vector<std::jthread> drivers;
  with_a_bus([&](Nursery&, Bus bus) -> Task<> {
    const RemoteBus remote = bus.remote();
    const auto level = bus.topic<int>("level");
    std::atomic<int> posting = 0;
    for (int thread = 0; thread < 3; ++thread) {
      drivers.emplace_back([&told, &posting, remote, level] {
        ++posting;
        try {
          for (int i = 0;; ++i) remote.post(level, i, latest_only);
        } catch (const Closed&) {
          ++told;
        }
      });
    }
    co_await eventually([&] { return posting == 3; });
  });
  drivers.clear();  // joins
  EXPECT_EQ(told, 3);
}

TEST(ForeignThreadDeathTest, ALeaseThatIsReleasedElsewhereEndsTheProgramWithASentence) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto release = [] {
    with_a_bus([](Nursery&, Bus bus) -> Task<> {
      Lease lease = co_await bus.topic<int>("level").own();
      std::thread([&] { lease.release(); }).join();
    });
  };
  EXPECT_DEATH(release(), "a Bus is used on a thread that does not run its loop");
}

}  // namespace
}  // namespace hoiku
