// sample_frames.hpp: frames with everything in them, for the tests of the codec.
#pragma once

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "hoiku/proto/change.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::proto::samples {

inline std::shared_ptr<const Transition> transition(Value value, std::string topic = "sensor/touch/left") {
  auto made = std::make_shared<Transition>();
  made->topic = std::move(topic);
  made->version = Version{0xFEDCBA9876543210u, 7};
  made->revision = 4711;
  made->value = std::move(value);
  made->changed_at = WallTime(std::chrono::microseconds(1'700'000'000'123'456));
  made->writer = "touch service";
  made->quality = Quality::stale;
  made->source_time = WallTime(std::chrono::microseconds(-5));
  return made;
}

inline std::vector<Value> values() {
  return {Value(),
          Value(true),
          Value(false),
          Value(0),
          Value(std::numeric_limits<std::int64_t>::min()),
          Value(std::numeric_limits<std::int64_t>::max()),
          Value(0.0),
          Value(21.5),
          Value(std::nan("")),
          Value(-HUGE_VAL),
          Value(""),
          Value("to be"),
          Value("\xFFnot UTF-8"),
          Value(Bytes{""}),
          Value(Bytes{std::string("\x00\xFF", 2)}),
          Value(MessageBytes{"robot.Pose", std::string("\x08\x00", 2)})};
}

inline ClientFrame hello() {
  ClientFrame frame;
  frame.connection_number = 3;
  frame.acknowledged = 17;
  frame.hello.emplace();
  for (std::size_t i = 0; i < frame.hello->token.size(); ++i) frame.hello->token[i] = static_cast<std::uint8_t>(i * 17);
  frame.hello->client_name = "brain é";
  frame.hello->session_timeout = std::chrono::milliseconds(2500);
  return frame;
}

inline void append_writes(ClientFrame& frame, RequestId& id) {
  for (const Value& value : values()) {
    Set set;
    set.id = id++;
    set.topic = "a/b";
    set.value = value;
    if (id % 2 == 0) set.if_version = Version{id % 4 == 0 ? 0 : ~std::uint64_t{0}, id};
    set.is_post = id % 5 == 0;
    if (id % 3 == 0) set.source_time = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(id) - 105));
    frame.commands.emplace_back(std::move(set));
  }
  frame.reply_at_once = true;
  Commit commit;
  for (const Value& value : values()) commit.writes.push_back(TopicWrite{"a/b", value, {}, {}});
  commit.writes[1].if_version = Version{};
  commit.writes[2].if_version = Version{0, 300};
  commit.writes[3].source_time = WallTime(std::chrono::microseconds(-5));
  commit.id = id++;
  frame.commands.emplace_back(commit);
  frame.commands.emplace_back(Commit{id++, {}});
  Sets sets;
  sets.id = id;
  sets.is_post = true;
  sets.names = {{1, "a/b"}, {topic_numbers_max, "c"}};
  for (const Value& value : values()) sets.add(1 + static_cast<std::uint32_t>(id++ % 200), value);
  frame.commands.emplace_back(sets);
  frame.commands.emplace_back(Sets());
}

inline void append_reading(ClientFrame& frame, RequestId& id) {
  frame.commands.emplace_back(Get{id++, "c"});
  frame.commands.emplace_back(List{id++, "sensor/*", ~std::uint64_t{0}});
  frame.commands.emplace_back(List{id++, "**", 0});
  frame.commands.emplace_back(ListReaders{id++, 4096});
  frame.commands.emplace_back(Subscribe{id++, {"sensor/**"}, std::nullopt});
  frame.commands.emplace_back(Subscribe{id++, {"a", "b", "a"}, ResumePoint{~std::uint64_t{0}, 9}});
  frame.commands.emplace_back(Subscribe{id++, {"sensor/**"}, std::nullopt, Mode::every});
  frame.commands.emplace_back(
      Subscribe{id++, {"sensor/**"}, ResumePoint{3, 4}, Mode::every, std::nullopt, std::chrono::nanoseconds(0), 700});
  Subscribe filtered{id++, {"sensor/**"}, std::nullopt};
  filtered.filter = Predicate::parse("value > 3").value();
  filtered.interval = std::chrono::milliseconds(100);
  frame.commands.emplace_back(filtered);
  frame.commands.emplace_back(Renew{id++, 5, 1'000});
  frame.commands.emplace_back(Unsubscribe{id++, 5});
}

inline void append_waits(ClientFrame& frame, RequestId& id) {
  Wait wait;
  wait.id = id++;
  wait.topic = "battery";
  frame.commands.emplace_back(wait);
  for (const char* text : {"value > 3", "quality != stale",
                           "!(value.a.b == \"x\") || old_value != double(nan) && value == \"happy\" && value != null()",
                           "abs(value - old_value) >= 0.5 && abs(value) < int64(7)",
                           "value == bytes(00ff) || value == message(\"a.B\",0801)"}) {
    wait.id = id++;
    wait.predicate = Predicate::parse(text).value();
    wait.hold += std::chrono::nanoseconds(1'500'000'001);
    wait.expires_after += std::chrono::seconds(3);
    frame.commands.emplace_back(wait);
  }
  WaitTransition change;
  change.id = id++;
  change.topic = "lid";
  frame.commands.emplace_back(change);
  for (const Version after : {Version{}, Version{0, 3}, Version{~std::uint64_t{0}, 9}}) {
    change.id = id++;
    change.predicate = Predicate::parse("value == \"open\" && old_value != \"open\"").value();
    change.after = after;
    change.expires_after += std::chrono::seconds(3);
    frame.commands.emplace_back(change);
  }
  frame.commands.emplace_back(CancelWait{id++, 6});
}

inline void append_declarations(ClientFrame& frame, RequestId& id) {
  frame.commands.emplace_back(Declare{id++, "a", ValueType::null, "", {}, {}});
  for (int type = 1; type <= static_cast<int>(ValueType::message); ++type) {
    frame.commands.emplace_back(
        Declare{id++, "a", static_cast<ValueType>(type), "a.B", std::chrono::milliseconds(type - 1), type - 1});
  }
  frame.commands.emplace_back(Own{id++, "a", Value(), false, {}});
  frame.commands.emplace_back(Own{id++, "a", Value(0.0), true, std::chrono::seconds(5)});
  frame.commands.emplace_back(Release{id++, 7});
  frame.commands.emplace_back(Undeclare{id++, "a/b"});
  frame.commands.emplace_back(RegisterSchema{id++, "a.B", std::string("\x00\xFF", 2)});
  frame.commands.emplace_back(GetSchema{id++, "a.B"});
}

// Each command, and of each field more than one value.
inline ClientFrame commands() {
  ClientFrame frame;
  frame.connection_number = 3;
  frame.number = 12;
  frame.acknowledged = 17;
  RequestId id = 100;
  append_writes(frame, id);
  append_reading(frame, id);
  append_waits(frame, id);
  append_declarations(frame, id);
  frame.commands.emplace_back(Goodbye{});
  return frame;
}

inline ServerFrame welcome() {
  ServerFrame frame;
  frame.connection_number = 3;
  frame.acknowledged = 11;
  Welcome welcome;
  welcome.resumed = true;
  welcome.instance_id = 0x8000000000000001u;
  welcome.first_connection = 2;
  welcome.session_timeout = std::chrono::milliseconds(3000);
  welcome.value_bytes_max = 1 << 20;
  welcome.frame_bytes_max = 4 << 20;
  welcome.credit_transitions = 1024;
  frame.welcome = welcome;
  return frame;
}

inline ServerFrame fatal() {
  ServerFrame frame;
  frame.fatal = Failure{ErrorCode::session_lost, "the session \"\xFF\" is gone"};
  return frame;
}

// A change with everything in it.
inline Change change(const ValueView& value) {
  Change made;
  made.revision_step = 300;
  made.time_step = std::chrono::microseconds(-5);
  made.value = value;
  made.quality = Quality::orphaned;
  made.source_time = WallTime(std::chrono::microseconds(-7));
  made.writer = "touch service";
  return made;
}

inline void append(Run& run, const Change& change) {
  const std::size_t begin = run.changes.size();
  const ChangeWriter writer(change);
  run.changes.resize(begin + writer.bytes());
  writer.write(run.changes.data() + begin);
  ++run.count;
}

// One at the beginning of a frame, one between the first two deliveries.
inline std::vector<Run> runs() {
  Run run;
  run.slot = 5;
  run.number = 8;
  run.revision = 4712;
  run.changed_at = WallTime(std::chrono::microseconds(-1));
  run.writer = "touch service";
  for (const Value& value : values()) append(run, change(value));
  Run later = run;
  later.place = 1;
  return {run, later};
}

inline ServerFrame batch() {
  ServerFrame frame;
  frame.connection_number = 3;
  frame.number = 40;
  frame.acknowledged = 12;
  std::uint32_t member = 0;
  for (const Value& value : values()) frame.deliveries.push_back(Delivery{5, member++, transition(value)});
  frame.deliveries.push_back(Delivery{6, 0, std::make_shared<Transition>()});
  frame.deliveries.push_back(Delivery{6, 0, transition(Value(1)), 2, 3, 4, 5});
  frame.runs = runs();
  frame.snapshot_ends = {SnapshotEnd{5, 4711, true}, SnapshotEnd{6, 0, false}};
  frame.answers.emplace_back(SetDone{100, Version{1, 2}, 3, true});
  frame.answers.emplace_back(GetDone{101, transition(Value(1))});
  frame.answers.emplace_back(WaitDone{102, transition(Value("x"))});
  frame.answers.emplace_back(Failed{103, Failure{ErrorCode::version_conflict, "it is 5"}, Version{1, 5}});
  frame.answers.emplace_back(Failed{104, Failure{static_cast<ErrorCode>(4711), ""}, std::nullopt});
  frame.answers.emplace_back(TransitionDone{105, transition(Value("open")), std::make_shared<Value>("closed")});
  frame.answers.emplace_back(TransitionDone{106, transition(Value()), nullptr});
  frame.answers.emplace_back(TransitionArmed{107, Version{7, 9}});
  frame.answers.emplace_back(TransitionArmed{108, Version{}});
  ListDone list;
  list.id = 109;
  for (const Value& value : values()) list.rows.push_back(ListRow{transition(value), list.rows.size()});
  list.rows.push_back(ListRow{std::make_shared<Transition>(), 300});
  list.next = 4096;
  frame.answers.emplace_back(list);
  frame.answers.emplace_back(ListDone{110, {}, 0});
  frame.answers.emplace_back(CommitDone{111, 4711, {{Version{1, 2}, true}, {Version{}, false}}});
  frame.answers.emplace_back(CommitDone{112, 0, {}});
  frame.answers.emplace_back(Done{113});
  frame.answers.emplace_back(Owned{114, Version{7, 9}});
  frame.answers.emplace_back(SchemaDone{115, std::string("\x00\xFF", 2)});
  frame.answers.emplace_back(SchemaDone{116, ""});
  frame.answers.emplace_back(ReadersDone{117, {}, 0});
  frame.answers.emplace_back(ReadersDone{
      118,
      {ReaderRow{},
       ReaderRow{
           "eye", "eye-1", {"a", "b"}, Mode::every, "value > 3", std::chrono::seconds(1), 2, 39, 4, 9, 5, 6, 7, 8}},
      9});
  frame.complete_through = 4711;
  frame.settled = 815;
  return frame;
}

}  // namespace hoiku::proto::samples
