// Promise 9: whatever a session keeps open, and however it ends, the broker keeps nothing of it. And no frame, however
// wrong, harms it (promise 12).
#include <functional>
#include <limits>
#include <random>

#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class CoreCycles : public CoreTest {};

// The histories of tests/sim count sessions, subscriptions and waits at their end. They do not count topics, and their
// clients never take a wait for a subscription.
TEST_F(CoreCycles, ATopicIsRemovedWithItsLastRequestHoweverTheSessionEnds) {
  using Act = std::function<void(FakeClient&)>;
  const std::vector<Act> requests{
      [](FakeClient& client) { client.subscribe({"a"}); },
      [](FakeClient& client) {
        client.subscribe({"a", "b", "a"});
      },
      [](FakeClient& client) {
        client.subscribe({"**"}, proto::ResumePoint{4711, 0});
      },
      [](FakeClient& client) { client.subscribe({"a"}, {}, proto::Mode::every); },
      [](FakeClient& client) { client.wait("a", "value > 2"); },
      [](FakeClient& client) { client.wait("a", "", 30ms); },
      [](FakeClient& client) { client.wait_transition("a", "old_value < value"); },
      [](FakeClient& client) { client.own("a"); },
      [](FakeClient& client) { client.unsubscribe(client.wait("a", "value == 1")); },  // a wait is not a subscription
      [](FakeClient& client) { client.cancel(client.subscribe({"a"})); },
  };
  const std::vector<Act> ends{
      [](FakeClient& client) { client.goodbye(); }, [this](FakeClient& client) { client.cut(), advance(100ms); },
      [this](FakeClient&) { advance(100ms); },  // silent while its connection stands
  };
  std::uint8_t sessions = 0;
  for (const Act& request : requests) {
    for (const Act& end : ends) {
      for (const bool acknowledges : {true, false}) {
        SCOPED_TRACE("request " + std::to_string(&request - requests.data()) + ", end " +
                     std::to_string(&end - ends.data()));
        FakeClient client{*this, "c", ++sessions};
        client.connect(100ms);
        client.acknowledges = acknowledges;
        client.set("a", 1);
        request(client);
        turn();
        EXPECT_GE(statistics().topics, 1u);
        client.set("a", Value());
        turn();
        end(client);
        turn();
        by_peer.erase(client.peer);
        expect_nothing_left();
      }
    }
  }
}

// Draws frames that are well-formed and invalid.
class Nonsense {
 public:
  std::string text() {
    static const std::vector<std::string> all{"",     "a",  "a/b", "*", "**", "a/**", "$x", "//", std::string(300, 'x'),
                                              "\xff", "a b"};
    return all[random() % all.size()];
  }
  std::uint64_t number() {
    switch (random() % 4) {
      case 0:
        return random() % 4;
      case 1:
        return ~std::uint64_t{0};
      case 2:
        return std::uint64_t{1} << (random() % 64);
      default:
        return random() % 100;
    }
  }
  Value value() {
    switch (random() % 6) {
      case 0:
        return {};
      case 1:
        return true;
      case 2:
        return static_cast<std::int64_t>(number());
      case 3:
        return std::string(random() % 100, 'v');
      case 4:
        return MessageBytes{text(), text()};
      default:
        return std::numeric_limits<double>::quiet_NaN();
    }
  }
  proto::Command command() {
    switch (random() % 8) {
      case 0:
        return proto::Set{number(), text(), value(), Version{number(), number()}, {}};
      case 1:
        return proto::Set{number(), text(), value(), {}, {}};
      case 2:
        if (random() % 2 == 0) return proto::List{number(), text(), number()};
        return proto::Get{number(), text()};
      case 3: {
        std::vector<std::string> names(random() % 70);
        for (auto& name : names) name = text();
        return proto::Subscribe{number(), names, proto::ResumePoint{4711, number()}};
      }
      case 4:
        return proto::Subscribe{number(), {text()}, {}};
      case 5:
        return proto::Wait{number(), text(), Predicate::compare(Predicate::Op::less, value()),
                           std::chrono::nanoseconds(static_cast<std::int64_t>(number()))};
      case 6:
        return random() % 2 == 0 ? proto::Command(proto::Unsubscribe{number(), number()})
                                 : proto::Command(proto::CancelWait{number(), number()});
      default:
        return proto::Goodbye{};
    }
  }
  proto::ClientFrame frame() {
    proto::ClientFrame made;
    made.connection_number = random() % 8 == 0 ? number() : 1;
    made.number = random() % 3 == 0 ? number() : 1 + random() % 3;
    made.acknowledged = random() % 8 == 0 ? number() : 0;
    if (random() % 3 == 0) {
      made.hello.emplace();
      made.hello->token.fill(static_cast<std::uint8_t>(random() % 20));
      made.hello->client_name = text();
      made.hello->session_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(number() >> 1));
    }
    if (!made.hello || random() % 10 == 0) {
      for (auto left = random() % 4; left > 0; --left) made.commands.push_back(command());
    }
    return made;
  }

  std::mt19937 random{12345};
};

// With short turns, most frames are executed in pieces.
class CoreNonsense : public CoreTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(CoreNonsense, RandomFramesOfManyPeersHarmNobody) {
  restart(limited([](Limits& limits) { limits.turn_input_steps_max = GetParam(); }));
  FakeClient good{*this, "good", 200};
  good.connect(1h);
  good.subscribe({"good/topic"});
  turn();
  Nonsense nonsense;
  for (int step = 0; step < 20'000; ++step) {
    const PeerId peer{1000 + nonsense.random() % 50 + static_cast<std::uint64_t>(step / 500) * 50};
    core->receive(peer, nonsense.frame(), at());
    switch (nonsense.random() % 10) {
      case 0:
        core->disconnected(peer, at());
        break;
      case 1:
        core->full(peer);
        break;
      case 2:
        core->writable(peer);
        break;
      case 3:
        core->refuse(peer, {ErrorCode::protocol_violation, "no frame"}, at());
        break;
      case 4:
        advance(1ms);
        break;
      default:
        break;
    }
  }
  while (core->is_behind()) advance(0ms);
  turn();
  good.deliveries.clear();
  good.set("good/topic", "fine");
  turn();
  EXPECT_EQ(good.last_value("good/topic"), Value("fine"));
  core->shut_down(at());
  turn();
  const Statistics left = statistics();
  EXPECT_EQ(left.sessions, 0u);
  EXPECT_EQ(left.subscriptions, 0u);
  EXPECT_EQ(left.waits, 0u);
  EXPECT_EQ(left.predicates, 0u);
  EXPECT_EQ(left.kept_frames, 0u);
}

INSTANTIATE_TEST_SUITE_P(Turns, CoreNonsense, testing::Values(Limits{}.turn_input_steps_max, 1));

}  // namespace
}  // namespace hoiku::broker
