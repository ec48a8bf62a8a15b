#include <algorithm>
#include <numeric>

#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

VIRTUAL_TEST(Channel, InACancelledScopeNothingIsSentOrReceived) {
  auto channel = open_channel<int>(2);
  co_await channel.sender.send(1);
  CancelScope sending, receiving;
  sending.cancel();
  receiving.cancel();
  EXPECT_TRUE(co_await sending.run(channel.sender.send(2)));
  EXPECT_TRUE(co_await receiving.run(channel.receiver.receive()));
  EXPECT_EQ(channel.receiver.try_receive(), 1);
  EXPECT_EQ(channel.receiver.try_receive(), std::nullopt);
}

VIRTUAL_TEST(Channel, AReceiveThatWasCancelledLeavesNothingBehind) {
  auto channel = open_channel<int>(1);
  EXPECT_TRUE(co_await move_on_after(1s, channel.receiver.receive()));
  EXPECT_EQ(channel.sender.statistics().parked_receivers, 0u);
  co_await channel.sender.send(7);
  EXPECT_EQ(channel.receiver.try_receive(), 7);

  co_await channel.sender.send(8);
  EXPECT_TRUE(co_await move_on_after(1s, channel.sender.send(9)));
  EXPECT_EQ(channel.receiver.try_receive(), 8);
  EXPECT_EQ(channel.receiver.try_receive(), std::nullopt);  // a cancelled send has not happened
}

VIRTUAL_TEST(Channel, AReceiveThatWasGivenAnItemReturnsItDespiteACancellation) {
  std::optional<int> got;
  CancelScope scope;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto channel = open_channel<int>(0);
    nursery.start_soon(
        [&](Receiver<int> receiver) -> Task<> {
          co_await scope.run([&]() -> Task<> {
            got = co_await receiver.receive();
            co_await checkpoint();
            ADD_FAILURE();
          });
        },
        std::move(channel.receiver));
    co_await sim::settle();
    EXPECT_TRUE(channel.sender.try_send(7));
    scope.cancel();
    channel.sender.close();
  });
  EXPECT_EQ(got, 7);
  EXPECT_TRUE(scope.cancelled_caught());
}

// Receivers are cancelled all the time, at the very instants at which items arrive.
VIRTUAL_TEST(Channel, NoItemIsLostToImpatientReceiversAndRaces) {
  std::vector<int> got;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto channel = open_channel<int>(1);
    const auto produce = [](Sender<int> sender, int first) -> Task<> {
      for (int i = 0; i < 50; ++i) {
        co_await sender.send(first + i);
        if (i % 3 == 0) co_await sleep(10ms);
      }
    };
    const auto consume = [&](Receiver<int> receiver, Duration patience) -> Task<> {
      for (;;) {
        auto [item, late] = co_await wait_any(receiver.next(), sleep(patience));
        if (!item) continue;
        if (!*item) break;
        got.push_back(**item);
      }
    };
    const auto consume_in_time = [&](Receiver<int> receiver) -> Task<> {
      for (bool open = true; open;) {
        try {
          got.push_back(co_await fail_after(5ms, receiver.receive()));
        } catch (const TooSlowError&) {
        } catch (const EndOfChannel&) {
          open = false;
        }
      }
    };
    nursery.start_soon(produce, channel.sender, 0);
    nursery.start_soon(produce, std::move(channel.sender), 50);
    nursery.start_soon(consume, channel.receiver, Duration(5ms));
    nursery.start_soon(consume, channel.receiver, Duration(10ms));
    nursery.start_soon(consume_in_time, std::move(channel.receiver));
    co_return;
  });
  std::sort(got.begin(), got.end());
  std::vector<int> all(100);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(got, all);
}

}  // namespace
}  // namespace hoiku
