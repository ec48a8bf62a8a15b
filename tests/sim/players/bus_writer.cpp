#include "tests/sim/players/bus_writer.hpp"

namespace hoiku::model {

using namespace std::chrono_literals;

Task<> BusWriter::write(Bus bus) {
  while (now() < play_.quiet) {
    co_await write_once(bus);
    co_await sleep(play_.dice.between(0ms, 60ms));
  }
  co_await sleep_until(play_.end + 1s);
}

Task<> BusWriter::write_once(Bus bus) {
  ++play_.acts;
  try {
    const std::size_t kind = play_.dice.below(100);
    if (kind < 20) {
      co_await set_on_condition(bus);
    } else if (kind < 32) {
      co_await write_two(bus);
    } else if (kind < 40) {
      co_await update(bus);
    } else if (kind < 50) {
      co_await unset(bus);
    } else if (kind < 62) {
      // The write is cancelled: it may have been applied or not.
      const std::string name = play_.dice.topic();
      co_await move_on_after(play_.dice.between(0ms, 30ms), bus.topic<Value>(name).set(play_.dice.next_value(name)));
    } else {
      co_await set(bus);
    }
  } catch (const VersionConflict&) {
    // Another client was faster.
  } catch (const Error& error) {
    if (error.code() == ErrorCode::type_mismatch) play_.did(Deed::refused_write);
    // Only next_value() draws such a value, and only in histories with a small limit.
    if (error.code() == ErrorCode::too_large && play_.past.model().value_bytes_max() < Limits{}.value_bytes_max)
      co_return play_.did(Deed::too_large_write);
    const bool is_expected = error.code() == ErrorCode::outcome_unknown || error.code() == ErrorCode::type_mismatch ||
                             error.code() == ErrorCode::not_owner;
    if (!is_expected) play_.complain(std::string("a write failed: ") + error.what());
  }
}

// Now and then writes a topic that others own: that is refused, or nobody owns it now.
Task<> BusWriter::set(Bus bus) {
  const std::string name = play_.dice.chance(5) ? play_.dice.owned_topic() : play_.dice.topic();
  const Value written = play_.dice.next_value(name);
  play_.check_written(name, co_await bus.topic<Value>(name).set(written), written, "set()");
  play_.did(written.type() == play_.dice.value(name).type() ? Deed::set : Deed::set_of_another_type);
}

// A write with a condition succeeds only against the state that its writer has seen. "Not set now" may be another
// unset state than the one that was seen.
Task<> BusWriter::set_on_condition(Bus bus) {
  const std::string name = play_.dice.topic();
  const auto topic = bus.topic<Value>(name);
  const TransitionPtr seen = co_await topic.latest();
  if (seen->version.number > 0 && !play_.past.find(name, seen->version))
    play_.complain("latest() of " + name + " never was");
  if (play_.dice.chance(50)) co_await sleep(play_.dice.between(0ms, 20ms));
  const bool is_any_unset = seen->version.number == 0 || (seen->value.is_null() && play_.dice.chance(50));
  const IfVersion condition = if_version(is_any_unset ? Version() : seen->version);
  const Value next = play_.dice.chance(20) ? Value() : play_.dice.next_value(name);
  const Version version = next.is_null() ? co_await topic.unset(condition) : co_await topic.set(next, condition);
  play_.check_written(name, version, next, "set() on a condition");
  play_.did(next.is_null() ? Deed::unset_if_version : is_any_unset ? Deed::set_if_unset : Deed::compare_and_set);
  if (next == seen->value) co_return;
  if (is_any_unset) {
    const State* before = play_.past.before(name, version);
    if (before && !before->value.is_null()) play_.complain("set() of " + name + " took a value for unset");
  } else if (version.epoch != seen->version.epoch || version.number != seen->version.number + 1) {
    play_.complain("set() of " + name + " replaced a state that it had not seen");
  }
}

Task<> BusWriter::unset(Bus bus) {
  const std::string name = play_.dice.chance(20) ? play_.dice.owned_topic() : play_.dice.topic();
  play_.check_written(name, co_await bus.topic<Value>(name).unset(), Value(), "unset()");
  play_.did(Deed::unset);
}

Task<> BusWriter::write_two(Bus bus) {
  const std::string names[] = {play_.dice.topic(), play_.dice.topic()};
  if (names[0] == names[1]) co_return;
  Value values[] = {play_.dice.next_value(names[0]), play_.dice.next_value(names[1])};
  if (play_.dice.chance(15)) values[0] = Value();
  const Committed committed = co_await bus.commit([&](Transaction& both) {
    for (const int i : {0, 1}) {
      if (values[i].is_null()) {
        both.unset(bus.topic<Value>(names[i]));
      } else {
        both.set(bus.topic<Value>(names[i]), values[i]);
      }
    }
  });
  for (std::size_t i = 0; i < 2; ++i) play_.check_written(names[i], committed.versions.at(i), values[i], "commit()");
  play_.did(Deed::commit);
}

// The old value that update() gives its function is the one that it replaces.
Task<> BusWriter::update(Bus bus) {
  const std::string name = play_.dice.topic();
  Value old_value, next;
  const Version version = co_await bus.topic<Value>(name).update([&](std::optional<Value> old) {
    old_value = old.value_or(Value());
    next = play_.dice.value(name);
    return next;
  });
  play_.did(Deed::update);
  if (next == old_value) co_return;
  const State* before = play_.past.before(name, version);
  if (before && !(before->value == old_value))
    play_.complain("update() of " + name + " replaced a value that it had not read");
}

// After a flush that succeeds, the last post has been applied. A post of another type may end this Bus.
Task<> BusWriter::post(Bus bus) {
  while (now() < play_.quiet) {
    ++play_.acts;
    const std::string name = play_.dice.topic();
    const Value value = play_.dice.value(name);
    const auto topic = bus.topic<Value>(name);
    play_.has_risked_its_bus = true;
    if (play_.dice.chance(30)) {
      topic.post(value, latest_only);
    } else {
      topic.post(value);
    }
    play_.did(Deed::post);
    if (play_.dice.chance(30)) co_await flush(bus, name, value);
    co_await sleep(play_.dice.between(0ms, 60ms));
  }
  co_await sleep_until(play_.end + 1s);
}

Task<> BusWriter::flush(Bus bus, std::string posted, Value value) {
  try {
    co_await bus.flush();
  } catch (const Error& error) {
    const bool is_expected = error.code() == ErrorCode::outcome_unknown || error.code() == ErrorCode::type_mismatch;
    if (!is_expected) play_.complain(std::string("flush() failed: ") + error.what());
    co_return;
  }
  play_.did(Deed::flush);
  if (!play_.past.ever({posted}, {value}))
    play_.complain("flush() returned before the post to " + posted + " was applied");
}

}  // namespace hoiku::model
