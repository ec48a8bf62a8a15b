// The server's turns.
#include "tests/broker/server/server_fixture.hpp"

namespace hoiku::broker {
namespace {

TEST_F(ServerTest, AFullPeerIsOfferedFramesAgainAfterAPauseAndDelaysNoOther) {
  with_broker([&](Server&) -> Task<> {
    wire_.full.insert(1);
    wire_.arrive(1, hello(1));
    wire_.arrive(2, hello(2));
    co_await sleep(1ms);
    EXPECT_EQ(wire_.tries[1], 1);
    EXPECT_TRUE(wire_.last(2).welcome.has_value());
    co_await sleep(10ms);
    EXPECT_EQ(wire_.tries[1], 3);  // at 0, 2 and 6 ms
    wire_.full.erase(1);
    co_await sleep(4ms);
    EXPECT_EQ(wire_.sent[1].size(), 1U);
    EXPECT_TRUE(wire_.last(1).welcome.has_value());
  });
  EXPECT_THAT(log_, ContainsRegex("link_full session=client-1-[0-9a-f]+\n"));
}

TEST_F(ServerTest, PeersThatStayFullAreAskedRarelyAndInTheSameTurn) {
  constexpr std::uint64_t stopped = 200;
  with_broker([&](Server&) -> Task<> {
    for (std::uint64_t peer = 1; peer <= stopped; ++peer) {
      wire_.full.insert(peer);
      wire_.arrive(peer, hello(static_cast<std::uint8_t>(peer), 1h));
      co_await sleep(100us);
    }
    co_await sleep(1s);
    const auto tries_before = wire_.tries;
    wire_.times.clear();
    co_await sleep(1s);
    for (std::uint64_t peer = 1; peer <= stopped; ++peer) {
      EXPECT_GE(wire_.tries[peer] - tries_before.at(peer), 19);  // after 50 ms at the latest
      EXPECT_LE(wire_.tries[peer] - tries_before.at(peer), 27);  // and 37.5 ms at the earliest
    }
    EXPECT_LE(wire_.times.size(), 110U);
    // After a peer has taken a frame, its pauses start at 2 ms again.
    wire_.full.erase(1);
    co_await sleep(50ms);
    EXPECT_TRUE(wire_.last(1).welcome.has_value());
    wire_.full.insert(1);
    wire_.arrive(1, set_frame(1, "battery", Value(true)));
    co_await sleep(1ms);
    const int tries = wire_.tries[1];
    co_await sleep(2ms);
    EXPECT_EQ(wire_.tries[1], tries + 1);
  });
}

TEST_F(ServerTest, APeerThatIsClosedWhenItIsSentAFrameIsDisconnected) {
  with_broker([&](Server& broker) -> Task<> {
    wire_.closed.insert(1);
    wire_.arrive(1, hello(1, 500ms));
    co_await sleep(1ms);
    EXPECT_EQ(wire_.tries[1], 1);
    EXPECT_EQ(broker.statistics().sessions, 1U);
    co_await sleep(500ms);
    EXPECT_EQ(broker.statistics().sessions, 0U);
  });
}

TEST_F(ServerTest, BytesThatAreNotAFrameAreAnsweredWithAnError) {
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, "nonsense");
    co_await sleep(1ms);
    EXPECT_TRUE(wire_.last(1).fatal.has_value());
    EXPECT_EQ(broker.statistics().rejected_frames, 1U);
  });
  EXPECT_THAT(log_, HasSubstr("peer_rejected detail="));
}

TEST_F(ServerTest, TheLogSaysWhereAPeerIs) {
  wire_.addresses[1] = "192.168.1.7:40312";
  with_broker([&](Server&) -> Task<> {
    wire_.arrive(1, hello(1));
    wire_.arrive(2, hello(2));
    co_await sleep(1001ms);
  });
  EXPECT_THAT(log_, ContainsRegex("session_opened session=client-1-[0-9a-f]+ address=192.168.1.7:40312\n"));
  EXPECT_THAT(log_, ContainsRegex("session_opened session=client-2-[0-9a-f]+\n"));
}

TEST_F(ServerTest, TheLogSaysWhoseConnectionWasCut) {
  with_broker([&](Server&) -> Task<> {
    wire_.arrive(1, hello(1));
    co_await sleep(1ms);
    wire_.notes.push_back({ServerLink::Note::Kind::connection_cut, "10.0.0.8:2", "it is silent", 1});
    wire_.inbox.push_back(ServerLink::Input{1, {}});
    wire_.activity.notify();
    co_await sleep(1ms);
  });
  EXPECT_THAT(log_, ContainsRegex("connection_cut session=client-1-[0-9a-f]+ address=10.0.0.8:2 reason=\"it is"));
}

// As a health check does. With a second in between, each would be two lines.
TEST_F(ServerTest, AVisitOpensNoSessionInTheLog) {
  with_broker([&](Server&) -> Task<> {
    wire_.arrive(1, hello(1));
    co_await sleep(1ms);
    ClientFrame frame;
    frame.connection_number = 1;
    frame.number = 1;
    frame.commands.emplace_back(proto::Goodbye());
    wire_.arrive(1, frame);
    co_await sleep(2s);
  });
  EXPECT_THAT(log_, MatchesRegex("visit session=client-1-[0-9a-f]+ lasted_ms=1 detail=goodbye\n"));
}

TEST_F(ServerTest, ConnectionsOfOneHostOrOneUserShareAQuotaOfSessions) {
  limits_.sessions_per_address_max = 1;
  const std::vector<std::string> addresses{"192.168.1.7:40312",  "192.168.1.7:40313", "192.168.1.8:40312",
                                           "[fe80::1]:40312",    "[fe80::1]:40313",   "pid 4711, uid 1000",
                                           "pid 4712, uid 1000", "pid 4711, uid 1001"};
  const std::vector<bool> is_welcome{true, false, true, true, false, true, false, true};
  for (std::size_t i = 0; i < addresses.size(); ++i) wire_.addresses[i + 1] = addresses[i];
  with_broker([&](Server&) -> Task<> {
    for (std::size_t i = 0; i < addresses.size(); ++i) wire_.arrive(i + 1, hello(static_cast<std::uint8_t>(i + 1)));
    co_await sleep(1ms);
    for (std::size_t i = 0; i < addresses.size(); ++i)
      EXPECT_EQ(wire_.last(i + 1).welcome.has_value(), is_welcome[i]) << addresses[i];
  });
}

TEST_F(ServerTest, TheLogHasWhatTheLinkNotes) {
  using Kind = ServerLink::Note::Kind;
  with_broker([&](Server&) -> Task<> {
    wire_.notes = {{Kind::stranger_refused, "10.0.0.9:1", "it speaks HTTP"}, {Kind::connection_cut, "10.0.0.8:2", ""}};
    wire_.notes.push_back({Kind::out_of_descriptors, "", "too many open files"});
    wire_.activity.notify();
    co_await sleep(1ms);
  });
  EXPECT_THAT(log_, HasSubstr("stranger_refused address=10.0.0.9:1 reason=\"it speaks HTTP\"\n"));
  EXPECT_THAT(log_, HasSubstr("connection_cut address=10.0.0.8:2\n"));
  EXPECT_THAT(log_, HasSubstr("out_of_descriptors reason=\"too many open files\"\n"));
}

TEST_F(ServerTest, AFirstFrameThatIsTooLargeForAHelloIsRefusedUndecoded) {
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, std::string(4097, '\0'));
    wire_.arrive(1, hello(1));
    co_await sleep(1ms);
    EXPECT_EQ(wire_.last(1).fatal->code, ErrorCode::too_large);
    EXPECT_THAT(wire_.last(1).fatal->message, HasSubstr("at most 4096 bytes; this one has 4097"));
    EXPECT_EQ(broker.statistics().sessions, 0U);
    EXPECT_EQ(broker.statistics().rejected_frames, 2U);
  });
}

TEST_F(ServerTest, ATurnTakesAtMostItsCommands) {
  limits_.turn_commands_max = 10;
  with_broker([&](Server&) -> Task<> {
    for (std::uint8_t i = 0; i < 100; ++i) wire_.arrive(i, hello(i));
    std::size_t most = 0;
    for (std::size_t left = wire_.inbox.size(); left > 0;) {
      co_await checkpoint();
      most = std::max(most, left - wire_.inbox.size());
      left = wire_.inbox.size();
    }
    EXPECT_EQ(most, 10U);
  });
  EXPECT_EQ(wire_.sent.size(), 100U);
}

TEST_F(ServerTest, ATurnTakesAtMostItsBytes) {
  limits_.turn_bytes_max = 1000;
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, hello(1));
    for (std::uint64_t i = 1; i <= 50; ++i)
      wire_.arrive(1, set_frame(i, "topic", Value(std::string(300, char('a' + i % 20)))));
    std::size_t most = 0;
    for (std::size_t left = wire_.inbox.size(); left > 0;) {
      co_await checkpoint();
      most = std::max(most, left - wire_.inbox.size());
      left = wire_.inbox.size();
    }
    EXPECT_LE(most, 4U);
    co_await checkpoint();
    EXPECT_EQ(broker.statistics().commits, 50U);
  });
}

TEST_F(ServerTest, InputThatIsWaitingIsReadBeforeSilenceIsJudged) {
  limits_.turn_commands_max = 1;
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, hello(1, 100ms));
    wire_.arrive(2, hello(2, 100ms));
    wire_.arrive(3, hello(3, 100ms));
    co_await sleep(50ms);
    // The heartbeats arrive while the broker is paused, so it is not notified.
    wire_.inbox.push_back(ServerLink::Input{1, proto::encode(heartbeat())});
    wire_.inbox.push_back(ServerLink::Input{2, proto::encode(heartbeat())});
    co_await sleep(60ms);
    EXPECT_EQ(broker.statistics().sessions, 2U);
    co_await sleep(100ms);
    EXPECT_EQ(broker.statistics().sessions, 0U);
  });
}

TEST_F(ServerTest, InputOfManyThatIsWaitingIsReadBeforeSilenceIsJudged) {
  limits_.turn_commands_max = 1;
  constexpr std::uint8_t sessions = 200;  // more than the turns after which a flood is interrupted
  with_broker([&](Server& broker) -> Task<> {
    for (std::uint8_t peer = 1; peer <= sessions; ++peer) wire_.arrive(peer, hello(peer, 100ms));
    co_await sleep(50ms);
    // The heartbeats arrive while the broker is paused, so it is not notified.
    for (std::uint64_t peer = 1; peer <= sessions; ++peer)
      wire_.inbox.push_back(ServerLink::Input{peer, proto::encode(heartbeat())});
    co_await sleep(60ms);
    EXPECT_EQ(broker.statistics().sessions, sessions);
  });
}

TEST_F(ServerTest, AFloodDoesNotPreventExpiryOfSilentSessions) {
  limits_.turn_commands_max = 1;
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, hello(1, 100ms));
    wire_.arrive(2, hello(2, 1h));
    co_await sleep(200ms - 1ms);
    wire_.arrive(3, hello(3, 100ms));
    co_await sleep(100ms - 1ns);
    for (int i = 0; i < 1000; ++i) wire_.inbox.push_back(ServerLink::Input{2, proto::encode(heartbeat())});
    co_await sleep(1ns);
    for (int turn = 0; turn < 100; ++turn) co_await checkpoint();
    EXPECT_FALSE(wire_.inbox.empty());
    EXPECT_EQ(broker.statistics().sessions, 1U);
  });
}

TEST_F(ServerTest, AFloodDoesNotDelayTheSnapshotsOfPatterns) {
  limits_.turn_commands_max = 1;
  limits_.turn_steps_max = 10;
  constexpr std::uint64_t topics = 100;
  with_broker([&](Server&) -> Task<> {
    wire_.arrive(1, hello(1, 1h));
    wire_.arrive(2, hello(2, 1h));
    for (std::uint64_t i = 1; i <= topics; ++i) wire_.arrive(1, set_frame(i, "a/" + std::to_string(i), Value(1)));
    co_await sleep(1ms);
    ClientFrame frame;
    frame.connection_number = frame.number = 1;
    frame.commands.emplace_back(proto::Subscribe{1, {"a/*"}, {}});
    wire_.arrive(2, frame);
    for (int i = 0; i < 1000; ++i) wire_.inbox.push_back(ServerLink::Input{1, proto::encode(heartbeat())});
    for (std::uint64_t turn = 0; turn < topics / 10 + 5; ++turn) co_await checkpoint();
    EXPECT_FALSE(wire_.inbox.empty());
    EXPECT_FALSE(wire_.last(2).snapshot_ends.empty());
  });
}

TEST_F(ServerTest, NoWriteIsAcknowledgedBeforeTheStoreHasItsRecord) {
  SlowStore::Desk desk;
  store_ = std::make_unique<SlowStore>(desk);
  with_broker([&](Server& broker) -> Task<> {
    wire_.arrive(1, hello(1));
    wire_.arrive(1, set_frame(1, "battery", Value(true)));
    co_await sleep(1ms);
    EXPECT_EQ(desk.records.size(), 1U);
    EXPECT_EQ(broker.statistics().commits, 0U);
    EXPECT_TRUE(wire_.last(1).answers.empty());
    desk.tell(StoreEvent::Kind::committed);
    co_await sleep(1ms);
    EXPECT_EQ(broker.statistics().commits, 1U);
    EXPECT_EQ(wire_.last(1).answers.size(), 1U);
  });
}

TEST_F(ServerTest, EndsWhenAnotherBrokerHasTakenOver) {
  SlowStore::Desk desk;
  store_ = std::make_unique<SlowStore>(desk);
  std::string reason;
  try {
    with_broker([&](Server&) -> Task<> {
      co_await checkpoint();
      desk.tell(StoreEvent::Kind::fenced, "robot-2 writes the log");
      co_await sleep(1s);
    });
  } catch (const ExceptionGroup& group) {
    group.for_each_leaf([&](const std::exception& leaf) { reason = leaf.what(); });
  }
  EXPECT_EQ(reason, "another broker has taken over: robot-2 writes the log");
  EXPECT_EQ(log_, "store_fenced reason=\"robot-2 writes the log\"\n");
}

}  // namespace
}  // namespace hoiku::broker
