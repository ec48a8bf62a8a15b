// Promise 9: after any number of sessions, subscriptions, waits, cancels and cuts the broker counts zero. And no frame,
// however wrong, harms it.
#include <limits>
#include <random>

#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class CoreCycles : public CoreTest {
 protected:
  std::string topic() { return "t/" + std::to_string(random() % 6); }
  std::string predicate() {
    static const std::vector<std::string> all{
        "", "value > 2", "value == 1", "!(value < 3)", "old_value < value", "value == text"};
    return all[random() % all.size()];
  }
  std::mt19937 random{12345};
};

TEST_F(CoreCycles, TenThousandRandomCyclesLeaveNothingBehind) {
  constexpr int cycles = 10'000;
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (std::uint8_t i = 0; i < 5; ++i)
    clients.push_back(std::make_unique<FakeClient>(*this, "c", static_cast<std::uint8_t>(i + 1)));
  std::vector<bool> connected(clients.size());
  std::uint64_t revision = 0;
  const auto end = [&](std::size_t i) {
    FakeClient& client = *clients[i];
    switch (random() % 3) {
      case 0:
        client.goodbye();
        turn();
        by_peer.erase(client.peer);
        break;
      case 1:
        client.cut();
        advance(100ms);
        break;
      default:  // silent while its connection stands
        advance(100ms);
        by_peer.erase(client.peer);
        break;
    }
    // Some expired with it.
    for (std::size_t other = 0; other < clients.size(); ++other) {
      if (clients[other]->fatal) by_peer.erase(clients[other]->peer), connected[other] = false;
    }
    connected[i] = false;
  };
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const std::size_t i = random() % clients.size();
    FakeClient& client = *clients[i];
    if (!connected[i]) {
      client.answers.clear();
      client.ends.clear();
      client.deliveries.clear();
      client.frames.clear();
      client.last_id = 0;
      client.acknowledges = random() % 4 != 0;
      client.connect(100ms);
      ASSERT_TRUE(client.welcome);
      ASSERT_FALSE(client.welcome->resumed);
      connected[i] = true;
    }
    for (auto steps = random() % 8; steps > 0; --steps) {
      switch (random() % 12) {
        case 0:
          client.set(topic(), static_cast<std::int64_t>(random() % 5));
          break;
        case 1:
          client.set(topic(), Value());
          break;
        case 2:
          client.subscribe({topic()});
          break;
        case 3:
          client.subscribe({topic(), topic(), topic()});
          break;
        case 4:
          client.subscribe({random() % 2 == 0 ? "t/*" : "**"}, proto::ResumePoint{4711, random() % (revision + 1)});
          break;
        case 5:
          client.wait(topic(), predicate());
          break;
        case 6:
          client.wait(topic(), random() % 2 == 0 ? "value > 2" : "", std::chrono::milliseconds(random() % 30));
          break;
        case 7:
          client.unsubscribe(random() % (client.last_id + 1));
          break;
        case 8:
          client.cancel(random() % (client.last_id + 1));
          break;
        case 9:
          advance_by_deadlines(std::chrono::milliseconds(random() % 5));
          break;
        case 10:
          client.acknowledge();
          turn();
          break;
        default:
          if (client.fatal) break;
          client.cut();
          client.connect(100ms);
          ASSERT_TRUE(client.welcome);
          if (!client.welcome->resumed) {  // it had expired meanwhile
            client.answers.clear();
            client.ends.clear();
            client.last_id = 0;
          }
      }
      if (client.fatal) break;
    }
    turn();
    revision = statistics().commits;
    if (client.fatal || random() % 3 == 0) end(i);
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    by_peer.erase(clients[i]->peer);
  }
  advance(100ms);
  // The values stay. Nobody reads them, so unsetting removes them.
  FakeClient last{*this, "last", 99};
  last.connect();
  for (int i = 0; i < 6; ++i) last.set("t/" + std::to_string(i), Value());
  last.goodbye();
  turn();
  expect_nothing_left();
  EXPECT_GT(statistics().commits, 1000u);
}

// What a peer can say that has the right form and makes no sense at all.
TEST_F(CoreCycles, RandomFramesOfManyPeersHarmNobody) {
  FakeClient good{*this, "good", 200};
  good.connect(1h);
  const auto subscription = good.subscribe({"good/topic"});
  turn();
  const auto text = [&]() -> std::string {
    static const std::vector<std::string> all{"",     "a",  "a/b", "*", "**", "a/**", "$x", "//", std::string(300, 'x'),
                                              "\xff", "a b"};
    return all[random() % all.size()];
  };
  const auto number = [&]() -> std::uint64_t {
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
  };
  const auto value = [&]() -> Value {
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
  };
  const auto command = [&]() -> proto::Command {
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
  };
  for (int step = 0; step < 30'000; ++step) {
    const PeerId peer{1000 + random() % 50 + static_cast<std::uint64_t>(step / 500) * 50};
    proto::ClientFrame frame;
    frame.connection_number = random() % 8 == 0 ? number() : 1;
    frame.number = random() % 3 == 0 ? number() : 1 + random() % 3;
    frame.acknowledged = random() % 8 == 0 ? number() : 0;
    if (random() % 3 == 0) {
      frame.hello.emplace();
      frame.hello->token.fill(static_cast<std::uint8_t>(random() % 20));
      frame.hello->client_name = text();
      frame.hello->session_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(number() >> 1));
    }
    if (!frame.hello || random() % 10 == 0) {
      for (auto left = random() % 4; left > 0; --left) frame.commands.push_back(command());
    }
    core->receive(peer, frame, at());
    switch (random() % 10) {
      case 0:
        core->disconnected(peer);
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
  turn();
  good.deliveries.clear();
  good.set("good/topic", "fine");
  turn();
  EXPECT_EQ(good.last_value("good/topic"), Value("fine"));
  (void)subscription;
  core->shut_down(at());
  turn();
  const Statistics left = statistics();
  EXPECT_EQ(left.sessions, 0u);
  EXPECT_EQ(left.subscriptions, 0u);
  EXPECT_EQ(left.waits, 0u);
  EXPECT_EQ(left.predicates, 0u);
  EXPECT_EQ(left.kept_frames, 0u);
}

}  // namespace
}  // namespace hoiku::broker
