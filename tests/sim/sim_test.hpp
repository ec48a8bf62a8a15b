// sim_test.hpp: SIM_TEST(Suite, Sentence, bus, nursery) { … }: a test whose body is a coroutine in a simulated bus.
//
// Each runs under several seeds, since no test may depend on an order that is not promised; HOIKU_SEED=n runs one of
// them alone. The model judges every frame at the broker's end. (EXPECT_ only: ASSERT_ returns, which a coroutine
// cannot.)
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "hoiku/testing.hpp"
#include "tests/sim/judge/witness.hpp"
#include "tests/sim/seeds.hpp"

namespace hoiku::tests {

using SimTestBody = Task<> (*)(sim::Simulation& bus, Nursery& nursery);

inline void run_sim_test(SimTestBody body) {
  std::vector<std::uint64_t> seeds{1, 2, 3, 4, 5};
  if (const auto one = model::number_from_environment("HOIKU_SEED")) seeds = {*one};
  for (const std::uint64_t number : seeds) {
    SCOPED_TRACE("HOIKU_SEED=" + std::to_string(number));
    model::Witness witness(model::story());
    sim::simulate_or_throw(
        [&](sim::Simulation& world) -> Task<> {
          world.network().observe(&witness);
          co_await open_nursery([&](Nursery& nursery) -> Task<> { co_await body(world, nursery); });
          world.network().observe(nullptr);
        },
        sim::seed(number));
    for (const std::string& complaint : witness.complaints()) ADD_FAILURE() << complaint;
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace hoiku::tests

#define SIM_TEST(suite, name, bus, nursery)                                                               \
  static ::hoiku::Task<> suite##_##name##_body(::hoiku::sim::Simulation& bus, ::hoiku::Nursery& nursery); \
  TEST(suite, name) { ::hoiku::tests::run_sim_test(suite##_##name##_body); }                              \
  static ::hoiku::Task<> suite##_##name##_body([[maybe_unused]] ::hoiku::sim::Simulation& bus,            \
                                               [[maybe_unused]] ::hoiku::Nursery& nursery)
