// The broker behind real sockets: core, store, codec and link together.
#include "broker/server/server.hpp"

#include <gmock/gmock.h>

#include "broker/store/memory_store.hpp"
#include "spoken.hpp"
#include "wire.hpp"

namespace hoiku::broker {
namespace {

using namespace std::chrono_literals;
using link::LinkClosed;
using proto::ServerFrame;
using wire_tests::eventually;
using wire_tests::set_command;
using wire_tests::SpokenClient;
using wire_tests::subscribe_command;

class WireBroker : public testing::Test {
 protected:
  std::unique_ptr<Server> start(Limits limits = {}) {
    ServerOptions options;
    options.core.limits = limits;
    options.core.instance_id = 7;
    options.wall_time = wall_now;
    options.log = [this](LogLevel, const std::string& line) { log_ += line + "\n"; };
    auto link =
        link::make_server_link({"ipc://" + folder_.path("broker.sock")}, {.frame_bytes_max = limits.frame_bytes_max});
    endpoint_ = link->endpoints().at(0);
    return std::make_unique<Server>(std::move(options), std::move(link), std::make_unique<MemoryStore>());
  }

  // Runs `talk` while a broker serves.
  void with_broker(const std::function<Task<>(Server&)>& talk, Limits limits = {}) {
    wire_tests::run_within_patience([&]() -> Task<> {
      const std::unique_ptr<Server> broker = start(limits);
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon([&]() -> Task<> { co_await broker->serve(); });
        co_await talk(*broker);
        nursery.cancel_scope().cancel();
      });
    });
  }

  wire_tests::Folder folder_;
  std::string endpoint_;
  std::string log_;
};

// Checks that the link ends, after the frames that it still has.
Task<> expect_cut(SpokenClient& client) {
  bool cut = false;
  try {
    for (;;) co_await client.receive();
  } catch (const LinkClosed&) {
    cut = true;
  }
  EXPECT_TRUE(cut);
}

TEST_F(WireBroker, AHelloIsWelcomed) {
  with_broker([&](Server& broker) -> Task<> {
    SpokenClient client(endpoint_, 1);
    const ServerFrame answer = co_await client.greet();
    if (!answer.welcome) throw std::runtime_error("no welcome");
    EXPECT_FALSE(answer.welcome->resumed);
    EXPECT_EQ(answer.welcome->instance_id, 7U);
    EXPECT_EQ(answer.welcome->session_timeout, Limits{}.session_timeout_default);
    EXPECT_EQ(answer.connection_number, 1U);
    EXPECT_EQ(broker.statistics().sessions, 1U);
  });
}

TEST_F(WireBroker, AValueCrossesTheBus) {
  with_broker([&](Server&) -> Task<> {
    SpokenClient writer(endpoint_, 1);
    SpokenClient reader(endpoint_, 2);
    co_await writer.greet();
    co_await reader.greet();
    co_await reader.say(subscribe_command(1, "sensor/*"));
    ServerFrame frame = co_await reader.receive_more();
    EXPECT_EQ(frame.snapshot_ends.size(), 1U);

    co_await writer.say(set_command(1, "sensor/touch", Value(true)));
    const ServerFrame done = co_await writer.receive_more();
    EXPECT_EQ(done.answers.size(), 1U);
    frame = co_await reader.receive_more();
    EXPECT_EQ(frame.deliveries.size(), 1U);
    EXPECT_EQ(frame.deliveries.at(0).transition->topic, "sensor/touch");
    EXPECT_EQ(frame.deliveries.at(0).transition->value, Value(true));
    EXPECT_EQ(frame.deliveries.at(0).transition->writer, "client-1");
    EXPECT_GT(frame.deliveries.at(0).transition->changed_at, WallTime());
  });
}

TEST_F(WireBroker, ASessionContinuesOverANewConnection) {
  with_broker([&](Server& broker) -> Task<> {
    SpokenClient client(endpoint_, 1);
    co_await client.greet();
    co_await client.say(subscribe_command(1, "battery"));
    co_await client.receive_more();
    client.hang_up();
    const ServerFrame answer = co_await client.greet();
    EXPECT_TRUE(answer.welcome && answer.welcome->resumed);
    EXPECT_EQ(broker.statistics().sessions, 1U);
    EXPECT_EQ(broker.statistics().subscriptions, 1U);
    co_await client.say(set_command(2, "battery", Value(std::int64_t{80})));
    ServerFrame frame = co_await client.receive_more();
    while (frame.deliveries.empty()) frame = co_await client.receive_more();
    EXPECT_EQ(frame.deliveries.at(0).transition->value, Value(std::int64_t{80}));
  });
}

TEST_F(WireBroker, ASilentSessionExpiresWithItsOpenRequests) {
  with_broker([&](Server& broker) -> Task<> {
    SpokenClient client(endpoint_, 1);
    client.hello().session_timeout = Limits{}.session_timeout_min;
    co_await client.greet();
    co_await client.say(subscribe_command(1, "battery"));
    co_await client.receive_more();
    client.hang_up();
    co_await eventually([&] { return broker.statistics().sessions == 0; });
    EXPECT_EQ(broker.statistics().subscriptions, 0U);
  });
  EXPECT_THAT(log_, testing::HasSubstr("session_expired session=client-1-"));
}

TEST_F(WireBroker, MalformedFramesAreAnsweredAndTheBrokerLives) {
  with_broker([&](Server& broker) -> Task<> {
    SpokenClient good(endpoint_, 1);
    co_await good.greet();
    const std::string hello = [] {
      proto::ClientFrame frame;
      frame.connection_number = 1;
      frame.hello = proto::Hello();
      return proto::encode(frame);
    }();
    std::vector<std::string> malformed{std::string(), "nonsense", std::string(1000, '\xff'), std::string(1, '\0')};
    for (std::size_t length = 1; length < hello.size(); ++length) malformed.push_back(hello.substr(0, length));
    for (const std::string& bytes : malformed) {
      const auto connector = link::make_connector(endpoint_);
      const auto link = co_await connector->connect();
      co_await link->send(bytes);
      const std::string answer = co_await link->receive();
      const auto frame = proto::decode_server_frame(answer);
      EXPECT_TRUE(frame && frame->fatal && !frame->fatal->message.empty()) << "after " << bytes.size() << " bytes";
    }
    EXPECT_GE(broker.statistics().rejected_frames, malformed.size());
    EXPECT_EQ(broker.statistics().sessions, 1U);
    co_await good.say(set_command(1, "battery", Value(std::int64_t{80})));
    const ServerFrame done = co_await good.receive_more();
    EXPECT_EQ(done.answers.size(), 1U);
  });
  EXPECT_THAT(log_, testing::HasSubstr("peer_rejected "));
}

TEST_F(WireBroker, AMissingFrameNumberEndsTheConnection) {
  with_broker([&](Server&) -> Task<> {
    SpokenClient client(endpoint_, 1);
    co_await client.greet();
    proto::ClientFrame frame;
    frame.connection_number = 1;
    frame.number = 5;
    frame.commands.push_back(set_command(1, "battery", Value(true)));
    co_await client.link().send(proto::encode(frame));
    const ServerFrame answer = co_await client.receive_more();
    EXPECT_TRUE(answer.fatal.has_value());
  });
}

TEST_F(WireBroker, AFrameOverTheLimitDropsOnlyItsSender) {
  Limits limits;
  limits.frame_bytes_max = 10'000;
  limits.value_bytes_max = 5'000;
  with_broker(
      [&](Server&) -> Task<> {
        SpokenClient good(endpoint_, 1);
        SpokenClient bad(endpoint_, 2);
        co_await good.greet();
        co_await bad.greet();
        co_await bad.say(set_command(1, "picture", Value(std::string(20'000, 'x'))));
        co_await expect_cut(bad);
        co_await good.say(set_command(1, "battery", Value(true)));
        const ServerFrame done = co_await good.receive_more();
        EXPECT_EQ(done.answers.size(), 1U);
      },
      limits);
}

TEST_F(WireBroker, DrainingNotifiesEveryClient) {
  wire_tests::run_within_patience([&]() -> Task<> {
    std::unique_ptr<Server> broker = start();
    SpokenClient client(endpoint_, 1);
    SpokenClient stranger(endpoint_, 2);
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> { co_await broker->serve(); });
      co_await client.greet();
      nursery.cancel_scope().cancel();
    });
    // Commands that wait in the link when the broker ends are still answered.
    co_await client.say(set_command(1, "battery", Value(true)));
    co_await eventually([&] { return broker->statistics().sessions == 1; });
    const Drained drained = co_await broker->drain(2s);
    EXPECT_EQ(drained.sessions, 1U);
    EXPECT_EQ(drained.peers_full, 0U);
    EXPECT_EQ(broker->statistics().sessions, 0U);
    broker.reset();
    ServerFrame last = co_await client.receive_more();
    while (!last.fatal) last = co_await client.receive_more();
    EXPECT_EQ(last.fatal->code, ErrorCode::unavailable);
    co_await expect_cut(client);
  });
}

TEST_F(WireBroker, ACancelledBrokerClosesConnectionsWithoutAFrame) {
  wire_tests::run_within_patience([&]() -> Task<> {
    std::unique_ptr<Server> broker = start();
    SpokenClient client(endpoint_, 1);
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> { co_await broker->serve(); });
      co_await client.greet();
      nursery.cancel_scope().cancel();
    });
    broker.reset();
    bool cut = false;
    try {
      co_await client.receive();
    } catch (const LinkClosed&) {
      cut = true;
    }
    EXPECT_TRUE(cut);
  });
}

}  // namespace
}  // namespace hoiku::broker
