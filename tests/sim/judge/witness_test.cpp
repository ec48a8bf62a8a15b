// The judge is judged: each test falsifies a frame on its way to the witness, which must notice the lie.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "hoiku/proto/codec.hpp"
#include "hoiku/testing/simulation.hpp"
#include "tests/sim/judge/witness.hpp"

namespace hoiku::model {
namespace {

using namespace std::chrono_literals;
using proto::ServerFrame;

// Changes a frame if it fits; returns whether it did.
using Lie = std::function<bool(ServerFrame& frame)>;

class Liar final : public sim::NetworkObserver {
 public:
  explicit Liar(Lie lie) : lie_(std::move(lie)) {}
  void broker_sent(std::uint64_t peer, std::string_view bytes) override {
    auto frame = slots_[peer].without_runs(*proto::decode_server_frame(bytes));
    if (!told_ && lie_(*frame)) told_ = true;
    witness_.broker_sent(peer, proto::encode(*frame));
  }
  void broker_received(std::uint64_t peer, std::string_view frame) override { witness_.broker_received(peer, frame); }
  void broker_lost(std::uint64_t peer) override { witness_.broker_lost(peer); }
  void broker_was_full(std::uint64_t peer) override { witness_.broker_was_full(peer); }
  void broker_listens() override { witness_.broker_listens(); }
  void broker_killed() override { witness_.broker_killed(); }
  void was_cut(const std::string& client, Duration duration) override { witness_.was_cut(client, duration); }
  void was_cut_one_way(const std::string& client, sim::End deaf, Duration duration) override {
    witness_.was_cut_one_way(client, deaf, duration);
  }
  void broke_unnoticed(const std::string& client, sim::End unaware, Duration duration) override {
    witness_.broke_unnoticed(client, unaware, duration);
  }

  bool told() const { return told_; }
  Witness& witness() { return witness_; }

 private:
  Witness witness_;
  std::map<std::uint64_t, proto::SlotTable> slots_;  // of each peer
  Lie lie_;
  bool told_ = false;
};

// Starts what reads and waits.
void read_in_every_way(Nursery& nursery, const Bus& screen) {
  auto read_all = [](Bus bus, Mode mode) -> Task<> {
    PatternSubscription all(bus.watch("**", mode));
    for (;;) co_await all.next();
  };
  auto read_both = [](Bus bus) -> Task<> {
    auto level = bus.topic<int>("battery");
    auto warmth = bus.topic<int>("heat");
    auto both = compose_values(level, warmth);
    auto states = both.eventual_values();
    for (;;) co_await states.next();
  };
  auto wait = [](Bus bus) -> Task<> { co_await bus.topic<int>("battery").wait_value(value < 79); };
  auto read_some = [](Bus bus) -> Task<> {
    PatternSubscription some(bus.watch("battery", where(value != 77)));
    for (;;) co_await some.next();
  };
  auto read_seldom = [](Bus bus) -> Task<> {
    PatternSubscription seldom(bus.watch("battery", at_most_every(15ms)));
    for (;;) co_await seldom.next();
  };
  nursery.start_soon(read_some, screen);
  nursery.start_soon(read_seldom, screen);
  nursery.start_soon(read_all, screen, Mode::latest);
  nursery.start_soon(read_all, screen, Mode::every);
  nursery.start_soon(read_both, screen);
  auto wait_for_change = [](Bus bus) -> Task<> { co_await bus.topic<int>("battery").wait_transition(value < 79); };
  nursery.start_soon(wait, screen);
  nursery.start_soon(wait_for_change, screen);
}

// A robot that sets two topics, and a screen that reads them in every way.
Task<> live(sim::Simulation& world) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, client_name("robot"));
    Bus screen = co_await world.connect(nursery, client_name("screen"));
    const auto battery = robot.topic<int>("battery");
    const auto heat = robot.topic<int>("heat");
    co_await battery.set(80);
    co_await heat.set(20);
    read_in_every_way(nursery, screen);
    for (int level = 79; level > 75; --level) {
      co_await sleep(10ms);
      co_await battery.set(level);
    }
    // Two transitions at one moment: only readers in mode every get both.
    nursery.start_soon([](hoiku::Topic<int> topic) -> Task<> { co_await topic.set(1); }, heat);
    nursery.start_soon([](hoiku::Topic<int> topic) -> Task<> { co_await topic.set(2); }, heat);
    co_await sleep(10ms);
    co_await robot.commit([&](Transaction& both) {
      both.set(battery, 70);
      both.set(heat, 3);
    });
    co_await battery.get();
    robot.topic<int>("mood").post(1);
    co_await robot.flush();
    const auto lid = robot.topic<int>("lid");
    {
      const auto lease = co_await lid.own(last_will(0));
      co_await sleep(10ms);
      co_await lid.set(1);
    }
    co_await lid.get();
    co_await screen.readers();
    co_await sleep(2s);  // heartbeats
    nursery.cancel_scope().cancel();
  });
}

std::vector<std::string> complaints_about(const Lie& lie) {
  Liar liar(lie);
  sim::simulate_or_throw([&](sim::Simulation& world) -> Task<> {
    world.network().observe(&liar);
    co_await live(world);
    world.network().observe(nullptr);
  });
  liar.witness().check_at_rest();
  return liar.witness().complaints();
}

template <class Answer>
Answer* find_answer(ServerFrame& frame) {
  for (proto::Answer& answer : frame.answers) {
    if (auto* found = std::get_if<Answer>(&answer)) return found;
  }
  return nullptr;
}

template <class Change>
bool change_newest(ServerFrame& frame, Change change) {
  if (frame.deliveries.empty()) return false;
  Transition falsified = *frame.deliveries.back().transition;
  if (falsified.version.number < 2) return false;
  change(falsified);
  frame.deliveries.back().transition = std::make_shared<const Transition>(std::move(falsified));
  return true;
}

// Finds the one delivery before which a state was filtered.
proto::Delivery* find_filtered(ServerFrame& frame) {
  for (proto::Delivery& delivery : frame.deliveries) {
    if (delivery.filtered == 1) return &delivery;
  }
  return nullptr;
}

// Sends the third version to a reader that must not get it yet, because of its interval.
class TooEarly {
 public:
  bool operator()(ServerFrame& frame) {
    std::set<proto::RequestId> told;
    for (const proto::Delivery& delivery : frame.deliveries) told.insert(delivery.subscription);
    if (!frame.deliveries.empty() && frame.deliveries.back().transition->version.number == 3) {
      for (const proto::RequestId id : readers_) {
        if (told.contains(id)) continue;
        frame.deliveries.push_back(proto::Delivery{id, 0, frame.deliveries.back().transition});
        return true;
      }
    }
    readers_.insert(told.begin(), told.end());
    return false;
  }

 private:
  std::set<proto::RequestId> readers_;
};

TEST(Witness, AcceptsACorrectHistory) {
  EXPECT_THAT(complaints_about([](ServerFrame&) { return false; }), testing::IsEmpty());
}

struct NamedLie {
  const char* name;
  Lie lie;
  friend void PrintTo(const NamedLie& named, std::ostream* out) { *out << named.name; }
};

class WitnessNotices : public testing::TestWithParam<NamedLie> {};

TEST_P(WitnessNotices, ALie) {
  bool told = false;
  const auto& lie = GetParam().lie;
  const auto complaints = complaints_about([&](ServerFrame& frame) {
    const bool fits = lie(frame);
    told = told || fits;
    return fits;
  });
  EXPECT_TRUE(told) << "nothing in the story was like that";
  EXPECT_THAT(complaints, testing::Not(testing::IsEmpty()));
}

const std::vector<NamedLie> lies{
    {"AValueThatNeverWas",
     [](ServerFrame& frame) { return change_newest(frame, [](Transition& t) { t.value = Value(4711); }); }},
    {"AVersionThatDoesNotRise",
     [](ServerFrame& frame) { return change_newest(frame, [](Transition& t) { --t.version.number; }); }},
    {"AVersionThatSkipsOne",
     [](ServerFrame& frame) { return change_newest(frame, [](Transition& t) { ++t.version.number; }); }},
    {"AnotherEpoch", [](ServerFrame& frame) { return change_newest(frame, [](Transition& t) { ++t.version.epoch; }); }},
    {"AnotherTopic", [](ServerFrame& frame) { return change_newest(frame, [](Transition& t) { t.topic = "heat"; }); }},
    {"TheSameTwice",
     [](ServerFrame& frame) {
       if (frame.deliveries.empty()) return false;
       frame.deliveries.push_back(frame.deliveries.back());
       return true;
     }},
    {"AnOlderStateLater",
     [held = std::optional<proto::Delivery>()](ServerFrame& frame) mutable {
       if (frame.deliveries.empty()) return false;
       if (!held) {
         held = frame.deliveries.front();
         return false;
       }
       frame.deliveries.push_back(*held);
       return true;
     }},
    {"TheLastStateWithheld",
     [](ServerFrame& frame) {
       if (frame.deliveries.empty() || frame.deliveries.back().transition->version.number != 5) return false;
       frame.deliveries.clear();
       return true;
     }},
    {"AStateOfEveryLeftOut",
     [](ServerFrame& frame) {
       auto& all = frame.deliveries;
       for (auto first = all.begin(); first != all.end(); ++first) {
         const bool goes_on = std::any_of(first + 1, all.end(), [&](const proto::Delivery& later) {
           return later.subscription == first->subscription && later.transition->topic == first->transition->topic;
         });
         if (!goes_on) continue;
         all.erase(first);
         return true;
       }
       return false;
     }},
    {"AGapThatIsNone",
     [](ServerFrame& frame) {
       auto& all = frame.deliveries;
       if (all.empty() || all.front().transition->version.number < 3) return false;
       all.erase(all.begin());
       for (proto::Delivery& delivery : all) delivery.lagged = 1;
       return true;
     }},
    {"HalfOfAComposite",
     [](ServerFrame& frame) {
       return std::erase_if(frame.deliveries, [](const auto& delivery) { return delivery.member == 1; }) > 0;
     }},
    {"AForgottenFilter",
     [](ServerFrame& frame) {
       proto::Delivery* delivery = find_filtered(frame);
       if (delivery == nullptr) return false;
       Transition other = *delivery->transition;
       other.value = Value(77);
       --other.version.number;
       --other.revision;
       delivery->transition = std::make_shared<const Transition>(std::move(other));
       delivery->filtered = 0;
       return true;
     }},
    {"TooManyFiltered",
     [](ServerFrame& frame) {
       proto::Delivery* delivery = find_filtered(frame);
       if (delivery != nullptr) ++delivery->filtered;
       return delivery != nullptr;
     }},
    {"TooFewFiltered",
     [](ServerFrame& frame) {
       proto::Delivery* delivery = find_filtered(frame);
       if (delivery != nullptr) delivery->filtered = 0;
       return delivery != nullptr;
     }},
    {"WhatPassesWithheld",
     [](ServerFrame& frame) {
       return std::erase_if(frame.deliveries, [](const auto& delivery) { return delivery.filtered == 1; }) > 0;
     }},
    {"ADeliveryTooEarly", TooEarly()},
    {"AReaderThatDoesNotAddUp",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::ReadersDone>(frame);
       if (done) ++done->rows.front().pending;
       return done != nullptr;
     }},
    {"AReaderThatDoesNotExist",
     [](ServerFrame& frame) {
       if (frame.deliveries.empty()) return false;
       frame.deliveries.back().subscription += 1000;
       return true;
     }},
    {"NoEndOfTheSnapshot", [](ServerFrame& frame) { return !std::exchange(frame.snapshot_ends, {}).empty(); }},
    {"AWaitThatIsNotAnswered",
     [](ServerFrame& frame) {
       return std::erase_if(frame.answers, [](const auto& a) { return std::holds_alternative<proto::WaitDone>(a); }) >
              0;
     }},
    {"AWaitAnsweredWithAnotherState",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::WaitDone>(frame);
       if (!done) return false;
       Transition other = *done->match;
       other.value = Value(79);
       --other.version.number;
       done->match = std::make_shared<const Transition>(std::move(other));
       return true;
     }},
    {"AWaitForAChangeThatIsNotAnswered",
     [](ServerFrame& frame) {
       return std::erase_if(frame.answers,
                            [](const auto& a) { return std::holds_alternative<proto::TransitionDone>(a); }) > 0;
     }},
    {"AChangeFromAnotherValue",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::TransitionDone>(frame);
       if (done) done->old_value = std::make_shared<const Value>(1);
       return done != nullptr;
     }},
    {"AChangeThatDoesNotMatch",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::TransitionDone>(frame);
       if (!done) return false;
       Transition other = *done->match;
       other.value = Value(79);
       --other.version.number;
       --other.revision;
       done->match = std::make_shared<const Transition>(std::move(other));
       done->old_value = std::make_shared<const Value>(80);
       return true;
     }},
    {"AWaitThatCountsFromAnotherVersion",
     [](ServerFrame& frame) {
       auto* armed = find_answer<proto::TransitionArmed>(frame);
       if (armed) ++armed->version.number;
       return armed != nullptr;
     }},
    {"ASetThatIsNotAnswered",
     [](ServerFrame& frame) {
       return std::erase_if(frame.answers, [](const auto& a) { return std::holds_alternative<proto::SetDone>(a); }) > 0;
     }},
    {"APostThatIsSettledBeforeItArrived",
     [](ServerFrame& frame) {
       if (frame.settled == 0) return false;
       ++frame.settled;
       return true;
     }},
    {"ASetThatChangedNothing",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::SetDone>(frame);
       if (done) done->changed = false;
       return done != nullptr;
     }},
    {"ASetOfAnotherVersion",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::SetDone>(frame);
       if (done) ++done->version.number;
       return done != nullptr;
     }},
    {"ACommitOfAnotherVersion",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::CommitDone>(frame);
       if (done) ++done->written.back().version.number;
       return done != nullptr;
     }},
    {"ACommitThatChangedNothing",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::CommitDone>(frame);
       if (done) done->written.front().changed = false;
       return done != nullptr;
     }},
    {"ACommitOfAnotherRevision",
     [](ServerFrame& frame) {
       auto* done = find_answer<proto::CommitDone>(frame);
       if (done) ++done->revision;
       return done != nullptr;
     }},
    {"ALeaseThatIsNotTold",
     [](ServerFrame& frame) {
       return std::erase_if(frame.answers, [](const auto& a) { return std::holds_alternative<proto::Owned>(a); }) > 0;
     }},
    {"ALeaseThatIsRefused",
     [](ServerFrame& frame) {
       for (proto::Answer& answer : frame.answers) {
         const auto* owned = std::get_if<proto::Owned>(&answer);
         if (!owned) continue;
         answer = proto::Failed{owned->id, {ErrorCode::not_owner, "it is somebody's"}, {}};
         return true;
       }
       return false;
     }},
    {"AWillThatLooksLive",
     [](ServerFrame& frame) {
       for (proto::Delivery& delivery : frame.deliveries) {
         if (delivery.transition->quality != Quality::orphaned) continue;
         Transition falsified = *delivery.transition;
         falsified.quality = Quality::live;
         delivery.transition = std::make_shared<const Transition>(std::move(falsified));
         return true;
       }
       return false;
     }},
    {"AFrameLeftOut",
     [](ServerFrame& frame) {
       if (frame.deliveries.empty()) return false;
       ++frame.number;
       return true;
     }},
    {"AFrameAcknowledgedThatNeverCame",
     [](ServerFrame& frame) {
       ++frame.acknowledged;
       return true;
     }},
};

INSTANTIATE_TEST_SUITE_P(Lies, WitnessNotices, testing::ValuesIn(lies),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace hoiku::model
