// How a server ends: what its clients are told, and what its store still gets.
#include "tests/broker/server/server_fixture.hpp"

namespace hoiku::broker {
namespace {

class ServerDrainTest : public ServerTest {
 protected:
  // Serves until `talk` has ended, then drains for at most a second, while `meanwhile` runs.
  Drained drain_after(const std::function<Task<>()>& talk, const std::function<Task<>()>& meanwhile) {
    Drained drained;
    sim::run_virtual_or_throw([&]() -> Task<> {
      if (!store_) store_ = std::make_unique<MemoryStore>();
      Server broker(ServerOptions(), std::make_unique<WireEnd>(wire_), std::move(store_));
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon([&]() -> Task<> { co_await broker.serve(); });
        co_await talk();
        nursery.cancel_scope().cancel();
      });
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon(meanwhile);
        const TimePoint began = now();
        drained = co_await broker.drain(1s);
        took_ = now() - began;
        EXPECT_EQ(broker.statistics().sessions, 0U);
      });
    });
    return drained;
  }
  // Drains while the store has not finished the record of a client's write.
  Drained drain_with_a_pending_record(const std::function<Task<>()>& meanwhile) {
    store_ = std::make_unique<SlowStore>(desk_);
    return drain_after(
        [&]() -> Task<> {
          wire_.arrive(1, hello(1));
          wire_.arrive(1, set_frame(1, "battery", Value(true)));
          co_await sleep(1ms);
        },
        meanwhile);
  }
  static Task<> nothing() { co_return; }

  SlowStore::Desk desk_;
  Duration took_{};
};

TEST_F(ServerDrainTest, EveryClientIsSentAFarewellWithoutDelay) {
  const Drained drained = drain_after(
      [&]() -> Task<> {
        for (std::uint8_t i = 1; i <= 3; ++i) wire_.arrive(i, hello(i));
        co_await sleep(1ms);
      },
      nothing);
  EXPECT_EQ(drained.sessions, 3U);
  EXPECT_EQ(drained.frames_sent, 3U);
  EXPECT_EQ(drained.peers_full, 0U);
  EXPECT_EQ(took_, 0s);
  for (std::uint8_t i = 1; i <= 3; ++i) EXPECT_EQ(wire_.last(i).fatal->code, ErrorCode::unavailable);
}

TEST_F(ServerDrainTest, WaitingInputIsStillExecuted) {
  drain_after(
      [&]() -> Task<> {
        wire_.arrive(1, hello(1));
        co_await sleep(1ms);
        wire_.inbox.push_back(ServerLink::Input{1, proto::encode(set_frame(1, "battery", Value(true)))});
      },
      nothing);
  EXPECT_GE(wire_.last(1).acknowledged, 1U);
}

TEST_F(ServerDrainTest, AllWaitingInputIsAnsweredBeforeTheFarewell) {
  constexpr std::uint64_t sets = 2000;  // more than a turn takes
  drain_after(
      [&]() -> Task<> {
        wire_.arrive(1, hello(1));
        co_await sleep(1ms);
        for (std::uint64_t i = 1; i <= sets; ++i)
          wire_.inbox.push_back(ServerLink::Input{1, proto::encode(set_frame(i, "battery", Value(int(i))))});
      },
      nothing);
  std::size_t answers = 0;
  for (const ServerFrame& frame : wire_.sent.at(1)) answers += frame.answers.size();
  EXPECT_EQ(answers, sets);
  EXPECT_TRUE(wire_.last(1).fatal);
}

TEST_F(ServerDrainTest, DrainWaitsForAFullPeerUntilTheLimit) {
  const Drained drained = drain_after(
      [&]() -> Task<> {
        wire_.arrive(1, hello(1));
        wire_.arrive(2, hello(2));
        co_await sleep(1ms);
        wire_.full = {1, 2};
      },
      [&]() -> Task<> {
        co_await sleep(100ms);
        wire_.full.erase(1);
      });
  EXPECT_TRUE(wire_.last(1).fatal.has_value());
  EXPECT_FALSE(wire_.last(2).fatal.has_value());
  EXPECT_EQ(drained.peers_full, 1U);
  EXPECT_EQ(took_, 1s);
}

TEST_F(ServerDrainTest, DrainWaitsForTheStoreToFinish) {
  const Drained drained = drain_with_a_pending_record([&]() -> Task<> {
    co_await sleep(300ms);
    desk_.tell(StoreEvent::Kind::committed);
  });
  EXPECT_EQ(drained.records, 1U);
  EXPECT_EQ(took_, 300ms);
}

TEST_F(ServerDrainTest, TheStoreGetsTheLastWills) {
  store_ = std::make_unique<SlowStore>(desk_);
  const Drained drained = drain_after(
      [&]() -> Task<> {
        proto::Own own;
        own.id = 1;
        own.topic = "motor";
        own.last_will = Value("off");
        proto::ClientFrame frame = set_frame(1, "battery", Value(true));
        frame.commands = {own};
        wire_.arrive(1, hello(1));
        wire_.arrive(1, frame);
        co_await sleep(1ms);
        EXPECT_TRUE(desk_.records.empty());
      },
      [&]() -> Task<> {
        co_await sleep(300ms);
        EXPECT_TRUE(wire_.last(1).fatal.has_value());
        desk_.tell(StoreEvent::Kind::committed);
      });
  EXPECT_EQ(desk_.records.size(), 1U);
  EXPECT_EQ(drained.records, 1U);
  EXPECT_EQ(took_, 300ms);
}

TEST_F(ServerDrainTest, DrainDoesNotWaitForAStoreThatIsLost) {
  const Drained drained = drain_with_a_pending_record([&]() -> Task<> {
    co_await sleep(300ms);
    desk_.tell(StoreEvent::Kind::unknown, "the disk is gone");
  });
  EXPECT_EQ(drained.sessions, 1U);
  EXPECT_EQ(took_, 300ms);
  EXPECT_TRUE(wire_.last(1).fatal.has_value());
}

TEST_F(ServerDrainTest, DrainDoesNotWaitForAHangingStoreBeyondTheLimit) {
  const Drained drained = drain_with_a_pending_record(nothing);
  EXPECT_EQ(drained.records, 0U);
  EXPECT_EQ(took_, 1s);
  EXPECT_TRUE(wire_.last(1).fatal.has_value());
}

}  // namespace
}  // namespace hoiku::broker
