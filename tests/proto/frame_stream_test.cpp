#include "hoiku/proto/frame_stream.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hoiku::proto {
namespace {

struct Frame {
  std::uint64_t connection_number = 0;
  std::uint64_t number = 0;
  std::uint64_t acknowledged = 0;
  int content = 0;
};
using Sent = SentFrames<Frame, int>;
using Verdict = ReceivedFrames::Verdict;

Frame with(int content) {
  Frame frame;
  frame.content = content;
  return frame;
}

TEST(FrameStream, NumbersFramesFromOne) {
  Sent sent;
  EXPECT_FALSE(sent.has_next());
  sent.append(with(10));
  sent.append(with(20));
  const auto first = sent.next(7, 3);
  EXPECT_EQ(first->number, 1u);
  EXPECT_EQ(first->content, 10);
  EXPECT_EQ(first->connection_number, 7u);
  EXPECT_EQ(first->acknowledged, 3u);
  EXPECT_EQ(sent.next(7, 3)->number, 2u);
  EXPECT_FALSE(sent.has_next());
  EXPECT_EQ(sent.size(), 2u);
}

TEST(FrameStream, AcknowledgedFramesGoAndTellTheirCost) {
  Sent sent;
  for (int i = 1; i <= 3; ++i) sent.append(with(i), 100 * i);
  std::vector<int> costs;
  EXPECT_TRUE(sent.acknowledge(2, [&](int cost) { costs.push_back(cost); }));
  EXPECT_EQ(costs, (std::vector<int>{100, 200}));
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent.acknowledge(1));  // an old acknowledgement says nothing new
  EXPECT_EQ(sent.size(), 1u);
}

TEST(FrameStream, AcknowledgementOfAFrameThatWasNeverMadeIsRefused) {
  Sent sent;
  sent.append(with(1));
  EXPECT_FALSE(sent.acknowledge(2));
  EXPECT_EQ(sent.size(), 1u);
}

TEST(FrameStream, ANewConnectionSendsTheKeptOnesAgainStampedAnew) {
  Sent sent;
  for (int i = 1; i <= 3; ++i) sent.append(with(i));
  const auto before = sent.next(1, 0);
  ASSERT_EQ(sent.next(1, 0)->number, 2u);
  EXPECT_TRUE(sent.acknowledge(1));
  sent.rewind();
  const auto again = sent.next(2, 9);
  EXPECT_EQ(again->number, 2u);
  EXPECT_EQ(again->connection_number, 2u);
  EXPECT_EQ(again->acknowledged, 9u);
  EXPECT_EQ(sent.next(2, 9)->number, 3u);
  EXPECT_EQ(before->connection_number, 1u);
}

TEST(FrameStream, AFrameThatSomebodyHoldsIsNotChanged) {
  Sent sent;
  sent.append(with(5));
  const auto held = sent.next(1, 0);
  sent.rewind();
  const auto again = sent.next(2, 4);
  EXPECT_EQ(held->connection_number, 1u);
  EXPECT_EQ(held->acknowledged, 0u);
  EXPECT_EQ(again->connection_number, 2u);
  EXPECT_EQ(again->content, 5);
}

TEST(FrameStream, WhatTheLinkDidNotTakeIsNextAgain) {
  Sent sent;
  sent.step_back();
  sent.append(with(1));
  sent.append(with(2));
  EXPECT_EQ(sent.next(1, 0)->number, 1u);
  sent.step_back();
  EXPECT_EQ(sent.next(1, 0)->number, 1u);
  EXPECT_EQ(sent.next(1, 0)->number, 2u);
}

TEST(FrameStream, AnAcknowledgementOfWhatWasNotSentYetSkipsIt) {
  Sent sent;
  sent.append(with(1));
  sent.append(with(2));
  EXPECT_TRUE(sent.acknowledge(1));
  EXPECT_EQ(sent.next(1, 0)->number, 2u);
}

TEST(FrameStream, ReceiverTakesEachNumberOnceAndSeesGaps) {
  ReceivedFrames received;
  EXPECT_EQ(received.accept(2), Verdict::gap);
  EXPECT_EQ(received.accept(1), Verdict::fresh);
  EXPECT_EQ(received.accept(1), Verdict::duplicate);
  EXPECT_EQ(received.accept(3), Verdict::gap);
  EXPECT_EQ(received.accept(2), Verdict::fresh);
  EXPECT_EQ(received.last(), 2u);
}

TEST(FrameStream, EverythingArrivesOnceAndInOrderAcrossRandomCuts) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    Sent sent;
    ReceivedFrames received;
    int appended = 0, expected = 1;
    std::uint64_t connection_number = 1;
    while (expected <= 500) {
      switch (random() % 5) {
        case 0:
          if (appended < 500) sent.append(with(++appended));
          break;
        case 1:
        case 2:
          if (sent.has_next()) {
            const auto frame = sent.next(connection_number, 0);
            if (random() % 4 == 0) {  // the connection is cut with this frame on it
              ++connection_number;
              EXPECT_TRUE(sent.acknowledge(received.last()));
              sent.rewind();
              break;
            }
            ASSERT_EQ(frame->connection_number, connection_number);
            if (received.accept(frame->number) == Verdict::fresh) {
              ASSERT_EQ(frame->content, expected++);
            }
          }
          break;
        case 3:
          EXPECT_TRUE(sent.acknowledge(received.last()));
          break;
        default:
          break;
      }
    }
    EXPECT_TRUE(sent.acknowledge(received.last()));
    EXPECT_EQ(sent.size(), 0u);
  }
}

}  // namespace
}  // namespace hoiku::proto
