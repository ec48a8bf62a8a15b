// The quota of a session's open requests: predicates and last wills share one limit of bytes.
#include "tests/broker/core_fixture.hpp"

namespace hoiku::broker {
namespace {

class CoreQuota : public RobotAndScreenTest {
 protected:
  CoreQuota() {
    start(limited([](Limits& limits) { limits.open_request_bytes_max = 1000; }));
  }
  static std::string about_text(std::size_t bytes) { return "value == \"" + std::string(bytes, 'x') + "\""; }
  proto::RequestId wait(std::size_t bytes) { return after_turn(screen->wait("w", about_text(bytes))); }
  proto::RequestId subscribe(std::size_t bytes) {
    proto::Subscribe command;
    command.topics = {"s"};
    command.filter = *Predicate::parse(about_text(bytes));
    return after_turn(screen->subscribe(command));
  }
  proto::RequestId own(std::size_t bytes, std::chrono::nanoseconds lasting = 0ns) {
    return after_turn(screen->own("o", std::string(bytes, 'x'), true, lasting));
  }
  proto::RequestId after_turn(proto::RequestId id) {
    turn();
    return id;
  }
  // Expects that no other request uses the quota.
  void expect_all_is_free() {
    const auto all = own(1000);
    EXPECT_TRUE(screen->owns(all));
    screen->release(all);
    turn();
  }
};

TEST_F(CoreQuota, PredicatesAndLastWillsShareOneQuota) {
  const auto filtered = subscribe(300);
  const auto waiting = wait(300);
  const auto owning = own(300);
  const auto first = subscribe(300);
  for (const auto refused : {first, wait(300)}) {
    EXPECT_EQ(screen->failed(refused), ErrorCode::limit_exceeded);
    EXPECT_EQ(screen->answered<proto::Failed>(refused).failure.message,
              "topic '" + std::string(refused == first ? "s" : "w") +
                  "': the predicates and last wills of a session together exceed the limit of 1000 bytes");
  }
  EXPECT_EQ(screen->failed(own(2000)), ErrorCode::limit_exceeded);
  EXPECT_TRUE(screen->owns(owning));
  screen->unsubscribe(filtered);
  screen->cancel(waiting);
  screen->release(owning);
  turn();
  expect_all_is_free();
}

TEST_F(CoreQuota, EveryEndOfARequestFreesItsQuota) {
  const auto waiting = wait(300);
  robot->set("w", std::string(300, 'x'));
  turn();
  EXPECT_TRUE(std::holds_alternative<proto::WaitDone>(screen->answer(waiting)));
  expect_all_is_free();

  wait(300);  // matches at once, so it is not kept
  expect_all_is_free();

  own(300, 1s);
  advance(1s);
  expect_all_is_free();

  own(300);
  robot->own("o", Value(), true);
  turn();
  own(0);  // takes it back
  screen->release(screen->last_id);
  expect_all_is_free();

  robot->set("s", 1);
  EXPECT_EQ(screen->failed(subscribe(300)), ErrorCode::type_mismatch);
  expect_all_is_free();
}

TEST_F(CoreQuota, EachSessionHasItsOwnQuota) {
  wait(900);
  const auto other = robot->wait("w", about_text(900));
  turn();
  EXPECT_FALSE(robot->has_answer(other));
}

}  // namespace
}  // namespace hoiku::broker
