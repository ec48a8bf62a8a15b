#include "services/socket_sensor/audience.hpp"

#include <gtest/gtest.h>

#include "hoiku/async/nursery.hpp"
#include "hoiku/async/run.hpp"
#include "hoiku/async/sleep.hpp"

namespace hoiku::services {
namespace {

Task<std::vector<int>> rest_of(Seat& seat) {
  std::vector<int> heard;
  for (;;) {
    const auto digit = co_await seat.next();
    if (!digit) co_return heard;
    heard.push_back(*digit);
  }
}

TEST(Audience, EverySeatHearsTheSameFromWhenItWasTaken) {
  const int status = run([]() -> Task<> {
    Audience audience(8);
    audience.say(1);
    Seat early(audience);
    audience.say(2);
    Seat late(audience);
    audience.say(3);
    audience.end();
    const auto early_heard = co_await rest_of(early);
    const auto late_heard = co_await rest_of(late);
    EXPECT_EQ(early_heard, (std::vector<int>{2, 3}));
    EXPECT_EQ(late_heard, (std::vector<int>{3}));
  });
  EXPECT_EQ(status, 0);
}

// Without the limit a slow client would take memory without bound, or miss digits unnoticed.
TEST(Audience, WhoFallsBehindLosesTheSeatAndNobodyElseDoes) {
  const int status = run([]() -> Task<> {
    Audience audience(2);
    Seat slow(audience);
    Seat quick(audience);
    std::vector<int> heard;
    for (int digit = 0; digit < 5; ++digit) {
      audience.say(digit);
      const auto next = co_await quick.next();
      heard.push_back(next.value_or(-1));
    }
    const auto missed = co_await rest_of(slow);
    EXPECT_EQ(heard, (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_TRUE(slow.fell_behind());
    EXPECT_FALSE(quick.fell_behind());
    EXPECT_EQ(missed, std::vector<int>());
  });
  EXPECT_EQ(status, 0);
}

TEST(Audience, ASeatThatIsLeftIsForgotten) {
  const int status = run([]() -> Task<> {
    Audience audience(2);
    {
      Seat seat(audience);
      EXPECT_EQ(audience.size(), 1u);
    }
    EXPECT_EQ(audience.size(), 0u);
    audience.say(1);
    audience.end();
    co_return;
  });
  EXPECT_EQ(status, 0);
}

TEST(Audience, WhoWaitsIsWoken) {
  const int status = run([]() -> Task<> {
    Audience audience(2);
    Seat seat(audience);
    std::vector<int> heard;
    auto talk = [&](Nursery& nursery) -> Task<> {
      auto listen = [&]() -> Task<> { heard = co_await rest_of(seat); };
      nursery.start_soon(listen);
      co_await checkpoint();
      audience.say(7);
      co_await checkpoint();
      audience.end();
    };
    co_await open_nursery(talk);
    EXPECT_EQ(heard, (std::vector<int>{7}));
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace hoiku::services
