// Topics of Protobuf messages whose schema the broker knows.
#include <described.pb.h>
#include <messages.pb.h>

#include "hoiku/protobuf.hpp"
#include "tests/client/bus_world.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using its::Station;
using testing::HasSubstr;

Station station(double x, Station::Mode mode = Station::IDLE) {
  Station made;
  made.mutable_at()->set_x(x);
  made.set_mode(mode);
  return made;
}

Predicate predicate(std::string_view text) { return Predicate::parse(text).value(); }

template <class F>
std::optional<ErrorCode> error_of(F&& verb) {
  try {
    verb();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

TEST(DescribedTopic, RegistersItsSchemaOnce) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus robot = co_await world.connect(nursery, "robot");
    for (int i = 0; i < 3; ++i) (void)robot.topic<Station>("station");
    (void)robot.topic<std::optional<Station>>("other");
    EXPECT_EQ(robot.statistics().open_requests, 0u);
    Bus screen = co_await world.connect(nursery, "screen");
    const auto schema = co_await screen.schema("its.Station");
    EXPECT_TRUE(schema);
    if (schema) {
      EXPECT_EQ(schema->files(), MessageSchema::of(*Station::descriptor()).files());
    }
    EXPECT_EQ(world.statistics().schemas, 1u);
    const auto unknown = co_await screen.schema("its.Nobody");
    EXPECT_FALSE(unknown);
  });
}

TEST(DescribedTopic, ItsFieldsCanBeWaitedFor) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto where = bus.topic<Station>("station");
    nursery.start_soon(
        [](Topic<Station> topic) -> Task<> {
          co_await sleep(1s);
          co_await topic.set(station(1));
          co_await sleep(1s);
          co_await topic.set(station(4, Station::BUSY));
          co_await topic.set(station(2, Station::BUSY));
        },
        where);
    const Station far = co_await where.wait_value(predicate("value.at.x > 3"));
    EXPECT_EQ(far.at().x(), 4);
    const Station busy = co_await where.wait_value(predicate("value.mode == BUSY && value.at.x < 3"));
    EXPECT_EQ(busy.at().x(), 2);
    const auto optional = bus.topic<std::optional<Station>>("station");
    const auto same = co_await optional.wait_value(predicate("value.at.x == 2"));
    EXPECT_EQ(same->mode(), Station::BUSY);
  });
}

TEST(DescribedTopic, ItsFieldsCanBeTestedInTheClient) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto where = bus.topic<Station>("station");
    auto far = where.eventual_values(predicate("value.at.x > 3"));
    auto jumps = where.transitions(predicate("abs(value.at.x - old_value.at.x) > 2"));
    co_await where.set(station(1));
    nursery.start_soon(
        [](Topic<Station> topic) -> Task<> {
          co_await sleep(1s);
          for (const double x : {2.0, 3.5, 9.0}) co_await topic.set(station(x));
        },
        where);
    const auto jump = co_await jumps.next();
    EXPECT_EQ(jump.old_value->at().x(), 3.5);
    EXPECT_EQ(jump.value->at().x(), 9);
    const Station now_far = co_await far.next();
    EXPECT_GT(now_far.at().x(), 3);
  });
}

TEST(DescribedTopic, WrongFieldsAreReportedByTheClientAndByTheBroker) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto where = bus.topic<Station>("station");
    co_await where.set(station(1));
    std::string told;
    try {
      co_await where.wait_value(predicate("value.at.z > 3"));
    } catch (const Error& error) {
      told = error.what();
    }
    EXPECT_THAT(told, HasSubstr("its.Station.Position has no field 'z'; it has x, y"));
    EXPECT_EQ(error_of([&] { where.transitions(predicate("value.at.z > 3")); }), ErrorCode::invalid_predicate);
    // The fields of lite messages, and of a type that this program does not know, are unknown here.
    EXPECT_EQ(error_of([&] { bus.topic<test::Pose>("pose").transitions(predicate("value.x > 3")); }),
              ErrorCode::invalid_predicate);
    EXPECT_EQ(error_of([&] { bus.topic_value("station").eventual_values(predicate("value.at.x > 3")); }),
              ErrorCode::invalid_predicate);
    test::Pose pose;
    pose.set_x(4);
    co_await bus.topic<test::Pose>("pose").set(pose);
    const bool refused = co_await fails_with<Error>(bus.topic<test::Pose>("pose").wait_value(predicate("value.x > 3")));
    EXPECT_TRUE(refused);
    const TransitionPtr there = co_await bus.topic_value("station").latest();
    const Value seen = co_await bus.topic_value("station").wait_value(predicate("value.at.x == 1"));
    EXPECT_EQ(seen, there->value);
  });
}

TEST(DescribedTopic, RegistersItsSchemaAgainAfterABrokerRestart) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    const auto where = bus.topic<Station>("station");
    co_await where.set(station(1));
    world.start_broker();
    nursery.start_soon(
        [](Topic<Station> topic) -> Task<> {
          co_await sleep(10s);
          co_await topic.set(station(4));
        },
        where);
    const Station far = co_await where.wait_value(predicate("value.at.x > 3"));
    EXPECT_EQ(far.at().x(), 4);
    EXPECT_EQ(world.statistics().schemas, 1u);
  });
}

TEST(DescribedTopic, RegisteringDoesNotWaitForAConnection) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    world.network().cut("a", 1s);
    const TimePoint start = now();
    const auto where = bus.topic<Station>("station");
    EXPECT_EQ(now(), start);
    where.post(station(4));
    const Station far = co_await where.wait_value(predicate("value.at.x > 3"));
    EXPECT_EQ(far.at().x(), 4);
  });
}

TEST(DescribedTopic, ADefinitionThatBreaksOtherProgramsEndsTheNursery) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus older = co_await world.connect(nursery, "older");
    detail::register_schema(older.topic_value("any").core().bus(),
                            test::schema_of("Station", "message Station\n string at 1\nend"));
    co_await older.topic_value("any").set(Value(1));
    std::string told;
    try {
      co_await open_nursery([&](Nursery& inner) -> Task<> {
        Bus newer = co_await world.connect(inner, "newer");
        (void)newer.topic<Station>("station");
        co_await sleep(1h);
      });
    } catch (const ExceptionGroup& errors) {
      errors.for_each_leaf([&](const std::exception& error) { told = error.what(); });
    } catch (const TypeMismatch& error) {
      told = error.what();
    }
    EXPECT_THAT(told, HasSubstr("'its.Station'"));
    EXPECT_THAT(told, HasSubstr("field 1"));
    EXPECT_THAT(told, HasSubstr("'its.Station.Position'"));
  });
}

}  // namespace
}  // namespace hoiku
