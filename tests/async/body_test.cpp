// Bodies inside a co_await expression: a closure that g++ 12 would destroy twice does not compile.
#include "hoiku/async/detail/body.hpp"

#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <string>

namespace hoiku::detail {
namespace {

template <class... Args, class F>
constexpr bool safe(F&&) {
  return SafeInAwait<F, Args...>;
}

TEST(Body, AClosureThatOwnsSomethingIsRefused) {
  const std::string text = "snug";
  EXPECT_FALSE((safe<>([text] { return text; })));
  EXPECT_FALSE((safe<int>([text](int) { return text; })));
  auto named = [text] { return text; };
  EXPECT_TRUE(safe<>(named)) << "it is no temporary";
}

TEST(Body, AGenericClosureThatOwnsSomethingIsRefused) {
  const std::string text = "snug";
  EXPECT_FALSE((safe<int>([text](auto) { return text; })));
  EXPECT_FALSE((safe<int, double>([text](auto...) { return text; })));
  EXPECT_FALSE((safe<std::string&>([text](auto& other) { return other = text; })));
}

TEST(Body, AClosureThatOwnsNothingIsAllowed) {
  std::string text = "snug";
  const int number = 3;
  EXPECT_TRUE((safe<>([] {})));
  EXPECT_TRUE((safe<>([&] { return text; })));
  EXPECT_TRUE((safe<int>([number](auto other) { return number + other; })));
}

TEST(Body, AnOperationThatOwnsSomethingIsAllowed) {
  boost::asio::io_context context;
  boost::asio::steady_timer timer(context);
  EXPECT_TRUE(safe<>(timer.async_wait(boost::asio::deferred)));
  const auto task = []() -> Task<> { co_return; };
  EXPECT_TRUE(safe<>(task()));
}

TEST(Body, AnArgumentThatOwnsSomethingIsAllowed) { EXPECT_TRUE(safe<int>(std::string("snug"))); }

}  // namespace
}  // namespace hoiku::detail
