#include <memory>
#include <set>

#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using tests::fail_after_sleep;
using tests::nap;

std::vector<std::string> leaves(const ExceptionGroup& group) {
  std::vector<std::string> texts;
  group.for_each_leaf([&](const std::exception& leaf) { texts.push_back(leaf.what()); });
  return texts;
}

VIRTUAL_TEST(Nursery, WaitsForAllChildrenAlsoForThoseOfChildren) {
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      co_await sleep(1s);
      nursery.start_soon(nap, 2s);
    });
    co_return;
  });
  EXPECT_EQ(now() - start, 3s);
}

VIRTUAL_TEST(Nursery, StartSoonRunsNothingBeforeTheNextTick) {
  bool ran = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon([&]() -> Task<> {
      ran = true;
      co_return;
    });
    EXPECT_FALSE(ran);
    co_return;
  });
  EXPECT_TRUE(ran);
}

VIRTUAL_TEST(Nursery, AnErrorCancelsTheSiblingsAndTheBody) {
  int cancelled = 0;
  std::vector<std::string> errors;
  const auto start = now();
  try {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(fail_after_sleep, 1s, std::string("child"));
      nursery.start_soon([&]() -> Task<> {
        try {
          co_await sleep(100s);
        } catch (const Cancelled& reason) {
          cancelled += reason.reason().source == CancelSource::nursery;
          throw;
        }
      });
      try {
        co_await sleep(100s);
      } catch (const Cancelled&) {
        ++cancelled;
        throw;
      }
    });
  } catch (const ExceptionGroup& group) {
    errors = leaves(group);
  }
  EXPECT_EQ(errors, std::vector<std::string>{"child"});
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(Nursery, ErrorsComeInTheOrderOfTheirCompletion) {
  std::vector<std::string> errors;
  try {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const auto slow_cleanup = [](Duration cleanup, std::string what) -> Task<> {
        try {
          co_await sleep(100s);
        } catch (const Cancelled&) {
        }
        co_await shield(nap, cleanup);
        throw std::runtime_error(what);
      };
      nursery.start_soon(slow_cleanup, 2s, std::string("third"));
      nursery.start_soon(slow_cleanup, 1s, std::string("second"));
      co_await sleep(1s);
      throw std::runtime_error("first");
    });
  } catch (const ExceptionGroup& group) {
    errors = leaves(group);
  }
  EXPECT_EQ(errors, (std::vector<std::string>{"first", "second", "third"}));
}

VIRTUAL_TEST(Nursery, NestedGroupsAreKeptAndTheirLeavesFound) {
  std::vector<std::string> errors;
  std::size_t members = 0;
  try {
    co_await open_nursery([&](Nursery& outer) -> Task<> {
      outer.start_soon([]() -> Task<> {
        co_await open_nursery([](Nursery& inner) -> Task<> {
          inner.start_soon(fail_after_sleep, 1s, std::string("inner"));
          co_return;
        });
      });
      co_return;
    });
  } catch (const ExceptionGroup& group) {
    errors = leaves(group);
    members = group.errors().size();
    EXPECT_STREQ(group.what(), "1 error: inner");
  }
  EXPECT_EQ(errors, std::vector<std::string>{"inner"});
  EXPECT_EQ(members, 1u);
}

VIRTUAL_TEST(Nursery, CancellingItsScopeEndsItSilently) {
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon(nap, 100s);
    co_await sleep(1s);
    nursery.cancel_scope().cancel();
  });
  EXPECT_EQ(now() - start, 1s);
}

VIRTUAL_TEST(Nursery, CancellationFromOutsidePassesThroughAndErrorsOvertakeIt) {
  bool after = false;
  const bool cut = co_await move_on_after(1s, [&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon(nap, 100s);
      co_return;
    });
    after = true;
  });
  EXPECT_TRUE(cut);
  EXPECT_FALSE(after);

  std::vector<std::string> errors;
  try {
    co_await move_on_after(1s, [&]() -> Task<> {
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon([]() -> Task<> {
          try {
            co_await sleep(100s);
          } catch (const Cancelled&) {
            throw std::runtime_error("cleanup");
          }
        });
        nursery.start_soon(nap, 100s);
        co_return;
      });
    });
  } catch (const ExceptionGroup& group) {
    errors = leaves(group);
  }
  EXPECT_EQ(errors, std::vector<std::string>{"cleanup"});
}

VIRTUAL_TEST(Nursery, ItsEndIsNotAPointOfCancellation) {
  bool after = false;
  CancelScope outer;
  co_await outer.run([&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([]() -> Task<> {
        try {
          co_await sleep(100s);
        } catch (const Cancelled&) {
        }
      });
      outer.cancel();
      co_return;
    });
    after = true;
    co_await checkpoint();
  });
  EXPECT_TRUE(after);
  EXPECT_TRUE(outer.cancelled_caught());
}

VIRTUAL_TEST(Nursery, AChildOfACancelledNurseryRunsUntilItsFirstWait) {
  int entered = 0, past = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.cancel_scope().cancel();
    nursery.start_soon([&]() -> Task<> {
      ++entered;
      co_await checkpoint();
      ++past;
    });
    co_return;
  });
  EXPECT_EQ(entered, 1);
  EXPECT_EQ(past, 0);
}

VIRTUAL_TEST(Nursery, TakesNoChildrenAfterItsEnd) {
  Nursery* ended = nullptr;
  bool refused = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    ended = &nursery;
    nursery.start_attendant([&]() -> Task<> {
      co_await nursery.closing().wait();
      try {
        nursery.start_soon(nap, 1s);
      } catch (const Closed&) {
        refused = true;
      }
    });
    co_return;
  });
  EXPECT_TRUE(refused);
}

VIRTUAL_TEST(Nursery, AnAttendantServesUntilTheLastChildHasEnded) {
  const auto start = now();
  Duration ended{};
  const bool cut = co_await move_on_after(1s, [&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_attendant([&]() -> Task<> {
        co_await nursery.closing().wait();
        co_await sleep(1s);
        ended = now() - start;
      });
      nursery.start_soon([]() -> Task<> {
        try {
          co_await sleep(100s);
        } catch (const Cancelled&) {
        }
        co_await shield(nap, 3s);
      });
      co_return;
    });
    co_await checkpoint();
  });
  EXPECT_TRUE(cut);
  EXPECT_EQ(ended, 5s);
}

VIRTUAL_TEST(Nursery, AnErrorOfAnAttendantComesOutOfTheNursery) {
  std::vector<std::string> errors;
  try {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_attendant(fail_after_sleep, 1s, std::string("attendant"));
      co_await sleep(100s);
    });
  } catch (const ExceptionGroup& group) {
    errors = leaves(group);
  }
  EXPECT_EQ(errors, std::vector<std::string>{"attendant"});
}

VIRTUAL_TEST(Nursery, OwnsTheFunctionAndItsArgumentsAsLongAsTheChildLives) {
  auto owned = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = owned;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon(
        [captured = owned](std::shared_ptr<int> given) -> Task<> {
          co_await sleep(1s);
          EXPECT_GE(captured.use_count(), 2);
          ++*given;
        },
        owned);
    owned.reset();
    co_await sleep(500ms);
    EXPECT_FALSE(watch.expired());
  });
  EXPECT_TRUE(watch.expired());
}

VIRTUAL_TEST(Nursery, ReturnsTheBodysResult) {
  const int result = co_await open_nursery([](Nursery&) -> Task<int> { co_return 7; });
  EXPECT_EQ(result, 7);
}

VIRTUAL_TEST(Nursery, AHundredThousandChildrenComeAndGo) {
  int count = 0;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    for (int i = 0; i < 100'000; ++i) {
      nursery.start_soon([&]() -> Task<> {
        ++count;
        co_return;
      });
      if (i % 64 == 0) co_await checkpoint();
    }
  });
  EXPECT_EQ(count, 100'000);
}

TEST(Nursery, ArgumentsThatWouldDangleAreRefusedAtCompileTime) {
  using Dangling = Task<>(const std::string&);
  static_assert(!detail::arguments_bind_safely<Dangling, const char*>);
  static_assert(detail::arguments_bind_safely<Dangling, std::string>);
  static_assert(detail::arguments_bind_safely<Task<>(std::string), const char*>);
}

}  // namespace
}  // namespace hoiku
