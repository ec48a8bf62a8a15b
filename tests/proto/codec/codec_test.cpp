#include "hoiku/proto/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/proto/codec/sample_frames.hpp"
#include "tests/proto/codec/wire_field.hpp"

namespace hoiku::proto {
namespace {

ClientFrame round_trip(const ClientFrame& frame) {
  auto decoded = decode_client_frame(encode(frame));
  EXPECT_TRUE(decoded) << (decoded ? "" : decoded.failure().message);
  return decoded ? *decoded : ClientFrame{};
}

ServerFrame round_trip(const ServerFrame& frame) {
  auto decoded = decode_server_frame(encode(frame));
  EXPECT_TRUE(decoded) << (decoded ? "" : decoded.failure().message);
  return decoded ? *decoded : ServerFrame{};
}

template <class T>
const T& only(const ClientFrame& frame) {
  return std::get<T>(frame.commands.at(0));
}

ErrorCode refusal(const std::string& bytes, const Limits& limits = {}) {
  const auto decoded = decode_client_frame(bytes, limits);
  EXPECT_FALSE(decoded);
  return decoded ? ErrorCode{} : decoded.failure().code;
}

ErrorCode server_refusal(const std::string& bytes) {
  const auto decoded = decode_server_frame(bytes);
  EXPECT_FALSE(decoded);
  return decoded ? ErrorCode{} : decoded.failure().code;
}

// ---- round trips ---------------------------------------------------------------------------------------------------

TEST(Codec, AHeartbeatIsAnEmptyFrame) {
  EXPECT_EQ(encode(ClientFrame{}), "");
  EXPECT_EQ(encode(ServerFrame{}), "");
  const ClientFrame frame = round_trip(ClientFrame{});
  EXPECT_EQ(frame.number, 0u);
  EXPECT_FALSE(frame.hello);
  EXPECT_TRUE(frame.commands.empty());
}

// Together with ProtocolFields.TheSamplesUseEachOfThem: nothing is lost on the way.
TEST(Codec, WhatWasDecodedIsEncodedToTheSameBytes) {
  for (const ClientFrame& frame : {samples::hello(), samples::commands()}) {
    EXPECT_EQ(encode(round_trip(frame)), encode(frame));
  }
  for (const ServerFrame& frame : {samples::welcome(), samples::fatal(), samples::batch()}) {
    EXPECT_EQ(encode(round_trip(frame)), encode(frame));
  }
}

TEST(Codec, EveryValueArrivesAsItWasSent) {
  for (const Value& value : samples::values()) {
    ClientFrame frame;
    frame.commands.emplace_back(Set{1, "a", value, std::nullopt, std::nullopt});
    const Set set = only<Set>(round_trip(frame));
    EXPECT_EQ(set.value, value) << to_display_string(value);
    EXPECT_EQ(set.value.type(), value.type());
    EXPECT_FALSE(set.if_version);
    EXPECT_FALSE(set.source_time);
  }
}

TEST(Codec, EveryValueOfPackedWritesArrivesAsItWasSent) {
  ClientFrame frame;
  Sets sets;
  sets.id = 7;
  sets.names = {{3, "a"}};
  for (const Value& value : samples::values()) sets.add(3, value);
  frame.commands.emplace_back(sets);
  const Sets decoded = only<Sets>(round_trip(frame));
  EXPECT_EQ(decoded.names.at(0).topic, "a");
  std::vector<Value> values;
  RequestId next = 7;
  EXPECT_TRUE(decoded.for_each([&](RequestId id, std::uint32_t topic, const ValueView& value) {
    EXPECT_EQ(id, next++);
    EXPECT_EQ(topic, 3u);
    values.push_back(value.copy());
    return true;
  }));
  EXPECT_EQ(values, samples::values());
}

// Checks the numbers by name in messages whose fields look alike: a codec that swapped two of them both ways would pass
// the test above.
TEST(Codec, NumbersArriveInTheirOwnFields) {
  const ServerFrame batch = round_trip(samples::batch());
  const Delivery& delivery = batch.deliveries.back();
  EXPECT_EQ(delivery.subscription, 6u);
  EXPECT_EQ(delivery.lagged, 2u);
  EXPECT_EQ(delivery.filtered, 3u);
  EXPECT_EQ(delivery.count_baseline, 4u);
  EXPECT_EQ(delivery.slot, 5u);
  ASSERT_EQ(batch.runs.size(), 2u);
  const proto::Run& run = batch.runs.back();
  EXPECT_EQ(run.place, 1u);
  EXPECT_EQ(run.slot, 5u);
  EXPECT_EQ(run.number, 8u);
  EXPECT_EQ(run.revision, 4712u);
  EXPECT_EQ(run.changed_at, WallTime(std::chrono::microseconds(-1)));
  EXPECT_EQ(run.count, samples::values().size());
  const ReaderRow& row = std::get<ReadersDone>(batch.answers.back()).rows.at(1);
  const std::vector<std::uint64_t> numbers{row.matched,   row.written,  row.delivered, row.in_flight,
                                           row.conflated, row.filtered, row.lagged,    row.pending};
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{2, 39, 4, 9, 5, 6, 7, 8}));
  const Welcome welcome = *round_trip(samples::welcome()).welcome;
  EXPECT_EQ(welcome.instance_id, 0x8000000000000001u);
  EXPECT_EQ(welcome.first_connection, 2u);
  EXPECT_EQ(welcome.value_bytes_max, 1u << 20);
  EXPECT_EQ(welcome.frame_bytes_max, 4u << 20);
  EXPECT_EQ(welcome.credit_transitions, 1024u);
}

TEST(Codec, ErrorNumbersOfANewerPeerAreKept) {
  const ServerFrame frame = round_trip(samples::batch());
  EXPECT_EQ(std::get<Failed>(frame.answers[4]).failure.code, static_cast<ErrorCode>(4711));
}

TEST(Codec, FieldsOfANewerPeerAreSkipped) {
  const std::string frame = encode(samples::commands());
  const auto decoded = decode_client_frame(frame + field(15, "from the future"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode(*decoded), frame);
}

// ---- refused -------------------------------------------------------------------------------------------------------

TEST(Codec, AFrameOverItsLimitIsTooLarge) {
  Limits limits;
  limits.frame_bytes_max = encode(samples::commands()).size();
  EXPECT_TRUE(decode_client_frame(encode(samples::commands()), limits));
  --limits.frame_bytes_max;
  EXPECT_EQ(refusal(encode(samples::commands()), limits), ErrorCode::too_large);
  EXPECT_EQ(decode_server_frame(std::string(5 << 20, '\0')).failure().code, ErrorCode::too_large);
}

// The number of items with which a frame is just accepted. `limit` is the limit of the frame's items.
template <class Decode>
std::size_t items_of(const std::string& bytes, std::size_t Limits::*limit, Decode decode) {
  Limits limits;
  std::size_t items = 0;
  for (limits.*limit = 0; !decode(bytes, limits); ++items) {
    EXPECT_EQ(decode(bytes, limits).failure().code, ErrorCode::too_large);
    limits.*limit = items + 1;
  }
  return items;
}

std::size_t client_items(Command command) {
  ClientFrame frame;
  frame.commands.push_back(std::move(command));
  return items_of(encode(frame), &Limits::command_items_max, decode_client_frame);
}

std::size_t server_items(const ServerFrame& frame) {
  return items_of(encode(frame), &Limits::frame_items_max, decode_server_frame);
}

TEST(Codec, AFrameWithTooManyItemsIsTooLarge) {
  const Predicate field = Predicate::parse("value.position.x > 3").value();
  EXPECT_EQ(client_items(Get{1, "a"}), 1u);
  EXPECT_EQ(client_items(Commit{1, {3, TopicWrite{"a", Value(1), {}, {}}}}), 4u);
  EXPECT_EQ(client_items(Subscribe{1, {"a", "b", "c"}, {}}), 4u);
  // A comparison, its two terms, and the two names of the field.
  EXPECT_EQ(client_items(Wait{1, "a", field, {}}), 6u);
  EXPECT_EQ(client_items(WaitTransition{1, "a", field, {}}), 6u);
  EXPECT_EQ(client_items(Subscribe{1, {"a"}, {}, Mode::latest, field}), 7u);

  const auto transition = samples::transition(Value(1));
  const ReaderRow row{"client", "session", {"a", "b"}, Mode::latest, ""};
  ServerFrame frame;
  frame.deliveries.assign(3, Delivery{1, 0, transition});
  frame.snapshot_ends.assign(4, SnapshotEnd{1, 2, true});
  EXPECT_EQ(server_items(frame), 7u);
  frame.answers = {SetDone{}, ListDone{1, {2, ListRow{transition, 1}}, 0}, CommitDone{1, 1, {3, CommitDone::Written()}},
                   ReadersDone{1, {2, row}, 0}};
  EXPECT_EQ(server_items(frame), 7u + 4 + 2 + 3 + 2 * 3);
}

TEST(Codec, PackedWritesAndChangesAreItems) {
  Sets sets;
  for (int i = 0; i < 3; ++i) sets.add(1, Value(i));
  sets.names = {{1, "a"}, {2, "b"}};
  EXPECT_EQ(client_items(sets), 1u + 2 * 3 + 2);
  ServerFrame frame;
  frame.runs = samples::runs();
  frame.runs.back().place = 0;
  EXPECT_EQ(server_items(frame), 2 * (1 + samples::values().size()));
}

TEST(Codec, PackedWritesThatDoNotFitTogetherAreAViolation) {
  Sets good;
  good.add(1, Value(1));
  good.add(2, Value("x"));
  good.names = {{topic_numbers_max, "a"}};
  std::vector<Sets> bad(6, good);
  bad[0].topics.pop_back();
  bad[1].lengths.back() += 1;
  bad[2].values += "x";
  bad[3].values[0] = '\x7F';  // a value of an unknown kind
  bad[4].lengths = {0, static_cast<std::uint32_t>(good.values.size())};
  bad[5].names = {{topic_numbers_max + 1, "a"}};
  for (const Sets& sets : bad) {
    ClientFrame frame;
    frame.commands.emplace_back(sets);
    EXPECT_EQ(refusal(encode(frame)), ErrorCode::protocol_violation) << &sets - bad.data();
  }
}

TEST(Codec, ARunThatIsMalformedOrHasALongNameIsAViolation) {
  std::vector<proto::Run> bad(3, samples::runs().front());
  bad[0].changes[2] = '\x7F';  // in the first change
  bad[1].writer = std::string(run_name_bytes_max + 1, 'x');
  Change change = samples::change(Value());
  change.writer = bad[1].writer;
  samples::append(bad[2], change);
  for (const proto::Run& run : bad) {
    ServerFrame frame;
    frame.runs = {run};
    EXPECT_EQ(server_refusal(encode(frame)), ErrorCode::protocol_violation) << &run - bad.data();
  }
}

TEST(Codec, AListSeveralTimesTooLongIsAViolation) {
  Limits limits;
  limits.commit_topics_max = limits.composite_topics_max = 2;
  const TopicWrite write{"a", Value(1), {}, {}};
  const std::string name = "a";
  for (const std::size_t count : {8u, 9u}) {
    for (const Command& command : {Command(Commit{1, {count, write}}), Command(Subscribe{1, {count, name}, {}})}) {
      ClientFrame frame;
      frame.commands = {command};
      const auto decoded = decode_client_frame(encode(frame), limits);
      EXPECT_EQ(bool(decoded), count == 8) << command.index();
      if (decoded) continue;
      EXPECT_EQ(decoded.failure().code, ErrorCode::protocol_violation);
    }
  }
}

TEST(Codec, AMillionEmptyCommandsAreRefusedAsOne) {
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i) bytes += field(5, "");
  EXPECT_EQ(refusal(bytes), ErrorCode::too_large);
}

TEST(Codec, AnotherVersionOfTheProtocolIsUnsupported) {
  ClientFrame frame = samples::hello();
  frame.hello->version = protocol_version - 1;
  EXPECT_EQ(refusal(encode(frame)), ErrorCode::unsupported_version);
  EXPECT_EQ(refusal(field(4, number_field(1, 99))), ErrorCode::unsupported_version);  // whatever else is missing
}

TEST(Codec, AHelloHasSixteenBytesOfToken) {
  const std::string version = number_field(1, protocol_version);
  EXPECT_TRUE(decode_client_frame(field(4, version + field(2, std::string(16, 'x')))));
  EXPECT_EQ(refusal(field(4, version + field(2, std::string(15, 'x')))), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(field(4, version + field(2, std::string(17, 'x')))), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(field(4, version)), ErrorCode::protocol_violation);
}

TEST(Codec, AClientsNameIsOneShortLine) {
  ClientFrame frame = samples::hello();
  frame.hello->client_name = std::string(255, 'n');
  EXPECT_TRUE(decode_client_frame(encode(frame)));
  frame.hello->client_name += 'n';
  EXPECT_EQ(refusal(encode(frame)), ErrorCode::invalid_argument);
  for (const char* name : {"two\nlines", "\x1b[31m", "\xFF", "a\u2028b"}) {
    frame.hello->client_name = name;
    EXPECT_EQ(refusal(encode(frame)), ErrorCode::invalid_argument);
  }
}

TEST(Codec, AHelloComesWithoutCommands) {
  ClientFrame frame = samples::hello();
  frame.commands.emplace_back(Goodbye{});
  EXPECT_EQ(refusal(encode(frame)), ErrorCode::protocol_violation);
}

TEST(Codec, WhatIsUnknownWhereItMattersIsAViolation) {
  EXPECT_EQ(refusal(field(5, "")), ErrorCode::protocol_violation);                // a command of no kind
  EXPECT_EQ(refusal(field(5, field(15, "new"))), ErrorCode::protocol_violation);  // of a newer peer
  EXPECT_EQ(refusal(field(5, field(2, ""))), ErrorCode::protocol_violation);      // a set without a value
  EXPECT_EQ(refusal(field(5, field(2, field(2, field(9, "new"))))),
            ErrorCode::protocol_violation);  // a new kind of value
  const std::string null_value = field(4, number_field(1, 0));
  EXPECT_TRUE(decode_server_frame(field(6, field(3, null_value))));
  EXPECT_EQ(server_refusal(field(6, field(3, null_value + number_field(7, 3)))),
            ErrorCode::protocol_violation);                                // quality
  EXPECT_EQ(server_refusal(field(6, "")), ErrorCode::protocol_violation);  // a delivery without a transition
  EXPECT_EQ(server_refusal(field(8, "")), ErrorCode::protocol_violation);  // an answer of no kind
  EXPECT_EQ(server_refusal(field(8, field(4, ""))), ErrorCode::protocol_violation);
}

TEST(Codec, APredicateThatIsNoTreeOfConditionsIsAViolation) {
  const auto waiting_for = [](const std::string& predicate) { return field(5, field(6, field(2, predicate))); };
  const std::string value = field(6, number_field(1, 5));
  const std::string literal = field(6, number_field(1, 7) + field(4, "3"));
  const std::string comparison = number_field(1, 4) + number_field(2, 1);
  EXPECT_TRUE(decode_client_frame(waiting_for(comparison + value + literal)));
  EXPECT_EQ(refusal(waiting_for("")), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(waiting_for(number_field(1, 10))), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(waiting_for(comparison)), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(waiting_for(comparison + value + value + value)), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(waiting_for(number_field(1, 4) + value + literal)), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(waiting_for(number_field(1, 4) + number_field(2, 7) + value + literal)),
            ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(waiting_for(comparison + value + field(6, number_field(1, 7)))), ErrorCode::protocol_violation);
  EXPECT_EQ(refusal(waiting_for(comparison + value + field(6, number_field(1, 7) + field(4, "two words")))),
            ErrorCode::protocol_violation);
}

TEST(Codec, ADeepPredicateIsRefusedBeforeItsRecursionHurts) {
  for (const std::size_t depth : {17u, 90u, 200u, 5'000u}) {
    std::string node = number_field(1, 4);
    for (std::size_t i = 1; i < depth; ++i) node = number_field(1, 3) + field(6, node);
    EXPECT_EQ(refusal(field(5, field(6, field(2, node)))), ErrorCode::protocol_violation) << depth;
  }
}

TEST(Codec, AWidePredicateIsRefusedBeforeItIsBuilt) {
  std::string node = number_field(1, 2);
  for (int i = 0; i < 100'000; ++i) node += field(6, "");
  EXPECT_EQ(refusal(field(5, field(6, field(2, node)))), ErrorCode::protocol_violation);
}

// Protobuf takes the last one, too.
TEST(Codec, OfAFieldThatOccursTwiceTheLastOneCounts) {
  const std::string first = field(1, "a") + field(2, number_field(2, 1));
  const auto decoded = decode_client_frame(field(5, field(3, field(1, "x")) + field(2, first + field(1, "b"))));
  ASSERT_TRUE(decoded) << decoded.failure().message;
  EXPECT_EQ(only<Set>(*decoded).topic, "b");
  EXPECT_EQ(only<Set>(*decoded).value, Value(true));
}

TEST(Codec, AFieldOfAnotherTypeOnTheWireIsUnknown) {
  const std::string value = field(2, number_field(2, 1));
  const auto decoded = decode_client_frame(field(5, number_field(2, 7) + field(2, number_field(1, 7) + value)));
  ASSERT_TRUE(decoded) << decoded.failure().message;
  EXPECT_EQ(only<Set>(*decoded).topic, "");
}

TEST(Codec, BytesThatEndWithinAFieldAreAViolation) {
  for (const std::string& inner :
       {std::string("\x0a\x05", 2) + "abc", std::string("\x08\x80", 2), std::string("\x0f")}) {
    EXPECT_EQ(refusal(inner), ErrorCode::protocol_violation);
    EXPECT_EQ(refusal(field(5, inner)), ErrorCode::protocol_violation);
    EXPECT_EQ(refusal(field(5, field(2, inner))), ErrorCode::protocol_violation);
    EXPECT_EQ(refusal(field(5, field(2, field(2, inner)))), ErrorCode::protocol_violation);
  }
}

// ---- let through ---------------------------------------------------------------------------------------------------

TEST(Codec, WhatOneCommandCanBeToldIsLetThrough) {
  Limits limits;
  limits.value_bytes_max = 4;
  limits.topic_name_bytes_max = 4;
  limits.composite_topics_max = 2;
  ClientFrame frame;
  frame.commands.emplace_back(Set{1, "a//\xFF", Value("longer than four"), std::nullopt, std::nullopt});
  frame.commands.emplace_back(Subscribe{2, {"a*", "", "three"}, std::nullopt});
  frame.commands.emplace_back(Subscribe{3, {}, std::nullopt});
  frame.commands.emplace_back(Wait{4, "", std::nullopt, std::chrono::nanoseconds(-1)});
  const auto decoded = decode_client_frame(encode(frame), limits);
  ASSERT_TRUE(decoded) << decoded.failure().message;
  EXPECT_EQ(std::get<Set>(decoded->commands[0]).topic, "a//\xFF");
  EXPECT_EQ(std::get<Subscribe>(decoded->commands[1]).topics.size(), 3u);
  EXPECT_EQ(std::get<Wait>(decoded->commands[3]).hold.count(), -1);
}

TEST(Codec, APredicateALittleOverTheLimitsIsLetThroughForItsOwnError) {
  Predicate all = Predicate::compare(Predicate::Op::not_equal, Value(0));
  for (int i = 1; i < 60; ++i) all = Predicate::all_of(all, Predicate::compare(Predicate::Op::not_equal, Value(i)));
  ClientFrame frame;
  frame.commands.emplace_back(Wait{1, "a", all, {}});
  const auto decoded = decode_client_frame(encode(frame));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(only<Wait>(*decoded).predicate->check(Limits{}).failure().code, ErrorCode::invalid_predicate);
  for (int i = 60; i < 100; ++i) all = Predicate::all_of(all, Predicate::compare(Predicate::Op::not_equal, Value(i)));
  std::get<Wait>(frame.commands[0]).predicate = all;
  EXPECT_EQ(refusal(encode(frame)), ErrorCode::protocol_violation);
}

TEST(Codec, TimesThatDoNotFitBecomeTheLongest) {
  const std::string timeout = std::string("\x20") + std::string(9, '\xFF') + '\x01';  // 2^64 - 1 ms
  const auto decoded =
      decode_client_frame(field(4, number_field(1, protocol_version) + field(2, std::string(16, 'x')) + timeout));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->hello->session_timeout, std::chrono::milliseconds::max());
}

}  // namespace
}  // namespace hoiku::proto
