#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;

VIRTUAL_TEST(Compose, ShowsItsSourcesAndFollowsThem) {
  AsyncValue<int> x{42}, y{0};
  auto both = compose_values(x, y);
  EXPECT_EQ(both.value(), (std::tuple(42, 0)));
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      const auto seen = co_await both.wait_value([](int a, int b) { return a < 0 && 0 < b; });
      EXPECT_EQ(seen, (std::tuple(-1, 10)));
    });
    co_await sim::settle();
    x.set(-1);
    co_await sim::settle();
    x.set(0);
    y.set(5);
    co_await sim::settle();
    y.set(10);
    x.set(-1);
  });
}

VIRTUAL_TEST(Compose, EachSetOfAFrameIsSeenByItsWaiter) {
  AsyncValue<int> x{0};
  auto alone = compose_values(x);
  int woken = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    for (int wanted = 1; wanted <= 5; ++wanted) {
      nursery.start_soon(
          [&](int number) -> Task<> {
            co_await alone.wait_value([number](int now_there) { return now_there == number; });
            ++woken;
          },
          wanted);
    }
    co_await sim::settle();
    for (int number = 1; number <= 5; ++number) x.set(number);
  });
  EXPECT_EQ(woken, 5);
}

VIRTUAL_TEST(Compose, ATransactionIsSeenOnce) {
  AsyncValue<int> x{0}, y{0};
  auto both = compose_values(x, y);
  std::vector<std::tuple<int, int>> seen;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await both.wait_value([&](const std::tuple<int, int>& record) {
        seen.push_back(record);
        return record == std::tuple(2, 2);
      });
    });
    co_await sim::settle();
    transaction([&] {
      x.set(1);
      y.set(1);
      transaction([&] { x.set(2); });
      y.set(2);
    });
  });
  EXPECT_EQ(seen, (std::vector<std::tuple<int, int>>{{0, 0}, {2, 2}}));
}

VIRTUAL_TEST(Compose, ADiamondNeverShowsAMixedState) {
  AsyncValue<int> x{0};
  auto once = compose_values(x);
  auto diamond = compose_values(x, once, x);
  int mixed = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await diamond.wait_value([&](int direct, const std::tuple<int>& through, int again) {
        mixed += direct != std::get<0>(through) || direct != again;
        return direct == 3;
      });
    });
    co_await sim::settle();
    for (int number = 1; number <= 3; ++number) x.set(number);
  });
  EXPECT_EQ(mixed, 0);
}

VIRTUAL_TEST(Compose, AWaiterGetsClosedWhenTheCompositeEnds) {
  AsyncValue<int> x{0};
  bool closed = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    auto composite = std::make_unique<Composite<int>>(x);
    nursery.start_soon([&closed, waited = composite.get()]() -> Task<> {
      try {
        co_await waited->wait_value([](int number) { return number > 0; });
      } catch (const Closed&) {
        closed = true;
      }
    });
    co_await sim::settle();
    composite.reset();
    x.set(1);
  });
  EXPECT_TRUE(closed);
}

template <class C>
concept Settable = requires(C& composite) { composite.set(std::tuple(1)); };
template <class C>
concept ReadableAsTemporary = requires(C&& composite) { std::move(composite).eventual_values(); };
template <class C>
concept ReadableByName = requires(C& composite) { composite.eventual_values(); };

TEST(Compose, IsReadOnlyAndNotReadFromATemporary) {
  static_assert(!Settable<Composite<int>>);
  static_assert(!ReadableAsTemporary<Composite<int>>);
  static_assert(ReadableByName<Composite<int>>);
}

}  // namespace
}  // namespace hoiku
