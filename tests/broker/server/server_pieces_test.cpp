// Frames with more work than a turn has room for, and the input of their peers meanwhile.
#include "tests/broker/server/server_fixture.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;

class ServerPiecesTest : public ServerTest {
 protected:
  ServerPiecesTest() { limits_.turn_input_steps_max = 1; }

  // A frame that sets the topic to the numbers from `first` to `last`, under the same ids.
  static ClientFrame sets_frame(std::uint64_t number, std::uint64_t first, std::uint64_t last) {
    ClientFrame frame = heartbeat();
    frame.number = number;
    frame.reply_at_once = true;
    for (std::uint64_t i = first; i <= last; ++i)
      frame.commands.emplace_back(proto::Set{i, "counter", Value(static_cast<std::int64_t>(i)), {}, {}});
    return frame;
  }
  std::vector<std::uint64_t> answered(std::uint64_t peer) {
    std::vector<std::uint64_t> ids;
    for (const ServerFrame& frame : wire_.sent[peer]) {
      for (const proto::Answer& answer : frame.answers) ids.push_back(std::get<proto::SetDone>(answer).id);
    }
    return ids;
  }
};

TEST_F(ServerPiecesTest, AFrameWithMuchWorkHoldsUpNobodyElse) {
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, hello(1));
    wire_.arrive(2, hello(2));
    co_await sleep(1ms);
    wire_.arrive(1, sets_frame(1, 1, 20));
    wire_.arrive(1, sets_frame(2, 21, 22));
    wire_.arrive(1, sets_frame(3, 23, 23));
    wire_.arrive(2, set_frame(1, "level", Value(1)));
    for (int turn = 0; turn < 5; ++turn) co_await checkpoint();
    EXPECT_THAT(answered(2), ElementsAre(1));
    EXPECT_LT(answered(1).size(), 10U);
    co_await sleep(1ms);
    const std::vector<std::uint64_t> ids = answered(1);
    EXPECT_EQ(ids.size(), 23U);
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    EXPECT_EQ(broker.statistics().commits, 24U);
  });
}

TEST_F(ServerPiecesTest, PostponedInputKeepsNobodyElseWaiting) {
  with_broker([&](Server&) -> Task<> {
    wire_.arrive(1, hello(1));
    wire_.arrive(2, hello(2));
    co_await sleep(1ms);
    wire_.arrive(1, sets_frame(1, 1, 3));
    for (std::uint64_t number = 2; number <= 100; ++number)
      wire_.arrive(1, sets_frame(number, 2 * number, 2 * number + 1));
    while (!wire_.inbox.empty()) co_await checkpoint();
    wire_.arrive(2, set_frame(1, "level", Value(1)));
    for (int turn = 0; turn < 4; ++turn) co_await checkpoint();
    EXPECT_THAT(answered(2), ElementsAre(1));
    EXPECT_LT(answered(1).size(), 50U);
    co_await sleep(1ms);
    EXPECT_EQ(answered(1).size(), 201U);
  });
}

TEST_F(ServerPiecesTest, AConnectionEndsAfterAllThatItSent) {
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, hello(1));
    co_await sleep(1ms);
    ClientFrame goodbye = heartbeat();
    goodbye.number = 3;
    goodbye.commands.emplace_back(proto::Goodbye());
    wire_.arrive(1, sets_frame(1, 1, 5));
    wire_.arrive(1, sets_frame(2, 6, 9));
    wire_.arrive(1, goodbye);
    wire_.inbox.push_back(ServerLink::Input{1, {}});
    co_await sleep(1ms);
    EXPECT_EQ(broker.statistics().commits, 9U);
    EXPECT_EQ(broker.statistics().sessions, 0U);
  });
}

TEST_F(ServerPiecesTest, APeerThatSendsMoreThanMayWaitIsCutOff) {
  limits_.frame_bytes_max = 64 << 10;
  with_broker([&](Server& broker) -> Task<> {
    wire_.addresses[1] = "10.0.0.9:1";
    wire_.arrive(1, hello(1, 1h));
    wire_.arrive(2, hello(2, 1h));
    co_await sleep(1ms);
    wire_.arrive(1, sets_frame(1, 1, 100));
    const std::string large(60 << 10, 'x');
    for (std::uint64_t number = 2; number < 22; ++number) wire_.arrive(1, set_frame(number, "large", Value(large)));
    wire_.arrive(2, set_frame(1, "level", Value(1)));
    co_await sleep(1ms);
    EXPECT_THAT(log_, MatchesRegex("(.|\n)*connection_cut session=client-1-[0-9a-f]+ address=10.0.0.9:1 "
                                   "reason=\"it sends more than the broker can execute\"\n(.|\n)*"));
    EXPECT_EQ(broker.statistics().commits, 101U) << "the frame that was taken, and the other client's";
    EXPECT_EQ(broker.statistics().sessions, 2U);
    EXPECT_THAT(answered(2), ElementsAre(1));
  });
}

TEST_F(ServerPiecesTest, ADrainExecutesWhatIsLeft) {
  sim::run_virtual_or_throw([&]() -> Task<> {
    ServerOptions options;
    options.core.limits = limits_;
    Server broker(options, std::make_unique<WireEnd>(wire_), std::make_unique<MemoryStore>());
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> { co_await broker.serve(); });
      wire_.arrive(1, hello(1));
      co_await sleep(1ms);
      wire_.arrive(1, sets_frame(1, 1, 20));
      wire_.arrive(1, sets_frame(2, 21, 25));
      co_await checkpoint();
      nursery.cancel_scope().cancel();
    });
    EXPECT_LT(broker.statistics().commits, 20U);
    const Drained drained = co_await broker.drain(1s);
    EXPECT_EQ(broker.statistics().commits, 25U);
    EXPECT_GT(drained.records, 0U);
  });
  EXPECT_EQ(answered(1).size(), 25U);
}

}  // namespace
}  // namespace hoiku::broker
