// The contents of a frame never take more than their bound, also with every number at its longest.
#include "hoiku/proto/size.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "hoiku/proto/codec.hpp"
#include "tests/proto/codec/sample_frames.hpp"

namespace hoiku::proto {
namespace {

constexpr std::uint64_t longest = std::numeric_limits<std::uint64_t>::max();
constexpr Version longest_version{longest, longest};
constexpr std::chrono::nanoseconds longest_duration(-1);  // as all negative numbers
constexpr WallTime longest_time{std::chrono::microseconds::min()};

std::vector<std::string> names() {
  return {"", std::string(127, 'n'), std::string(128, 'n'), std::string(20'000, 'n')};
}

std::vector<Value> long_values() {
  std::vector<Value> values = samples::values();
  for (const std::string& text : names()) {
    values.emplace_back(text);
    values.emplace_back(Bytes{text});
    values.emplace_back(MessageBytes{text, text});
  }
  return values;
}

Predicate long_predicate(const std::string& name) {
  const auto literal = [&](const char* text) { return Predicate::parse(text).value(); };
  Predicate all = Predicate::compare(Predicate::Op::not_equal, Value(name));
  for (const char* text : {"!(value.a.b == \"x\") || old_value != double(nan)", "abs(value - old_value) >= 0.5",
                           "value == -9223372036854775808", "value.mode == FLYING", "quality == orphaned",
                           "value == message(\"a.B\",0801)"}) {
    all = Predicate::all_of(std::move(all), literal(text));
  }
  return all;
}

std::vector<Command> extreme_commands() {
  std::vector<Command> commands;
  for (const Value& value : long_values()) {
    commands.emplace_back(Set{longest, "a", value, longest_version, longest_time, true});
    commands.emplace_back(Own{longest, "a", value, true, longest_duration});
    commands.emplace_back(Commit{longest, {3, TopicWrite{"a", value, longest_version, longest_time}}});
  }
  for (const std::string& name : names()) {
    const Predicate predicate = long_predicate(name);
    commands.emplace_back(Get{longest, name});
    commands.emplace_back(List{longest, name, longest});
    Subscribe subscribe{longest, {40, name}, ResumePoint{longest, longest}, Mode::every};
    subscribe.filter = predicate;
    subscribe.interval = longest_duration;
    commands.emplace_back(subscribe);
    commands.emplace_back(Wait{longest, name, predicate, longest_duration, longest_duration});
    commands.emplace_back(WaitTransition{longest, name, predicate, longest_version, longest_duration});
    commands.emplace_back(Declare{longest, name, ValueType::message, name, longest_duration, longest});
    commands.emplace_back(RegisterSchema{longest, name, name});
    commands.emplace_back(GetSchema{longest, name});
  }
  Sets sets;
  sets.id = longest;
  for (const Value& value : long_values()) {
    for (int i = 0; i < 50; ++i) sets.add(topic_numbers_max, value);
    sets.names.push_back({topic_numbers_max, names().back()});
  }
  commands.emplace_back(sets);
  commands.emplace_back(ListReaders{longest, longest});
  commands.emplace_back(Renew{longest, longest, longest});
  commands.emplace_back(Unsubscribe{longest, longest});
  commands.emplace_back(CancelWait{longest, longest});
  commands.emplace_back(Release{longest, longest});
  commands.emplace_back(Undeclare{longest, std::string(255, 'a')});
  return commands;
}

std::shared_ptr<const Transition> extreme_transition(const Value& value, const std::string& name) {
  auto made = std::make_shared<Transition>();
  made->topic = name;
  made->version = longest_version;
  made->revision = longest;
  made->value = value;
  made->changed_at = longest_time;
  made->writer = name;
  made->quality = Quality::orphaned;
  made->source_time = longest_time;
  return made;
}

std::vector<std::shared_ptr<const Transition>> extreme_transitions() {
  std::vector<std::shared_ptr<const Transition>> all;
  for (const std::string& name : names()) {
    for (const Value& value : long_values()) all.push_back(extreme_transition(value, name));
  }
  return all;
}

std::vector<Answer> extreme_answers() {
  std::vector<Answer> answers;
  for (const auto& transition : extreme_transitions()) {
    answers.emplace_back(GetDone{longest, transition});
    answers.emplace_back(WaitDone{longest, transition});
    answers.emplace_back(TransitionDone{longest, transition, std::make_shared<Value>(transition->value)});
    answers.emplace_back(ListDone{longest, {3, ListRow{transition, longest}}, longest});
  }
  for (const std::string& name : names()) {
    const ReaderRow row{name,    name,    {3, name}, Mode::every, name,    longest_duration, longest,
                        longest, longest, longest,   longest,     longest, longest,          longest};
    answers.emplace_back(ReadersDone{longest, {3, row}, longest});
    answers.emplace_back(SchemaDone{longest, name});
    answers.emplace_back(
        Failed{longest, {static_cast<ErrorCode>(std::numeric_limits<std::uint32_t>::max()), name}, longest_version});
  }
  answers.emplace_back(SetDone{longest, longest_version, longest, true});
  answers.emplace_back(CommitDone{longest, longest, {500, {longest_version, true}}});
  answers.emplace_back(TransitionArmed{longest, longest_version});
  answers.emplace_back(Done{longest});
  answers.emplace_back(Owned{longest, longest_version});
  return answers;
}

// The size of a frame with one item, without the numbers of the frame, which have a bound of their own.
template <class Frame, class Item>
std::size_t encoded_alone(std::vector<Item> Frame::*items, const Item& item) {
  Frame frame;
  (frame.*items).push_back(item);
  return encode(frame).size();
}

TEST(EncodedSize, CommandsNeverTakeMoreThanTheirBound) {
  for (const auto& commands : {samples::commands().commands, extreme_commands()}) {
    for (const Command& command : commands) {
      EXPECT_LE(encoded_alone(&ClientFrame::commands, command), size_of(command).bound()) << command.index();
    }
  }
}

TEST(EncodedSize, AnswersNeverTakeMoreThanTheirBound) {
  for (const auto& answers : {samples::batch().answers, extreme_answers()}) {
    for (const Answer& answer : answers) {
      EXPECT_LE(encoded_alone(&ServerFrame::answers, answer), size_of(answer).bound()) << answer.index();
    }
  }
}

// A change in a run of its own: no run has a longer beginning for each of its changes.
TEST(EncodedSize, AChangeTakesNoMoreThanTheDeliveryOfItsTransition) {
  for (const auto& transition : extreme_transitions()) {
    Change change;
    change.revision_step = longest;
    change.time_step = std::chrono::microseconds::min();
    change.value = transition->value;
    change.quality = transition->quality;
    change.source_time = transition->source_time;
    proto::Run run;
    run.slot = std::numeric_limits<std::uint32_t>::max();
    run.number = run.revision = longest;
    run.changed_at = longest_time;
    run.writer = transition->writer;
    change.writer = transition->writer;
    samples::append(run, change);
    EXPECT_LE(encoded_alone(&ServerFrame::runs, run), delivery_size(*transition).bound() + run.writer.size());
  }
}

TEST(EncodedSize, DeliveriesNeverTakeMoreThanTheirBound) {
  for (const auto& transition : extreme_transitions()) {
    constexpr std::uint32_t longest_number = std::numeric_limits<std::uint32_t>::max();
    const Delivery delivery{longest, longest_number, transition, longest, longest, longest, longest_number};
    EXPECT_LE(encoded_alone(&ServerFrame::deliveries, delivery), delivery_size(*transition).bound());
  }
  EXPECT_LE(encoded_alone(&ServerFrame::snapshot_ends, SnapshotEnd{longest, longest, true}), snapshot_end_bytes);
}

TEST(EncodedSize, AFrameAroundItsContentsHasABoundToo) {
  ClientFrame request;
  ServerFrame response;
  request.connection_number = request.number = request.acknowledged = longest;
  response.connection_number = response.number = response.acknowledged = longest;
  response.complete_through = response.settled = longest;
  response.welcome = Welcome{true, longest, longest, std::chrono::milliseconds::max(), longest, longest, longest};
  EXPECT_LE(encode(request).size(), frame_overhead_bytes);
  EXPECT_LE(encode(response).size(), frame_overhead_bytes);
}

// A generous bound would leave frames half empty.
TEST(EncodedSize, OfALargeValueTheBoundIsNearlyExact) {
  const Command set = Set{1, "a", Value(std::string(100'000, 'x')), {}, {}};
  EXPECT_LT(size_of(set).bound(), encoded_alone(&ClientFrame::commands, set) + 200);
}

}  // namespace
}  // namespace hoiku::proto
