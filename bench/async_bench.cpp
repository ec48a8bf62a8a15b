// Measures the cost of structured concurrency: nurseries beside Asio's own coroutines, which have neither parent nor
// shield.
#include <benchmark/benchmark.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "hoiku/async.hpp"

namespace hoiku {
namespace {

// Enough to hide the cost of starting and ending the loop.
constexpr std::int64_t children = 1000;

Task<> at_once(std::int64_t& count) {
  ++count;
  co_return;
}

Task<> after_a_turn(std::int64_t& count) {
  co_await checkpoint();
  ++count;
}

// Runs the whole measurement inside one run().
template <class Body>
void in_a_loop(benchmark::State& state, Body body) {
  run([&]() -> Task<> {
    for ([[maybe_unused]] auto round : state) co_await body();
  });
  state.SetItemsProcessed(state.iterations() * children);
}

void nursery_spawn_and_join(benchmark::State& state) {
  std::int64_t count = 0;
  in_a_loop(state, [&]() -> Task<> {
    auto spawn = [&](Nursery& nursery) -> Task<> {
      for (std::int64_t i = 0; i < children; ++i) nursery.start_soon(at_once, std::ref(count));
      co_return;
    };
    co_await open_nursery(spawn);
  });
  if (count != state.iterations() * children) state.SkipWithError("children are missing");
}
BENCHMARK(nursery_spawn_and_join);

void nursery_spawn_wait_and_join(benchmark::State& state) {
  std::int64_t count = 0;
  in_a_loop(state, [&]() -> Task<> {
    auto spawn = [&](Nursery& nursery) -> Task<> {
      for (std::int64_t i = 0; i < children; ++i) nursery.start_soon(after_a_turn, std::ref(count));
      co_return;
    };
    co_await open_nursery(spawn);
  });
}
BENCHMARK(nursery_spawn_wait_and_join);

boost::asio::awaitable<void> asio_at_once(std::int64_t& count) {
  ++count;
  co_return;
}

boost::asio::awaitable<void> asio_after_a_turn(std::int64_t& count) {
  co_await boost::asio::post(boost::asio::use_awaitable);
  ++count;
}

// The same with co_spawn: nothing owns the coroutines; they are joined when the loop has no more work.
void co_spawn_and_drain(benchmark::State& state) {
  std::int64_t count = 0;
  boost::asio::io_context context(1);
  for ([[maybe_unused]] auto round : state) {
    for (std::int64_t i = 0; i < children; ++i)
      boost::asio::co_spawn(context, asio_at_once(count), boost::asio::detached);
    context.run();
    context.restart();
  }
  if (count != state.iterations() * children) state.SkipWithError("coroutines are missing");
  state.SetItemsProcessed(state.iterations() * children);
}
BENCHMARK(co_spawn_and_drain);

void co_spawn_wait_and_drain(benchmark::State& state) {
  std::int64_t count = 0;
  boost::asio::io_context context(1);
  for ([[maybe_unused]] auto round : state) {
    for (std::int64_t i = 0; i < children; ++i)
      boost::asio::co_spawn(context, asio_after_a_turn(count), boost::asio::detached);
    context.run();
    context.restart();
  }
  state.SetItemsProcessed(state.iterations() * children);
}
BENCHMARK(co_spawn_wait_and_drain);

void scope_with_a_deadline(benchmark::State& state) {
  std::int64_t count = 0;
  in_a_loop(state, [&]() -> Task<> {
    for (std::int64_t i = 0; i < children; ++i)
      co_await move_on_after(std::chrono::seconds(1), at_once, std::ref(count));
  });
}
BENCHMARK(scope_with_a_deadline);

// One writer and one reader, which is woken by each value.
void value_set_and_seen(benchmark::State& state) {
  std::int64_t seen = 0;
  in_a_loop(state, [&]() -> Task<> {
    AsyncValue<std::int64_t> level(0);
    auto both = [&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        for (std::int64_t i = 1; i <= children; ++i) co_await level.wait_value(i);
        ++seen;
      });
      for (std::int64_t i = 1; i <= children; ++i) {
        co_await checkpoint();
        level.set(i);
      }
    };
    co_await open_nursery(both);
  });
  if (seen != state.iterations()) state.SkipWithError("values were missed");
}
BENCHMARK(value_set_and_seen);

}  // namespace
}  // namespace hoiku

BENCHMARK_MAIN();
