#include <algorithm>
#include <memory>

#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

struct Frame {
  int number = 0;
  std::string picture;
};

Task<> send_all(Sender<int> sender, int first, int count) {
  for (int i = 0; i < count; ++i) co_await sender.send(first + i);
}

Task<> collect(Receiver<int> receiver, std::vector<int>& got) {
  for (;;) {
    const std::optional<int> item = co_await receiver.next();
    if (!item) break;
    got.push_back(*item);
  }
}

// Returns the name of the exception that ended the wait.
template <class Awaitable>
Task<std::string> outcome(Awaitable wait) {
  std::string name = "done";
  try {
    co_await std::move(wait);
  } catch (const Closed&) {
    name = "Closed";
  } catch (const BrokenChannel&) {
    name = "BrokenChannel";
  } catch (const EndOfChannel&) {
    name = "EndOfChannel";
  }
  co_return name;
}

VIRTUAL_TEST(Channel, PassesItemsOnInOrder) {
  std::vector<int> got;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto channel = open_channel<int>(3);
    nursery.start_soon(send_all, std::move(channel.sender), 0, 10);
    nursery.start_soon(collect, std::move(channel.receiver), std::ref(got));
    co_return;
  });
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

VIRTUAL_TEST(Channel, TryNeverWaits) {
  auto [sender, receiver] = open_channel<int>(2);
  EXPECT_EQ(receiver.try_receive(), std::nullopt);
  EXPECT_TRUE(sender.try_send(1));
  co_await sender.send(2);
  EXPECT_FALSE(sender.try_send(3));
  EXPECT_EQ(receiver.try_receive(), 1);
  const int second = co_await receiver.receive();
  EXPECT_EQ(second, 2);
  EXPECT_EQ(receiver.try_receive(), std::nullopt);
}

VIRTUAL_TEST(Channel, AnItemThatTrySendRefusedIsLeftAsItWas) {
  auto [sender, receiver] = open_channel<std::unique_ptr<int>>(1);
  EXPECT_TRUE(sender.try_send(std::make_unique<int>(1)));
  auto item = std::make_unique<int>(2);
  EXPECT_FALSE(sender.try_send(std::move(item)));
  EXPECT_TRUE(item);  // NOLINT(bugprone-use-after-move): try_send promises it
  co_await receiver.receive();
}

VIRTUAL_TEST(Channel, WithoutCapacityASendWaitsForItsReceiver) {
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto channel = open_channel<int>(0);
    EXPECT_FALSE(channel.sender.try_send(1));
    nursery.start_soon(
        [](Receiver<int> receiver) -> Task<> {
          co_await sleep(3s);
          const int got = co_await receiver.receive();
          EXPECT_EQ(got, 7);
        },
        std::move(channel.receiver));
    co_await channel.sender.send(7);
    EXPECT_EQ(now() - start, 3s);
  });
}

VIRTUAL_TEST(Channel, UnboundedNeverMakesASenderWait) {
  auto channel = open_channel<int>(unbounded);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(channel.sender.try_send(i));
  EXPECT_EQ(channel.sender.statistics().used, 1000u);
  co_await channel.receiver.receive();
}

VIRTUAL_TEST(Channel, TheReceiverThatHasWaitedLongestIsServedFirst) {
  std::vector<int> served;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto channel = open_channel<int>(1);
    for (int i = 0; i < 3; ++i) {
      nursery.start_soon(
          [&served, i](Receiver<int> receiver) -> Task<> {
            const int item = co_await receiver.receive();
            EXPECT_EQ(item, i);
            served.push_back(item);
          },
          channel.receiver);
      co_await sim::settle();
    }
    // The first receiver has it already: try_receive() gets nothing.
    EXPECT_TRUE(channel.sender.try_send(0));
    EXPECT_EQ(channel.receiver.try_receive(), std::nullopt);
    EXPECT_TRUE(channel.sender.try_send(1));
    EXPECT_TRUE(channel.sender.try_send(2));
  });
  std::sort(served.begin(), served.end());
  EXPECT_EQ(served, (std::vector<int>{0, 1, 2}));
}

VIRTUAL_TEST(Channel, ASlotBelongsToTheSenderThatHasWaitedLongest) {
  std::vector<int> got;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto channel = open_channel<int>(1);
    co_await channel.sender.send(0);
    for (int i = 1; i <= 3; ++i) {
      nursery.start_soon(send_all, channel.sender, i, 1);
      co_await sim::settle();
    }
    for (int i = 0; i <= 3; ++i) {
      got.push_back(*channel.receiver.try_receive());
      EXPECT_EQ(channel.sender.try_send(100), i == 3);
    }
  });
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3}));
}

VIRTUAL_TEST(Channel, EachItemGoesToExactlyOneOfManyReceivers) {
  std::vector<int> got[5];
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto channel = open_channel<int>(1);
    for (auto& mine : got) nursery.start_soon(collect, channel.receiver, std::ref(mine));
    co_await sim::settle();
    nursery.start_soon(send_all, channel.sender, 0, 5);
    nursery.start_soon(send_all, std::move(channel.sender), 5, 5);
  });
  std::vector<int> all;
  for (auto& mine : got) {
    EXPECT_FALSE(mine.empty());
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

VIRTUAL_TEST(Channel, EndsWhenItIsEmptyAndTheLastSenderIsClosed) {
  auto [sender, receiver] = open_channel<int>(4);
  {
    Sender<int> second = sender;
    co_await sender.send(1);
    sender.close();
    sender.close();
    co_await second.send(2);
  }
  const int first = co_await receiver.receive();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(receiver.try_receive(), 2);
  EXPECT_THROW(receiver.try_receive(), EndOfChannel);
  const std::string received = co_await outcome(receiver.receive());
  EXPECT_EQ(received, "EndOfChannel");
  const std::optional<int> none = co_await receiver.next();
  EXPECT_EQ(none, std::nullopt);
}

VIRTUAL_TEST(Channel, ClosingEndsEveryParkedTask) {
  std::string on_closed, on_other, on_end, sent_closed, sent_broken;
  const auto note = [](auto wait, std::string& name) -> Task<> { name = co_await outcome(std::move(wait)); };
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto empty = open_channel<int>(1);
    Receiver<int> other = empty.receiver;
    nursery.start_soon(note, empty.receiver.receive(), std::ref(on_closed));
    nursery.start_soon(note, other.receive(), std::ref(on_other));
    co_await sim::settle();
    empty.receiver.close();
    co_await sim::settle();
    EXPECT_EQ(on_closed, "Closed");
    EXPECT_EQ(on_other, "");  // it waits on another handle
    empty.sender.close();
    co_await sim::settle();
    EXPECT_EQ(on_other, "EndOfChannel");

    auto full = open_channel<int>(0);
    Sender<int> second = full.sender;
    nursery.start_soon(note, full.sender.send(1), std::ref(sent_closed));
    nursery.start_soon(note, second.send(2), std::ref(sent_broken));
    co_await sim::settle();
    full.sender.close();
    full.receiver.close();
    co_await sim::settle();
    EXPECT_EQ(sent_closed, "Closed");
    EXPECT_EQ(sent_broken, "BrokenChannel");
    // Both channels stay closed.
    EXPECT_THROW(full.sender.try_send(3), Closed);
    EXPECT_THROW(second.try_send(3), BrokenChannel);
    EXPECT_THROW(full.receiver.try_receive(), Closed);
    EXPECT_FALSE(full.sender.is_open());
  });
}

VIRTUAL_TEST(Channel, ClosingTheLastReceiverDiscardsTheBuffer) {
  auto [sender, receiver] = open_channel<std::shared_ptr<int>>(4);
  auto item = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = item;
  co_await sender.send(std::move(item));
  EXPECT_FALSE(watch.expired());
  receiver.close();
  EXPECT_TRUE(watch.expired());
}

VIRTUAL_TEST(Channel, HandlesMoveAndAreAssigned) {
  auto one = open_channel<int>(1);
  auto two = open_channel<int>(1);
  Receiver<int> moved = std::move(one.receiver);
  EXPECT_FALSE(one.receiver.is_open());  // NOLINT(bugprone-use-after-move): a moved handle is closed
  EXPECT_THROW(one.receiver.try_receive(), Closed);
  two.receiver = moved;
  EXPECT_THROW(two.sender.try_send(1), BrokenChannel);
  EXPECT_EQ(one.sender.statistics().open_receivers, 2u);
  moved = std::move(two.receiver);
  EXPECT_EQ(one.sender.statistics().open_receivers, 1u);
  co_await one.sender.send(5);
  EXPECT_EQ(moved.try_receive(), 5);
}

VIRTUAL_TEST(Channel, CarriesAggregatesAndMoveOnlyItems) {
  auto frames = open_channel<Frame>(2);
  Frame frame{1, std::string(100, 'x')};
  co_await frames.sender.send(frame);
  co_await frames.sender.send(std::move(frame));
  const Frame first = co_await frames.receiver.receive();
  const std::optional<Frame> second = co_await frames.receiver.next();
  EXPECT_EQ(first.picture, second->picture);

  auto owners = open_channel<std::unique_ptr<int>>(2);
  co_await owners.sender.send(std::make_unique<int>(7));
  const std::unique_ptr<int> seven = co_await owners.receiver.receive();
  EXPECT_EQ(*seven, 7);
}

VIRTUAL_TEST(Channel, ReportsItsStatistics) {
  auto channel = open_channel<int>(2);
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon(send_all, channel.sender, 0, 4);
    co_await sim::settle();
    const ChannelStatistics full = channel.receiver.statistics();
    EXPECT_EQ(full.used, 2u);
    EXPECT_EQ(full.capacity, 2u);
    EXPECT_EQ(full.open_senders, 2u);
    EXPECT_EQ(full.open_receivers, 1u);
    EXPECT_EQ(full.parked_senders, 1u);
    EXPECT_EQ(full.parked_receivers, 0u);
    for (int i = 0; i < 4; ++i) co_await channel.receiver.receive();
  });
  const ChannelStatistics empty = channel.sender.statistics();
  EXPECT_EQ(empty.used, 0u);
  EXPECT_EQ(empty.peak, 2u);
  EXPECT_EQ(empty.open_senders, 1u);
}

TEST(Channel, ANegativeCapacityIsRefused) {
  EXPECT_THROW(open_channel<int>(-1), std::invalid_argument);
  EXPECT_EQ(open_channel<int>(0).sender.statistics().capacity, 0u);
}

}  // namespace
}  // namespace hoiku
