#include "broker/core/sessions/peer_table.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

TEST(PeerTable, ReadyPeersTakeTurns) {
  PeerTable table;
  Peer& a = table.admit(PeerId{1}, SessionId{1});
  Peer& b = table.admit(PeerId{2}, SessionId{2});
  table.make_ready(a);
  table.make_ready(b);
  table.make_ready(a);
  EXPECT_EQ(table.take_ready(), &a);
  table.make_ready(a);
  EXPECT_EQ(table.take_ready(), &b);
  EXPECT_EQ(table.take_ready(), &a);
  EXPECT_EQ(table.take_ready(), nullptr);
}

TEST(PeerTable, ABlockedPeerIsPassedOver) {
  PeerTable table;
  Peer& a = table.admit(PeerId{1}, SessionId{1});
  table.make_ready(a);
  a.is_blocked = true;
  EXPECT_EQ(table.take_ready(), nullptr);
  table.make_ready(a);
  EXPECT_EQ(table.take_ready(), nullptr);
  a.is_blocked = false;
  table.make_ready(a);
  EXPECT_EQ(table.take_ready(), &a);
}

TEST(PeerTable, ARemovedPeerIsNotReady) {
  PeerTable table;
  table.make_ready(table.admit(PeerId{1}, SessionId{1}));
  table.remove(PeerId{1});
  EXPECT_EQ(table.take_ready(), nullptr);
  EXPECT_EQ(table.find(PeerId{1}), nullptr);
}

TEST(PeerTable, ARefusedPeerHasAFarewellDueAndNoSession) {
  PeerTable table;
  table.admit(PeerId{1}, SessionId{1});
  table.refuse(PeerId{1}, std::make_shared<proto::ServerFrame>());
  const Peer* peer = table.take_ready();
  ASSERT_NE(peer, nullptr);
  EXPECT_FALSE(peer->session);
  EXPECT_TRUE(peer->farewell_due);
}

TEST(PeerTable, EachRefusedClientIsSentItsFarewell) {
  PeerTable table;
  constexpr std::uint64_t clients = 3 * Capacities{}.refused_peers;
  for (std::uint64_t i = 0; i < clients; ++i) table.admit(PeerId{i}, SessionId{i});
  for (std::uint64_t i = 0; i < clients; ++i) table.refuse(PeerId{i}, std::make_shared<proto::ServerFrame>());
  std::size_t told = 0;
  while (Peer* peer = table.take_ready()) told += std::exchange(peer->farewell_due, false) ? 1 : 0;
  EXPECT_EQ(told, clients);
  // Later refused peers replace those that were sent their farewell.
  for (std::uint64_t i = clients; i < 3 * clients; ++i) table.refuse(PeerId{i}, nullptr);
  std::size_t known = 0;
  for (std::uint64_t i = 0; i < 3 * clients; ++i) known += table.find(PeerId{i}) != nullptr ? 1 : 0;
  EXPECT_EQ(known, Capacities{}.refused_peers);
}

TEST(PeerTable, RemembersRefusedPeersUpToItsLimit) {
  PeerTable table;
  table.admit(PeerId{1'000'000}, SessionId{1});
  for (std::uint64_t i = 0; i < 3 * Capacities{}.refused_peers; ++i) table.refuse(PeerId{i}, nullptr);
  std::size_t known = 0;
  for (std::uint64_t i = 0; i < 3 * Capacities{}.refused_peers; ++i) known += table.find(PeerId{i}) != nullptr ? 1 : 0;
  EXPECT_EQ(known, Capacities{}.refused_peers);
  EXPECT_NE(table.find(PeerId{1'000'000}), nullptr);
}

}  // namespace
}  // namespace hoiku::broker
