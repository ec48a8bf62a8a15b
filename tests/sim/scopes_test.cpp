// Promise 9, case by case. Whatever a scope does, and however and whenever it ends: none of its code runs afterwards,
// its end waits for no other party, the broker's counts are back within one round trip, no other reader loses a
// message, and nothing is left.
#include <gmock/gmock.h>

#include <vector>

#include "tests/sim/sim_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

constexpr Duration one_way = 10ms;
constexpr Duration round_trip = 2 * one_way;
constexpr Duration step = 3ms;  // between the moments at which a scope ends
constexpr int moments = 20;     // three round trips

// The resources of a scope, and what the test counts of it.
struct Scene {
  Scene(sim::Simulation& simulation, Bus connected) : world(simulation), bus(std::move(connected)) {}
  sim::Simulation& world;
  Bus bus;
  std::uint64_t acts = 0;  // how often code of the scope ran
  std::uint64_t late = 0;  // how often of these after its end
  bool has_ended = false;
  int sent = 0;  // into a channel
  int received = 0;
  std::string name(const char* topic) const { return std::string("guest/") + topic; }
  void act() {
    ++acts;
    if (has_ended) ++late;
  }
};

using Activity = Task<> (*)(Scene&);

// ---- Activities, each repeated without end, so that a scope ends at each stage of it

Task<> connecting(Scene& scene) {
  for (;;) {
    co_await open_nursery([&](Nursery& own) -> Task<> {
      const Bus bus = co_await scene.world.connect(own, client_name("guest"), session_timeout(100ms));
      scene.act();
      co_await bus.topic<int>("count").get();
      scene.act();
    });
  }
}

Task<> subscribing(Scene& scene) {
  for (;;) {
    auto values = scene.bus.topic<int>("count").eventual_values([&scene](int) {
      scene.act();
      return true;
    });
    co_await values.next();
    scene.act();
  }
}

Task<> reading_a_topic(Scene& scene) {
  auto values = scene.bus.topic<int>("count").eventual_values();
  for (;;) {
    co_await values.next();
    scene.act();
  }
}

Task<> reading_a_composite(Scene& scene) {
  auto count = scene.bus.topic<int>("count");
  auto other = scene.bus.topic<int>("twice");
  auto both = compose_values(count, other);
  auto values = both.eventual_values();
  for (;;) {
    co_await values.next();
    scene.act();
  }
}

Task<> reading_each_transition(Scene& scene) {
  auto changes = scene.bus.topic<int>("count").transitions([&scene](int) {
    scene.act();
    return true;
  });
  for (;;) {
    co_await changes.next();
    scene.act();
  }
}

Task<> watching_a_pattern(Scene& scene) {
  for (;;) {
    PatternSubscription all(scene.bus.watch("**", Mode::every));
    for (int left = 5; left > 0; --left) {
      co_await all.next();
      scene.act();
    }
  }
}

Task<> waiting_at_the_broker(Scene& scene) {
  for (;;) {
    co_await move_on_after(35ms, scene.bus.topic<int>("count").wait_value(value < 0));
    scene.act();
    co_await scene.bus.topic<int>("count").wait_value(value > 0);
    scene.act();
  }
}

Task<> waiting_for_a_hold(Scene& scene) {
  scene.act();
  co_await scene.bus.topic<int>("count").wait_value(value > 0, held_for(1h));
  scene.act();
}

Task<> waiting_here(Scene& scene) {
  auto never_true = [&scene](int) {
    scene.act();
    return false;
  };
  co_await scene.bus.topic<int>("count").wait_value(never_true);
  scene.act();
}

Task<> waiting_for_a_change(Scene& scene) {
  for (;;) {
    co_await scene.bus.topic<int>("count").wait_transition();
    scene.act();
  }
}

Task<> waiting_for_several(Scene& scene) {
  scene.act();
  auto count = scene.bus.topic<int>("count");
  auto other = scene.bus.topic<int>("twice");
  co_await until(count < 0 || other < 0);
  scene.act();
}

Task<> getting_and_listing(Scene& scene) {
  for (;;) {
    co_await scene.bus.topic<int>("count").get();
    scene.act();
    co_await scene.bus.list();
    scene.act();
  }
}

Task<> setting(Scene& scene) {
  for (int number = 1;; ++number) {
    co_await scene.bus.topic<int>(scene.name("set")).set(number);
    scene.act();
  }
}

Task<> committing(Scene& scene) {
  for (int number = 1;; ++number) {
    co_await scene.bus.commit([&](Transaction& both) {
      both.set(scene.bus.topic<int>(scene.name("a")), number);
      both.set(scene.bus.topic<int>(scene.name("b")), number);
    });
    scene.act();
  }
}

Task<> updating(Scene& scene) {
  for (;;) {
    auto next = [&scene](std::optional<int> number) {
      scene.act();
      return number.value_or(0) + 1;
    };
    co_await scene.bus.topic<int>(scene.name("updated")).update(next);
    scene.act();
  }
}

Task<> posting_and_flushing(Scene& scene) {
  for (int number = 1;; ++number) {
    scene.bus.topic<int>(scene.name("posted")).post(number);
    scene.bus.topic<int>(scene.name("posted")).post(-number, latest_only);
    scene.act();
    co_await scene.bus.writable();
    co_await scene.bus.flush();
    scene.act();
  }
}

// Sends items to a receiver that outlives the scope, and receives each of them.
Task<> sending_into_a_channel(Scene& scene) {
  co_await open_nursery([&](Nursery& own) -> Task<> {
    auto [sender, receiver] = open_channel<int>(0);
    auto receive = [&scene](Receiver<int> items) -> Task<> {
      for (;;) {
        const std::optional<int> item = co_await items.next();
        if (!item) co_return;
        ++scene.received;
        co_await sleep(4ms);
      }
    };
    auto stay = [receive](Receiver<int> items) -> Task<> {
      auto body = [&]() -> Task<> { co_await receive(items); };
      co_await shield(body);
    };
    own.start_soon(stay, std::move(receiver));
    auto values = scene.bus.topic<int>("count").eventual_values();
    const Sender<int> last = std::move(sender);
    for (;;) {
      const int number = co_await values.next();
      co_await last.send(number);
      ++scene.sent;
      scene.act();
    }
  });
}

Task<> everything_at_once(Scene& scene) {
  co_await open_nursery([&](Nursery& own) -> Task<> {
    for (const Activity each :
         {subscribing, reading_a_composite, reading_each_transition, watching_a_pattern, waiting_at_the_broker,
          waiting_for_a_hold, waiting_here, waiting_for_a_change, setting, committing, posting_and_flushing})
      own.start_soon([&scene, each] { return each(scene); });
    co_return;
  });
}

// ---- Ways to end a scope

class Mishap : public std::exception {};

Task<> by_cancel(Scene& scene, Activity activity, Duration when) {
  co_await open_nursery([&](Nursery& own) -> Task<> {
    own.start_soon([&] { return activity(scene); });
    co_await sleep(when);
    own.cancel_scope().cancel();
  });
}

Task<> by_deadline(Scene& scene, Activity activity, Duration when) {
  auto body = [&]() -> Task<> { co_await activity(scene); };
  co_await move_on_after(when, body);
}

Task<> by_exception(Scene& scene, Activity activity, Duration when) {
  try {
    co_await open_nursery([&](Nursery& own) -> Task<> {
      own.start_soon([&] { return activity(scene); });
      co_await sleep(when);
      throw Mishap();
    });
  } catch (const ExceptionGroup& errors) {
    errors.for_each_leaf([](const std::exception& leaf) {
      if (!dynamic_cast<const Mishap*>(&leaf)) ADD_FAILURE() << leaf.what();
    });
  }
}

using Way = Task<> (*)(Scene&, Activity, Duration);

// ---- Other clients, which must not notice

// Writes a number twice, every 4 ms.
Task<> count_on(Bus robot) {
  for (int number = 1;; ++number) {
    co_await robot.commit([&](Transaction& both) {
      both.set(robot.topic<int>("count"), number);
      both.set(robot.topic<int>("twice"), 2 * number);
    });
    co_await sleep(4ms);
  }
}

struct Onlooker {
  std::uint64_t seen = 0;
  std::optional<int> last;
};

Task<> look_on(Bus bus, Onlooker& onlooker) {
  auto changes = bus.topic<int>("count").transitions();
  for (;;) {
    const auto change = co_await changes.next();
    EXPECT_FALSE(change.lagged);
    if (onlooker.last) {
      EXPECT_EQ(change.value, *onlooker.last + 1);
    }
    onlooker.last = change.value;
    ++onlooker.seen;
  }
}

// What the broker has open.
struct BrokerCounts {
  std::size_t sessions, subscriptions, waits, predicates;
  explicit BrokerCounts(const sim::Simulation& world) {
    const BrokerStatistics statistics = world.broker_statistics();
    sessions = statistics.sessions;
    subscriptions = statistics.subscriptions;
    waits = statistics.waits;
    predicates = statistics.predicates;
  }
  auto operator<=>(const BrokerCounts&) const = default;
  friend void PrintTo(const BrokerCounts& counts, std::ostream* out) {
    *out << counts.sessions << " sessions, " << counts.subscriptions << " subscriptions, " << counts.waits << " waits, "
         << counts.predicates << " predicates";
  }
};

struct Case {
  friend void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }
  const char* name;
  Activity activity;
  bool says_goodbye = false;  // the scope has a Bus of its own, which says goodbye
  bool may_act_on = false;    // a part of it is shielded
};

const std::vector<Case> cases{
    {"Connecting", connecting, true},
    {"Subscribing", subscribing},
    {"ReadingATopic", reading_a_topic},
    {"ReadingAComposite", reading_a_composite},
    {"ReadingEachTransition", reading_each_transition},
    {"WatchingAPattern", watching_a_pattern},
    {"WaitingAtTheBroker", waiting_at_the_broker},
    {"WaitingForAHold", waiting_for_a_hold},
    {"WaitingHere", waiting_here},
    {"WaitingForAChange", waiting_for_a_change},
    {"WaitingForSeveral", waiting_for_several},
    {"GettingAndListing", getting_and_listing},
    {"Setting", setting},
    {"Committing", committing},
    {"Updating", updating},
    {"PostingAndFlushing", posting_and_flushing},
    {"SendingIntoAChannel", sending_into_a_channel, false, true},
    {"EverythingAtOnce", everything_at_once},
};

struct NamedWay {
  friend void PrintTo(const NamedWay& tested, std::ostream* out) { *out << tested.name; }
  const char* name;
  Way way;
};
const std::vector<NamedWay> ways{{"ByCancel", by_cancel}, {"ByDeadline", by_deadline}, {"ByAnException", by_exception}};

// Runs `rounds(scene)` beside a client that counts and two that observe, one of them over the guest's own Bus. Checks
// that the broker has nothing left in the end.
template <class Rounds>
void beside_others(Rounds rounds) {
  sim::simulate_or_throw(
      [&](sim::Simulation& world) -> Task<> {
        co_await open_nursery([&](Nursery& nursery) -> Task<> {
          const Bus robot = co_await world.connect(nursery, client_name("robot"));
          const Bus screen = co_await world.connect(nursery, client_name("screen"));
          const Bus guest = co_await world.connect(nursery, client_name("guest"));
          world.network().delay("guest", one_way, one_way);
          Onlooker elsewhere;
          Onlooker here;
          nursery.start_soon(count_on, robot);
          nursery.start_soon(look_on, screen, std::ref(elsewhere));
          nursery.start_soon(look_on, guest, std::ref(here));
          co_await sleep(round_trip);
          Scene scene(world, guest);
          co_await rounds(scene);
          EXPECT_EQ(scene.late, 0u);
          EXPECT_EQ(scene.sent, scene.received);
          EXPECT_GT(here.seen, 20u);
          EXPECT_GE(elsewhere.seen, here.seen);
          EXPECT_EQ(guest.statistics().open_requests, 1u);  // the observer
          nursery.cancel_scope().cancel();
        });
        EXPECT_EQ(world.broker_statistics().sessions, 0u);
        EXPECT_EQ(world.broker_statistics().subscriptions, 0u);
        EXPECT_EQ(world.broker_statistics().waits, 0u);
        EXPECT_EQ(world.broker_statistics().predicates, 0u);
        EXPECT_EQ(world.broker_statistics().kept_frames, 0u);
      },
      sim::seed(1));
}

class LeavingAScope : public testing::TestWithParam<std::tuple<Case, NamedWay>> {
 protected:
  const Case& tested() const { return std::get<0>(GetParam()); }
  const NamedWay& way() const { return std::get<1>(GetParam()); }

  // Waits until the broker has released everything. A hello in flight may begin a session that no client knows of,
  // which expires by its silence.
  Duration until_forgotten() const { return tested().says_goodbye ? round_trip + 100ms : round_trip; }

  // Ends the scope at `when`. Checks that its end waits for no other party, and that none of its code runs any more.
  Task<> leave(Scene& scene, Duration when) {
    const TimePoint start = now();
    scene.has_ended = false;
    co_await way().way(scene, tested().activity, when);
    scene.has_ended = true;
    const Duration most = tested().says_goodbye || tested().may_act_on ? 1s : Duration(0);
    EXPECT_GE(now() - start, when);
    EXPECT_LE(now() - start, when + most);
  }
};

TEST_P(LeavingAScope, LeavesNothingBehind) {
  beside_others([this](Scene& scene) -> Task<> {
    const BrokerCounts before(scene.world);
    for (int moment = 0; moment < moments; ++moment) {
      SCOPED_TRACE("after " + std::to_string(moment * (step / 1ms)) + " ms");
      co_await leave(scene, moment * step);
      co_await sleep(until_forgotten());
      EXPECT_EQ(BrokerCounts(scene.world), before);
    }
    EXPECT_GT(scene.acts + static_cast<std::uint64_t>(scene.received), 0u);
  });
}

TEST_P(LeavingAScope, WhileTheConnectionIsMadeAgain) {
  static constexpr Duration cut = 30ms;
  beside_others([this](Scene& scene) -> Task<> {
    const BrokerCounts before(scene.world);
    for (int moment = 0; moment < moments; ++moment) {
      SCOPED_TRACE("after " + std::to_string(moment * (step / 1ms)) + " ms");
      const TimePoint start = now();
      // In some rounds it has asked for something before the cut, in others not.
      if (moment % 2 == 0) scene.world.network().cut("guest", cut);
      auto cut_later = [&]() -> Task<> {
        co_await sleep(15ms);
        scene.world.network().cut("guest", cut);
      };
      co_await open_nursery([&](Nursery& own) -> Task<> {
        if (moment % 2 != 0) own.start_soon(cut_later);
        co_await leave(scene, moment * step);
      });
      // The connection takes a round trip, the greeting another.
      co_await sleep_until(std::max(start + 15ms + cut + 2 * round_trip, now()));
      co_await sleep(until_forgotten());
      EXPECT_EQ(BrokerCounts(scene.world), before);
    }
  });
}

// The transitions of several topics arrive at the very instant at which the scope ends.
TEST_P(LeavingAScope, AtTheInstantOfADelivery) {
  beside_others([this](Scene& scene) -> Task<> {
    const BrokerCounts before(scene.world);
    auto burst = [&](Duration when) -> Task<> {
      co_await sleep(when - one_way);
      for (int number = 0; number < 20; ++number) scene.bus.topic<int>("burst").post(number);
      co_await scene.bus.topic<int>(scene.name("set")).set(-1);
    };
    for (const Duration when : {round_trip, round_trip + one_way, 2 * round_trip, 2 * round_trip + 4ms}) {
      co_await open_nursery([&](Nursery& own) -> Task<> {
        own.start_soon(burst, when - one_way);
        co_await leave(scene, when);
      });
      co_await sleep(until_forgotten());
      EXPECT_EQ(BrokerCounts(scene.world), before);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Each, LeavingAScope, testing::Combine(testing::ValuesIn(cases), testing::ValuesIn(ways)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param).name) + std::get<1>(tested.param).name;
                         });

// The whole service ends: its Bus closes during all of its activities.
class ShuttingDown : public testing::TestWithParam<Case> {};

TEST_P(ShuttingDown, AtAnyMomentLeavesNothing) {
  static constexpr std::chrono::milliseconds silence{300};
  beside_others([](Scene& onlookers) -> Task<> {
    const BrokerCounts before(onlookers.world);
    onlookers.world.network().delay("service", one_way, one_way);
    for (int moment = 0; moment < 2 * moments; ++moment) {
      SCOPED_TRACE("after " + std::to_string(moment * (step / 1ms)) + " ms");
      std::optional<Scene> scene;
      co_await move_on_after(moment * step, [&]() -> Task<> {
        co_await open_nursery([&](Nursery& service) -> Task<> {
          scene.emplace(onlookers.world,
                        co_await onlookers.world.connect(service, client_name("service"), session_timeout(silence)));
          if (moment % 3 == 0) onlookers.world.network().cut("service", 2 * one_way);
          co_await GetParam().activity(*scene);
        });
      });
      if (scene) scene->has_ended = true;
      // If it could not say goodbye, its session expires by its silence.
      co_await sleep(moment % 3 == 0 || !scene || GetParam().says_goodbye ? silence + 200ms : Duration(1ns));
      EXPECT_EQ(BrokerCounts(onlookers.world), before);
      if (!scene) continue;
      EXPECT_EQ(scene->late, 0u);
      EXPECT_EQ(scene->sent, scene->received);
      EXPECT_EQ(scene->bus.statistics().open_requests, 0u);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Each, ShuttingDown, testing::ValuesIn(cases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hoiku
