// virtual_test.hpp: tests whose body is a coroutine in virtual time. Each runs in FIFO order and then under several
// seeds, since no test may depend on the order of runnable tasks. (EXPECT_ only: ASSERT_ returns, which a coroutine
// cannot.)
#pragma once

#include <gtest/gtest.h>

#include "hoiku/testing/virtual_time.hpp"

namespace hoiku::tests {

inline void run_under_seeds(Task<> (*body)()) {
  {
    SCOPED_TRACE("in FIFO order");
    sim::run_virtual_or_throw(body);
  }
  for (std::uint64_t number = 1; number <= 5 && !::testing::Test::HasFailure(); ++number) {
    SCOPED_TRACE("seed " + std::to_string(number));
    sim::run_virtual_or_throw(body, sim::seed(number));
  }
}

// Bodies that tests start.
inline Task<> nap(Duration d) { co_await sleep(d); }
inline Task<> fail_after_sleep(Duration d, std::string what) {
  co_await sleep(d);
  throw std::runtime_error(what);
}

}  // namespace hoiku::tests

#define VIRTUAL_TEST(suite, name)                                               \
  static ::hoiku::Task<> suite##_##name##_body();                               \
  TEST(suite, name) { ::hoiku::tests::run_under_seeds(suite##_##name##_body); } \
  static ::hoiku::Task<> suite##_##name##_body()
