#include "hoiku/proto/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/proto/codec/sample_frames.hpp"

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

// A field of Protobuf's wire format whose value is bytes, for numbers below 16.
std::string field(unsigned number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  for (std::size_t size = content.size();; size >>= 7) {
    out += static_cast<char>(size >= 0x80 ? (size & 0x7F) | 0x80 : size);
    if (size < 0x80) break;
  }
  return out + content;
}

std::string number_field(unsigned number, unsigned small_value) {
  return {static_cast<char>(number << 3), static_cast<char>(small_value)};
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

TEST(Codec, AHelloArrivesAsItWasSent) {
  const ClientFrame sent = samples::hello();
  const ClientFrame frame = round_trip(sent);
  EXPECT_EQ(frame.incarnation, 3u);
  EXPECT_EQ(frame.acknowledged, 17u);
  ASSERT_TRUE(frame.hello);
  EXPECT_EQ(frame.hello->version, protocol_version);
  EXPECT_EQ(frame.hello->token, sent.hello->token);
  EXPECT_EQ(frame.hello->client_name, "brain é");
  EXPECT_EQ(frame.hello->session_timeout, std::chrono::milliseconds(2500));
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

TEST(Codec, EveryCommandArrivesAsItWasSent) {
  const ClientFrame sent = samples::commands();
  const ClientFrame frame = round_trip(sent);
  EXPECT_EQ(frame.number, 12u);
  ASSERT_EQ(frame.commands.size(), sent.commands.size());
  for (std::size_t i = 0; i < frame.commands.size(); ++i) {
    ASSERT_EQ(frame.commands[i].index(), sent.commands[i].index()) << i;
    if (const auto* set = std::get_if<Set>(&frame.commands[i])) {
      const Set& was = std::get<Set>(sent.commands[i]);
      EXPECT_EQ(set->id, was.id);
      EXPECT_EQ(set->topic, was.topic);
      EXPECT_EQ(set->if_version, was.if_version);
      EXPECT_EQ(set->source_time, was.source_time);
    } else if (const auto* get = std::get_if<Get>(&frame.commands[i])) {
      EXPECT_EQ(get->id, std::get<Get>(sent.commands[i]).id);
      EXPECT_EQ(get->topic, "c");
    } else if (const auto* subscribe = std::get_if<Subscribe>(&frame.commands[i])) {
      const Subscribe& was = std::get<Subscribe>(sent.commands[i]);
      EXPECT_EQ(subscribe->id, was.id);
      EXPECT_EQ(subscribe->topics, was.topics);
      EXPECT_EQ(subscribe->mode, was.mode);
      EXPECT_EQ(subscribe->filter ? subscribe->filter->key() : "", was.filter ? was.filter->key() : "");
      EXPECT_EQ(subscribe->interval, was.interval);
      ASSERT_EQ(subscribe->resume.has_value(), was.resume.has_value());
      EXPECT_EQ(subscribe->resume.value_or(ResumePoint{}).run, was.resume.value_or(ResumePoint{}).run);
      EXPECT_EQ(subscribe->resume.value_or(ResumePoint{}).revision, was.resume.value_or(ResumePoint{}).revision);
    } else if (const auto* wait = std::get_if<Wait>(&frame.commands[i])) {
      const Wait& was = std::get<Wait>(sent.commands[i]);
      EXPECT_EQ(wait->id, was.id);
      EXPECT_EQ(wait->topic, was.topic);
      EXPECT_EQ(wait->hold, was.hold);
      EXPECT_EQ(wait->given_up_after, was.given_up_after);
      ASSERT_EQ(wait->predicate.has_value(), was.predicate.has_value());
      EXPECT_EQ(wait->predicate ? wait->predicate->key() : "", was.predicate ? was.predicate->key() : "");
    } else if (const auto* change = std::get_if<WaitTransition>(&frame.commands[i])) {
      const WaitTransition& was = std::get<WaitTransition>(sent.commands[i]);
      EXPECT_EQ(change->id, was.id);
      EXPECT_EQ(change->topic, was.topic);
      EXPECT_EQ(change->after, was.after);
      EXPECT_EQ(change->given_up_after, was.given_up_after);
      EXPECT_EQ(change->predicate ? change->predicate->key() : "", was.predicate ? was.predicate->key() : "");
    } else if (const auto* unsubscribe = std::get_if<Unsubscribe>(&frame.commands[i])) {
      EXPECT_EQ(unsubscribe->id, std::get<Unsubscribe>(sent.commands[i]).id);
      EXPECT_EQ(unsubscribe->subscription, 5u);
    } else if (const auto* renew = std::get_if<Renew>(&frame.commands[i])) {
      EXPECT_EQ(renew->id, std::get<Renew>(sent.commands[i]).id);
      EXPECT_EQ(renew->subscription, 5u);
      EXPECT_EQ(renew->taken, 1'000u);
    } else if (const auto* cancel = std::get_if<CancelWait>(&frame.commands[i])) {
      EXPECT_EQ(cancel->id, std::get<CancelWait>(sent.commands[i]).id);
      EXPECT_EQ(cancel->wait, 6u);
    } else if (const auto* list = std::get_if<List>(&frame.commands[i])) {
      const List& was = std::get<List>(sent.commands[i]);
      EXPECT_EQ(list->id, was.id);
      EXPECT_EQ(list->pattern, was.pattern);
      EXPECT_EQ(list->cursor, was.cursor);
    } else if (const auto* declare = std::get_if<Declare>(&frame.commands[i])) {
      const Declare& was = std::get<Declare>(sent.commands[i]);
      EXPECT_EQ(declare->id, was.id);
      EXPECT_EQ(declare->topic, was.topic);
      EXPECT_EQ(declare->type, was.type);
      EXPECT_EQ(declare->message_type, was.message_type);
      EXPECT_EQ(declare->deadline, was.deadline);
      EXPECT_EQ(declare->history, was.history);
    } else if (const auto* own = std::get_if<Own>(&frame.commands[i])) {
      const Own& was = std::get<Own>(sent.commands[i]);
      EXPECT_EQ(own->id, was.id);
      EXPECT_EQ(own->topic, was.topic);
      EXPECT_EQ(own->last_will, was.last_will);
      EXPECT_EQ(own->take_over, was.take_over);
      EXPECT_EQ(own->lasting, was.lasting);
    } else if (const auto* release = std::get_if<Release>(&frame.commands[i])) {
      EXPECT_EQ(release->id, std::get<Release>(sent.commands[i]).id);
      EXPECT_EQ(release->lease, 7u);
    } else if (const auto* schema = std::get_if<RegisterSchema>(&frame.commands[i])) {
      const RegisterSchema& was = std::get<RegisterSchema>(sent.commands[i]);
      EXPECT_EQ(schema->id, was.id);
      EXPECT_EQ(schema->message_type, was.message_type);
      EXPECT_EQ(schema->files, was.files);
    } else if (const auto* wanted = std::get_if<GetSchema>(&frame.commands[i])) {
      EXPECT_EQ(wanted->id, std::get<GetSchema>(sent.commands[i]).id);
      EXPECT_EQ(wanted->message_type, "a.B");
    } else if (const auto* readers = std::get_if<ListReaders>(&frame.commands[i])) {
      EXPECT_EQ(readers->id, std::get<ListReaders>(sent.commands[i]).id);
      EXPECT_EQ(readers->cursor, 4096u);
    } else if (const auto* commit = std::get_if<Commit>(&frame.commands[i])) {
      const Commit& was = std::get<Commit>(sent.commands[i]);
      EXPECT_EQ(commit->id, was.id);
      ASSERT_EQ(commit->writes.size(), was.writes.size());
      for (std::size_t j = 0; j < was.writes.size(); ++j) {
        EXPECT_EQ(commit->writes[j].topic, was.writes[j].topic);
        EXPECT_EQ(commit->writes[j].value, was.writes[j].value);
        EXPECT_EQ(commit->writes[j].if_version, was.writes[j].if_version);
        EXPECT_EQ(commit->writes[j].source_time, was.writes[j].source_time);
      }
    }
  }
  EXPECT_EQ(encode(frame), encode(sent));
}

void expect_same(const Transition& a, const Transition& b) {
  EXPECT_EQ(a.topic, b.topic);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.revision, b.revision);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.changed_at, b.changed_at);
  EXPECT_EQ(a.writer, b.writer);
  EXPECT_EQ(a.quality, b.quality);
  EXPECT_EQ(a.source_time, b.source_time);
}

TEST(Codec, ABatchArrivesAsItWasSent) {
  const ServerFrame sent = samples::batch();
  const ServerFrame frame = round_trip(sent);
  EXPECT_EQ(frame.incarnation, 3u);
  EXPECT_EQ(frame.number, 40u);
  EXPECT_EQ(frame.acknowledged, 12u);
  EXPECT_EQ(frame.complete_through, 4711u);
  ASSERT_EQ(frame.deliveries.size(), sent.deliveries.size());
  for (std::size_t i = 0; i < frame.deliveries.size(); ++i) {
    EXPECT_EQ(frame.deliveries[i].subscription, sent.deliveries[i].subscription);
    EXPECT_EQ(frame.deliveries[i].member, sent.deliveries[i].member);
    expect_same(*frame.deliveries[i].transition, *sent.deliveries[i].transition);
    EXPECT_EQ(frame.deliveries[i].lagged, sent.deliveries[i].lagged);
    EXPECT_EQ(frame.deliveries[i].filtered, sent.deliveries[i].filtered);
    EXPECT_EQ(frame.deliveries[i].counted_from, sent.deliveries[i].counted_from);
  }
  ASSERT_EQ(frame.snapshot_ends.size(), 2u);
  EXPECT_EQ(frame.snapshot_ends[0].subscription, 5u);
  EXPECT_EQ(frame.snapshot_ends[0].revision, 4711u);
  EXPECT_TRUE(frame.snapshot_ends[0].whole);
  EXPECT_FALSE(frame.snapshot_ends[1].whole);
  ASSERT_EQ(frame.answers.size(), 19u);
  const auto& set = std::get<SetDone>(frame.answers[0]);
  EXPECT_EQ(set.id, 100u);
  EXPECT_EQ(set.version, (Version{1, 2}));
  EXPECT_EQ(set.revision, 3u);
  EXPECT_TRUE(set.changed);
  expect_same(*std::get<GetDone>(frame.answers[1]).current, *samples::transition(Value(1)));
  expect_same(*std::get<WaitDone>(frame.answers[2]).match, *samples::transition(Value("x")));
  const auto& failed = std::get<Failed>(frame.answers[3]);
  EXPECT_EQ(failed.id, 103u);
  EXPECT_EQ(failed.failure, (Failure{ErrorCode::version_conflict, "it is 5"}));
  EXPECT_EQ(failed.current, (Version{1, 5}));
  const auto& changed = std::get<TransitionDone>(frame.answers[5]);
  EXPECT_EQ(changed.id, 105u);
  expect_same(*changed.match, *samples::transition(Value("open")));
  EXPECT_EQ(*changed.old_value, Value("closed"));
  EXPECT_EQ(std::get<TransitionDone>(frame.answers[6]).old_value, nullptr);
  EXPECT_EQ(std::get<Done>(frame.answers[13]).id, 113u);
  EXPECT_EQ(std::get<Owned>(frame.answers[14]).version, (Version{7, 9}));
  EXPECT_EQ(std::get<SchemaDone>(frame.answers[15]).files, std::string("\x00\xFF", 2));
  EXPECT_EQ(std::get<SchemaDone>(frame.answers[16]).files, "");
  EXPECT_TRUE(std::get<ReadersDone>(frame.answers[17]).rows.empty());
  const auto& readers = std::get<ReadersDone>(frame.answers[18]);
  EXPECT_EQ(readers.next, 9u);
  ASSERT_EQ(readers.rows.size(), 2u);
  const ReaderRow& row = readers.rows[1];
  EXPECT_EQ(row.client, "eye");
  EXPECT_EQ(row.session, "eye-1");
  EXPECT_EQ(row.topics, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(row.mode, Mode::every);
  EXPECT_EQ(row.filter, "value > 3");
  EXPECT_EQ(row.interval, std::chrono::seconds(1));
  const std::vector<std::uint64_t> numbers{row.matched,  row.written, row.delivered, row.conflated,
                                           row.filtered, row.lagged,  row.pending};
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{2, 30, 4, 5, 6, 7, 8}));
  EXPECT_EQ(std::get<TransitionArmed>(frame.answers[7]).id, 107u);
  EXPECT_EQ(std::get<TransitionArmed>(frame.answers[7]).version, (Version{7, 9}));
  EXPECT_EQ(std::get<TransitionArmed>(frame.answers[8]).version, Version{});
  const auto& commit = std::get<CommitDone>(frame.answers[11]);
  EXPECT_EQ(commit.id, 111u);
  EXPECT_EQ(commit.revision, 4711u);
  ASSERT_EQ(commit.written.size(), 2u);
  EXPECT_EQ(commit.written[0].version, (Version{1, 2}));
  EXPECT_TRUE(commit.written[0].changed);
  EXPECT_EQ(commit.written[1].version, Version{});
  EXPECT_FALSE(commit.written[1].changed);
  EXPECT_TRUE(std::get<CommitDone>(frame.answers[12]).written.empty());
  const auto& list = std::get<ListDone>(frame.answers[9]);
  const auto& was = std::get<ListDone>(sent.answers[9]);
  EXPECT_EQ(list.id, 109u);
  EXPECT_EQ(list.next, 4096u);
  ASSERT_EQ(list.rows.size(), was.rows.size());
  for (std::size_t i = 0; i < was.rows.size(); ++i) {
    EXPECT_EQ(list.rows[i].readers, was.rows[i].readers);
    expect_same(*list.rows[i].current, *was.rows[i].current);
  }
  EXPECT_TRUE(std::get<ListDone>(frame.answers[10]).rows.empty());
  EXPECT_EQ(encode(frame), encode(sent));
}

TEST(Codec, WelcomeAndFatalArriveAsTheyWereSent) {
  const ServerFrame welcomed = round_trip(samples::welcome());
  ASSERT_TRUE(welcomed.welcome);
  EXPECT_TRUE(welcomed.welcome->resumed);
  EXPECT_EQ(welcomed.welcome->run, 0x8000000000000001u);
  EXPECT_EQ(welcomed.welcome->since, 2u);
  EXPECT_EQ(welcomed.welcome->session_timeout, std::chrono::seconds(3));
  EXPECT_EQ(welcomed.welcome->value_bytes_max, 1u << 20);
  EXPECT_EQ(welcomed.welcome->frame_bytes_max, 4u << 20);
  EXPECT_EQ(round_trip(samples::fatal()).fatal, samples::fatal().fatal);
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

TEST(Codec, AFrameWithTooManyItemsIsTooLarge) {
  Limits limits;
  limits.frame_items_max = samples::commands().commands.size();
  EXPECT_TRUE(decode_client_frame(encode(samples::commands()), limits));
  --limits.frame_items_max;
  EXPECT_EQ(refusal(encode(samples::commands()), limits), ErrorCode::too_large);

  limits.frame_items_max = std::max(samples::batch().deliveries.size(), samples::batch().answers.size());
  EXPECT_TRUE(decode_server_frame(encode(samples::batch()), limits));
  --limits.frame_items_max;
  EXPECT_EQ(decode_server_frame(encode(samples::batch()), limits).failure().code, ErrorCode::too_large);
}

TEST(Codec, AMillionEmptyCommandsAreRefusedAsOne) {
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i) bytes += field(5, "");
  EXPECT_EQ(refusal(bytes), ErrorCode::too_large);
}

TEST(Codec, AnotherVersionOfTheProtocolIsUnsupported) {
  ClientFrame frame = samples::hello();
  frame.hello->version = 2;
  EXPECT_EQ(refusal(encode(frame)), ErrorCode::unsupported_version);
  EXPECT_EQ(refusal(field(4, number_field(1, 99))), ErrorCode::unsupported_version);  // whatever else is missing
}

TEST(Codec, AHelloHasSixteenBytesOfToken) {
  const std::string version = number_field(1, 1);
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
  const auto decoded = decode_client_frame(field(4, number_field(1, 1) + field(2, std::string(16, 'x')) + timeout));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->hello->session_timeout, std::chrono::milliseconds::max());
}

}  // namespace
}  // namespace hoiku::proto
