#include "tests/sim/players/bus_messages.hpp"

#include <pose.pb.h>
#include "hoiku/protobuf.hpp"
#include "tests/sim/judge/meaning.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

Task<> BusMessages::exchange(Bus bus) {
  while (now() < play_.quiet) {
    ++play_.acts;
    const std::string name = "pose/" + std::to_string(play_.dice.below(2));
    try {
      co_await exchange_once(bus, name);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::outcome_unknown)
        play_.complain("messages in " + name + " failed: " + error.what());
    }
    co_await sleep(play_.dice.between(0ms, 60ms));
  }
  co_await sleep_until(play_.end + 1s);
}

Task<> BusMessages::exchange_once(Bus bus, std::string name) {
  const std::size_t kind = play_.dice.below(100);
  if (kind < 60) return set(bus, std::move(name));
  if (kind < 85) return wait(bus, std::move(name));
  return ask_for_schema(bus);
}

Task<> BusMessages::set(Bus bus, std::string name) {
  const auto topic = bus.topic<Pose>(name);
  if (play_.dice.chance(10)) {
    play_.check_written(name, co_await topic.unset(), Value(), "unset()");
    co_return;
  }
  static const std::vector<std::string> moods{"", "calm", "wild"};
  Pose pose;
  pose.set_x(static_cast<std::int64_t>(play_.dice.below(5)) - 1);
  pose.set_mood(play_.dice.pick(moods));
  if (play_.dice.chance(50)) pose.mutable_place()->set_height(static_cast<double>(play_.dice.below(3)) / 2);
  const Value written(MessageBytes(pose.GetTypeName(), pose.SerializeAsString()));
  play_.check_written(name, co_await topic.set(pose), written, "set()");
  play_.did(Deed::set_message);
}

// The broker evaluates the condition by the schema, the judge by the generated class.
Task<> BusMessages::wait(Bus bus, std::string name) {
  const Predicate predicate = play_.dice.about_field();
  const auto topic = bus.topic<Pose>(name);
  TransitionPtr match;
  co_await move_on_after(play_.dice.between(0ms, 300ms),
                         [&]() -> Task<> { match = co_await topic.wait_latest(predicate); });
  if (!match) co_return;
  if (!holds(predicate, match->value, Value(), match->quality))
    play_.complain("waited for " + predicate.key() + " and got " + to_display_string(match->value));
  play_.did(Deed::wait_for_a_field);
}

Task<> BusMessages::ask_for_schema(Bus bus) {
  const std::optional<MessageSchema> schema = co_await bus.schema("hoiku.model.Pose");
  if (!schema) co_return;  // perhaps nobody has registered it at this broker
  if (schema->files() != MessageSchema::of(*Pose::descriptor()).files()) play_.complain("schema() gave another schema");
  play_.did(Deed::schema);
}

}  // namespace hoiku::model
