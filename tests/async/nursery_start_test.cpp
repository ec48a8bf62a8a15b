#include <memory>

#include "virtual_test.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using tests::nap;

// Is ready after 1 s, then works for 10 s.
Task<> serve(TaskStatus<int> status, int port) {
  co_await sleep(1s);
  status.started(port);
  co_await sleep(10s);
}

Task<> fail_before_started(TaskStatus<>, Duration d) {
  co_await sleep(d);
  throw std::runtime_error("no port is free");
}

VIRTUAL_TEST(Nursery, StartReturnsWhatTheTaskSaysWhenItIsReady) {
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const int port = co_await nursery.start(serve, 80);
    EXPECT_EQ(port, 80);
    EXPECT_EQ(now() - start, 1s);
  });
  EXPECT_EQ(now() - start, 11s);
}

VIRTUAL_TEST(Nursery, StartOfATaskThatIsReadyWithoutAValue) {
  bool worked = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    co_await nursery.start([&](TaskStatus<> status) -> Task<> {
      status.started();
      co_await sleep(1s);
      worked = true;
    });
    EXPECT_FALSE(worked);
  });
  EXPECT_TRUE(worked);
}

VIRTUAL_TEST(Nursery, StartPassesOnMoveOnlyValues) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const auto give = [](TaskStatus<std::unique_ptr<int>> status, std::unique_ptr<int> given) -> Task<> {
      status.started(std::move(given));
      co_return;
    };
    auto seven = std::make_unique<int>(7);
    const std::unique_ptr<int> got = co_await nursery.start(give, std::move(seven));
    EXPECT_EQ(*got, 7);
  });
}

VIRTUAL_TEST(Nursery, AnErrorBeforeStartedComesOutOfStartAndNotOutOfTheNursery) {
  const auto start = now();
  std::string error;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_soon(nap, 5s);
    try {
      co_await nursery.start(fail_before_started, 1s);
    } catch (const std::runtime_error& failure) {
      error = failure.what();
    }
    EXPECT_EQ(now() - start, 1s);
  });
  EXPECT_EQ(error, "no port is free");
  EXPECT_EQ(now() - start, 5s);
}

VIRTUAL_TEST(Nursery, AnErrorAfterStartedComesOutOfTheNursery) {
  std::string error;
  try {
    co_await open_nursery([](Nursery& nursery) -> Task<> {
      co_await nursery.start([](TaskStatus<> status) -> Task<> {
        status.started();
        co_await sleep(1s);
        throw std::runtime_error("unplugged");
      });
      co_await sleep(100s);
    });
  } catch (const ExceptionGroup& group) {
    error = group.what();
  }
  EXPECT_EQ(error, "1 error: unplugged");
}

VIRTUAL_TEST(Nursery, CancellingTheCallerOfStartCancelsATaskThatIsNotReady) {
  const auto start = now();
  Duration cleaned_up{};
  const auto slow = [&](TaskStatus<> status) -> Task<> {
    try {
      co_await sleep(100s);
    } catch (const Cancelled&) {
    }
    co_await shield(nap, 2s);
    cleaned_up = now() - start;
    co_await checkpoint();
    status.started();
  };
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const bool late = co_await move_on_after(1s, [&]() -> Task<> {
      co_await nursery.start(slow);
      ADD_FAILURE();
    });
    EXPECT_TRUE(late);
    EXPECT_EQ(cleaned_up, 3s);
    nursery.start_soon(nap, 1s);
  });
  EXPECT_EQ(now() - start, 4s);
}

VIRTUAL_TEST(Nursery, ATaskThatHasStartedOutlivesTheScopeOfItsStart) {
  const auto start = now();
  bool finished = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const auto work = [&](TaskStatus<> status) -> Task<> {
      // The task takes along what it has opened: a scope, a nursery and a child in it.
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        inner.start_soon(nap, 10s);
        co_await sleep(1s);
        status.started();
        co_await sleep(4s);
      });
      finished = true;
    };
    co_await move_on_after(2s, [&]() -> Task<> {
      co_await nursery.start(work);
      co_await sleep(100s);
    });
    EXPECT_EQ(now() - start, 2s);
  });
  EXPECT_TRUE(finished);
  EXPECT_EQ(now() - start, 10s);
}

VIRTUAL_TEST(Nursery, StartedMovesTheTaskAndItsChildrenUnderACancelledNursery) {
  const auto start = now();
  int cut = 0;
  const auto work = [&](TaskStatus<> status) -> Task<> {
    co_await open_nursery([&](Nursery& inner) -> Task<> {
      inner.start_soon([&]() -> Task<> {
        try {
          co_await sleep(100s);
        } catch (const Cancelled&) {
          ++cut;
          throw;
        }
      });
      co_await sleep(1s);
      status.started();  // cancels the grandchild at this instant
      co_await sleep(100s);
    });
  };
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.cancel_scope().cancel();
    co_await shield([&]() -> Task<> {
      co_await nursery.start(work);
      co_await checkpoint();
      EXPECT_EQ(cut, 1);
    });
  });
  EXPECT_EQ(now() - start, 1s);
  EXPECT_EQ(cut, 1);
}

VIRTUAL_TEST(Nursery, StartedUnderACancelledCallerDoesNothing) {
  CancelScope scope;
  bool returned = false;
  std::string error;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    // The task ends without another wait: start() returns normally.
    const auto work = [&](TaskStatus<int> status) -> Task<> {
      scope.cancel();
      status.started(3);
      co_return;
    };
    co_await scope.run([&]() -> Task<> {
      const int given = co_await nursery.start(work);
      EXPECT_EQ(given, 3);
      returned = true;
    });
    EXPECT_FALSE(scope.cancelled_caught());

    // An error still comes out of start().
    CancelScope second;
    const auto fail = [&](TaskStatus<> status) -> Task<> {
      second.cancel();
      status.started();
      throw std::runtime_error("late");
      co_return;
    };
    try {
      co_await second.run([&]() -> Task<> { co_await nursery.start(fail); });
    } catch (const std::runtime_error& failure) {
      error = failure.what();
    }

    // The cancellation strikes the task at its next wait.
    CancelScope third;
    const auto go_on = [&](TaskStatus<> status) -> Task<> {
      third.cancel();
      status.started();
      co_await sleep(100s);
      ADD_FAILURE();
    };
    co_await third.run([&]() -> Task<> { co_await nursery.start(go_on); });
    EXPECT_TRUE(third.cancelled_caught());
  });
  EXPECT_TRUE(returned);
  EXPECT_EQ(error, "late");
}

VIRTUAL_TEST(Nursery, ATaskThatEndsWithoutStartedIsAnError) {
  bool refused = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    try {
      co_await nursery.start([](TaskStatus<>) -> Task<> { co_return; });
    } catch (const std::logic_error&) {
      refused = true;
    }
  });
  EXPECT_TRUE(refused);
}

VIRTUAL_TEST(Nursery, StartedTwiceOrTooLateIsAnError) {
  int refused = 0;
  std::optional<TaskStatus<int>> kept;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const int first = co_await nursery.start([&](TaskStatus<int> status) -> Task<> {
      status.started(1);
      try {
        status.started(2);
      } catch (const std::logic_error&) {
        ++refused;
      }
      co_return;
    });
    EXPECT_EQ(first, 1);
    try {
      co_await nursery.start([&](TaskStatus<int> status) -> Task<> {
        kept = status;
        co_return;
      });
    } catch (const std::logic_error&) {
      ++refused;
    }
  });
  EXPECT_EQ(refused, 2);
  EXPECT_THROW(kept->started(3), std::logic_error);
}

VIRTUAL_TEST(Nursery, StartInANurseryThatHasEndedRunsNothing) {
  bool refused = false;
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    nursery.start_attendant([&]() -> Task<> {
      co_await nursery.closing().wait();
      try {
        co_await nursery.start([](TaskStatus<>) -> Task<> {
          ADD_FAILURE();
          co_return;
        });
      } catch (const Closed&) {
        refused = true;
      }
    });
    co_return;
  });
  EXPECT_TRUE(refused);
}

VIRTUAL_TEST(Nursery, APendingStartKeepsItOpenAlsoWhenItFails) {
  const auto start = now();
  bool failed = false;
  co_await open_nursery([&](Nursery& caller) -> Task<> {
    co_await open_nursery([&](Nursery& target) -> Task<> {
      caller.start_soon([&]() -> Task<> {
        try {
          co_await target.start(fail_before_started, 7s);
        } catch (const std::runtime_error&) {
          failed = true;
        }
      });
      co_await sim::settle();
    });
    EXPECT_EQ(now() - start, 7s);
  });
  EXPECT_TRUE(failed);
}

VIRTUAL_TEST(Nursery, AFunctionWithAStatusCanBeCalledDirectly) {
  const auto start = now();
  co_await serve(task_status_ignored, 80);
  EXPECT_EQ(now() - start, 11s);
}

VIRTUAL_TEST(Nursery, StartCancelsAStartedTaskWithTheNursery) {
  const auto start = now();
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    co_await nursery.start(serve, 80);
    nursery.cancel_scope().cancel();
  });
  EXPECT_EQ(now() - start, 1s);
}

}  // namespace
}  // namespace hoiku
