// The types that a topic can have.
#include "tests/client/bus_world.hpp"

namespace hoiku {
namespace {

enum class Mood : std::uint8_t { calm, happy, sad };
enum Plain { left = -1, right = 1 };

// A type of its own, kept as text: "12%".
struct Percent {
  explicit Percent(int n) : number(n) {}
  int number = 0;
  friend bool operator==(const Percent&, const Percent&) = default;
};

}  // namespace

template <>
struct TopicTraits<Percent> {
  static constexpr std::string_view type_name = "percentage";
  static Value to_value(const Percent& v, const std::string&) { return Value(std::to_string(v.number) + "%"); }
  static Percent from_value(const Value& held, const std::string& topic) {
    const auto* text = held.get_if<std::string>();
    if (!text || !text->ends_with('%')) throw_type_mismatch(topic, type_name, held);
    return Percent(std::stoi(*text));
  }
};

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

static_assert(TopicType<Mood> && TopicType<Bytes> && TopicType<std::optional<int>> && TopicType<Percent>);
static_assert(!TopicType<std::optional<std::optional<int>>> && !TopicType<char> && !TopicType<const char*> &&
              !TopicType<void*> && !TopicType<std::vector<int>>);

TEST(TopicTypes, EnumerationsBytesAndOwnTypesComeBackAsTheyWere) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<Mood>("mood").set(Mood::sad);
    const auto mood = co_await bus.topic<Mood>("mood").get();
    EXPECT_EQ(mood, Mood::sad);
    const auto number = co_await bus.topic<int>("mood").get();
    EXPECT_EQ(number, 2);
    co_await bus.topic<Plain>("side").set(left);
    const auto side = co_await bus.topic<Plain>("side").get();
    EXPECT_EQ(side, left);
    const Bytes data{std::string("\0\xff", 2)};
    co_await bus.topic<Bytes>("data").set(data);
    const auto got = co_await bus.topic<Bytes>("data").get();
    EXPECT_EQ(got, data);
    co_await bus.topic<Percent>("battery").set(Percent(12));
    const auto battery = co_await bus.topic<Percent>("battery").get();
    EXPECT_EQ(battery, Percent(12));
    const auto text = co_await bus.topic<std::string>("battery").get();
    EXPECT_EQ(text, "12%");
  });
}

TEST(TopicTypes, AnIntegerThatDoesNotFitIsAMismatch) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    co_await bus.topic<int>("n").set(300);
    co_await bus.topic<std::string>("s").set("text");
    const bool mood = co_await fails_with<TypeMismatch>(bus.topic<Mood>("n").get());
    const bool bytes = co_await fails_with<TypeMismatch>(bus.topic<Bytes>("s").get());
    const bool percent = co_await fails_with<TypeMismatch>(bus.topic<Percent>("s").get());
    EXPECT_TRUE(mood && bytes && percent);
  });
}

// A topic's name and the type of a message come from programs that are not trusted, and stand in logs.
TEST(TopicTypes, ALongNameIsShortenedInAnError) {
  const std::string name(100'000, '\n');
  try {
    throw_type_mismatch(name, "bool", Value(MessageBytes{name, ""}));
    FAIL();
  } catch (const TypeMismatch& error) {
    EXPECT_LT(std::string_view(error.what()).size(), 500u);
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos);
  }
}

TEST(TopicTypes, ConditionsAreWrittenInTheTopicsType) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto mood = bus.topic<Mood>("mood");
    auto battery = bus.topic<Percent>("battery");
    auto data = bus.topic<Bytes>("data");
    const Bytes wanted{"x"};
    nursery.start_soon(
        [](Topic<Mood> m, Topic<Percent> b, Topic<Bytes> d) -> Task<> {
          co_await sleep(1s);
          co_await m.set(Mood::happy);
          co_await b.set(Percent(12));
          const Bytes x{"x"};
          co_await d.set(x);
        },
        mood, battery, data);
    const Mood happy = co_await until(mood >= Mood::happy);
    EXPECT_EQ(happy, Mood::happy);
    const Mood same = co_await mood.wait_value(value == Mood::happy && value != Mood::sad);
    EXPECT_EQ(same, Mood::happy);
    const Percent twelve = co_await battery.wait_value(Percent(12));
    EXPECT_EQ(twelve.number, 12);
    const Bytes there = co_await until(data == wanted);
    EXPECT_EQ(there, wanted);
  });
}

// ---- Topics that may be unset

TEST(OptionalTopic, AnEmptyOptionalIsUnset) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto guest = bus.topic<std::optional<std::string>>("guest");
    const std::optional<std::string> nobody = co_await guest.get();
    EXPECT_EQ(nobody, std::nullopt);
    co_await guest.set("Ada");
    const std::optional<std::string> ada = co_await guest.get();
    EXPECT_EQ(ada, "Ada");
    co_await guest.set(std::nullopt);
    const std::optional<std::string> gone = co_await bus.topic<std::string>("guest").get();
    EXPECT_EQ(gone, std::nullopt);
  });
}

TEST(OptionalTopic, ReadersSeeThatItIsUnset) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto guest = bus.topic<std::optional<int>>("guest");
    auto reader = guest.eventual_values();
    std::vector<std::optional<int>> seen;
    seen.push_back(co_await reader.next());
    co_await guest.set(1);
    seen.push_back(co_await reader.next());
    co_await guest.unset();
    seen.push_back(co_await reader.next());
    EXPECT_THAT(seen, ElementsAre(std::nullopt, 1, std::nullopt));
  });
}

TEST(OptionalTopic, CanBeWaitedForUntilItIsUnset) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto guest = bus.topic<std::optional<int>>("guest");
    co_await guest.set(1);
    nursery.start_soon(
        [](Topic<std::optional<int>> topic) -> Task<> {
          co_await sleep(1s);
          co_await topic.set(2);
          co_await sleep(1s);
          co_await topic.set(std::nullopt);
        },
        guest);
    const auto start = now();
    const std::optional<int> two = co_await guest.wait_value(value == 2);
    EXPECT_EQ(two, 2);
    const std::optional<int> same = co_await guest.wait_value(2);
    EXPECT_EQ(same, 2);
    const std::optional<int> nobody = co_await guest.wait_value(std::nullopt);
    EXPECT_EQ(nobody, std::nullopt);
    EXPECT_EQ(now() - start, 2s);
  });
}

TEST(OptionalTopic, InACompositeItMayBeUnset) {
  in_a_world([](BusWorld& world, Nursery& nursery) -> Task<> {
    Bus bus = co_await world.connect(nursery, "a");
    auto guest = bus.topic<std::optional<int>>("guest");
    auto room = bus.topic<std::string>("room");
    auto both = compose_values(guest, room);
    auto reader = both.eventual_values();
    co_await room.set("kitchen");
    const auto [nobody, kitchen] = co_await reader.next();
    EXPECT_EQ(nobody, std::nullopt);
    EXPECT_EQ(kitchen, "kitchen");
  });
}

}  // namespace
}  // namespace hoiku
