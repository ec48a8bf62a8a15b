// Topics of Protobuf messages.
#include <messages.pb.h>

#include "hoiku/protobuf.hpp"
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using test::Order;
using test::Pose;
using testing::HasSubstr;

Pose pose(double x, double y) {
  Pose made;
  made.set_x(x);
  made.set_y(y);
  return made;
}

TEST(MessageTopic, AValueThatWasSetIsRead) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto where = bus.topic<Pose>("robot/pose");
    const auto before = co_await where.get();
    EXPECT_FALSE(before);
    co_await where.set(pose(1, 2));
    const auto got = co_await where.get();
    EXPECT_EQ(got->x(), 1);
    EXPECT_EQ(got->y(), 2);
    const TransitionPtr held = co_await where.latest();
    EXPECT_EQ(held->value.get_if<MessageBytes>()->type_name, "hoiku.test.Pose");
  });
}

TEST(MessageTopic, EqualContentIsUnchangedWhateverTheOrderOfAMap) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto where = bus.topic<Pose>("robot/pose");
    Pose forwards;
    Pose backwards;
    for (int i = 0; i < 50; ++i) (*forwards.mutable_tags())[std::to_string(i)] = i;
    for (int i = 49; i >= 0; --i) (*backwards.mutable_tags())[std::to_string(i)] = i;
    const Version first = co_await where.set(forwards);
    const Version second = co_await where.set(backwards);
    EXPECT_EQ(first, second);
    EXPECT_TRUE(Equality<Pose>::equal(forwards, backwards));
  });
}

TEST(MessageTopic, WaitsForAnEqualMessageOrForACallable) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto where = bus.topic<Pose>("robot/pose");
    nursery.start_soon(
        [](Topic<Pose> robot) -> Task<> {
          co_await sleep(1s);
          co_await robot.set(pose(1, 1));
          co_await sleep(1s);
          co_await robot.set(pose(2, 1));
        },
        where);
    const Pose there = co_await where.wait_value(pose(1, 1));
    EXPECT_EQ(there.x(), 1);
    const auto far = [](const Pose& at) { return at.x() > 1; };
    const Pose further = co_await where.wait_value(far);
    EXPECT_EQ(further.x(), 2);
    co_await until(where == pose(2, 1));
  });
}

TEST(MessageTopic, AnotherTypeIsAMismatchThatNamesBothTypes) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<Pose>("robot/pose").set(pose(1, 2));
    std::string message;
    try {
      co_await bus.topic<Order>("robot/pose").get();
    } catch (const TypeMismatch& error) {
      message = error.what();
    }
    EXPECT_THAT(message, HasSubstr("robot/pose"));
    EXPECT_THAT(message, HasSubstr("hoiku.test.Pose"));
    EXPECT_THAT(message, HasSubstr("hoiku.test.Order"));
    Order order;
    order.set_what("tea");
    const bool refused = co_await fails_with<TypeMismatch>(bus.topic<Order>("robot/pose").set(order));
    EXPECT_TRUE(refused);
  });
}

TEST(MessageTopic, MalformedBytesAreAMismatch) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const MessageBytes broken{"hoiku.test.Pose", "\x09\x01"};
    co_await bus.topic_value("robot/pose").set(Value(broken));
    const bool refused = co_await fails_with<TypeMismatch>(bus.topic<Pose>("robot/pose").get());
    EXPECT_TRUE(refused);
  });
}

TEST(MessageTopic, AMessageThatLacksARequiredFieldIsRefusedByTheClient) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    ErrorCode code{};
    try {
      bus.topic<Order>("order").post(Order());
    } catch (const Error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, ErrorCode::invalid_argument);
  });
}

}  // namespace
}  // namespace hoiku
