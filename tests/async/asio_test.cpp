// Asio operations in a Task, on real sockets in one process: every wait ends by an event or a cancellation.
#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <boost/asio/experimental/channel.hpp>

#include "hoiku/async.hpp"
#include "hoiku/async/asio.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

TEST(AsioOperation, SocketsWorkAndStayUsableAfterACancelledRead) {
  const int status = run([]() -> Task<> {
    Socket a(current_io_context()), b(current_io_context());
    asio::local::connect_pair(a, b);
    std::array<char, 4> buffer{};
    CancelScope scope;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        co_await scope.run([&]() -> Task<> {
          co_await a.async_read_some(asio::buffer(buffer), use_task);
          ADD_FAILURE();
        });
      });
      co_await checkpoint();
      co_await checkpoint();
      scope.cancel();
    });
    EXPECT_TRUE(scope.cancelled_caught());
    co_await asio::async_write(b, asio::buffer("ping", 4), use_task);
    const std::size_t bytes = co_await a.async_read_some(asio::buffer(buffer), use_task);
    EXPECT_EQ(std::string_view(buffer.data(), bytes), "ping");
  });
  EXPECT_EQ(status, 0);
}

TEST(AsioOperation, AnErrorIsASystemErrorAndAsTupleReturnsItAsAValue) {
  const int status = run([]() -> Task<> {
    Socket a(current_io_context()), b(current_io_context());
    asio::local::connect_pair(a, b);
    b.close();
    char byte{};
    bool ended = false;
    try {
      co_await asio::async_read(a, asio::buffer(&byte, 1), use_task);
    } catch (const boost::system::system_error& error) {
      ended = error.code() == asio::error::eof;
    }
    EXPECT_TRUE(ended);
    const auto [code, bytes] = co_await asio::async_read(a, asio::buffer(&byte, 1), asio::as_tuple(use_task));
    EXPECT_EQ(code, asio::error::eof);
    EXPECT_EQ(bytes, 0u);
  });
  EXPECT_EQ(status, 0);
}

TEST(AsioOperation, ASocketClosedElsewhereIsAnErrorAndNotACancellation) {
  const int status = run([]() -> Task<> {
    asio::steady_timer timer(current_io_context(), std::chrono::hours(1));
    bool aborted = false;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      nursery.start_soon([&]() -> Task<> {
        try {
          co_await timer.async_wait(use_task);
        } catch (const boost::system::system_error& error) {
          aborted = error.code() == asio::error::operation_aborted;
        }
      });
      co_await checkpoint();
      timer.cancel();
    });
    EXPECT_TRUE(aborted);
  });
  EXPECT_EQ(status, 0);
}

TEST(AsioOperation, OperationsThatCompleteAtOnceNeedNoStack) {
  const int status = run([]() -> Task<> {
    for (int i = 0; i < 200'000; ++i) co_await asio::dispatch(current_io_context(), use_task);
  });
  EXPECT_EQ(status, 0);
}

asio::awaitable<int> foreign(asio::io_context& context) {
  co_await asio::post(context, asio::use_awaitable);
  co_return 7;
}
asio::awaitable<int> foreign_that_hangs(asio::io_context& context) {
  asio::steady_timer timer(context, std::chrono::hours(1));
  co_await timer.async_wait(asio::use_awaitable);
  co_return 7;
}

TEST(AsioOperation, ForeignAwaitablesCanBeAwaitedAndCancelled) {
  const int status = run([]() -> Task<> {
    const int result = co_await foreign(current_io_context());
    EXPECT_EQ(result, 7);
    const bool cut = co_await move_on_after(1ms, []() -> Task<> { co_await foreign_that_hangs(current_io_context()); });
    EXPECT_TRUE(cut);
  });
  EXPECT_EQ(status, 0);
}

// A channel of Boost 1.81 loses the next message after a receive was cancelled; 1.82 corrects that.
TEST(AsioOperation, AChannelsReceiveCanBeCancelled) {
  const int status = run([]() -> Task<> {
    asio::experimental::channel<void(boost::system::error_code, int)> channel(current_io_context(), 1);
    const bool cut = co_await move_on_after(1ms, [&]() -> Task<> { co_await channel.async_receive(use_task); });
    EXPECT_TRUE(cut);
  });
  EXPECT_EQ(status, 0);
}

TEST(AsioOperation, InACancelledScopeIsNotStarted) {
  const int status = run([]() -> Task<> {
    CancelScope scope;
    co_await scope.run([&]() -> Task<> {
      scope.cancel();
      co_await asio::post(current_io_context(), use_task);
      ADD_FAILURE();
    });
    EXPECT_TRUE(scope.cancelled_caught());
  });
  EXPECT_EQ(status, 0);
}

TEST(AsioOperation, IsAwaitableIfItsTokenIsUseTask) {
  using detail::Awaitable;
  using Timer = asio::steady_timer;
  static_assert(Awaitable<decltype(std::declval<Timer&>().async_wait(use_task))>);
  static_assert(Awaitable<decltype(std::declval<Timer&>().async_wait(asio::as_tuple(use_task)))>);
  static_assert(Awaitable<asio::awaitable<int>>);
  static_assert(!Awaitable<decltype(std::declval<Timer&>().async_wait(asio::use_future))> && !Awaitable<Timer&>);
}

}  // namespace
}  // namespace hoiku
