// encode_client.cpp: client frames to bytes.
#include "hoiku.pb.h"
#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/command_traits.hpp"
#include "hoiku/proto/size.hpp"
#include "proto/src/codec/encode_common.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;

// clang-format off
constexpr int field_of(const Set&)            { return pb::Command::kSetFieldNumber; }
constexpr int field_of(const Get&)            { return pb::Command::kGetFieldNumber; }
constexpr int field_of(const Subscribe&)      { return pb::Command::kSubscribeFieldNumber; }
constexpr int field_of(const Unsubscribe&)    { return pb::Command::kUnsubscribeFieldNumber; }
constexpr int field_of(const Wait&)           { return pb::Command::kWaitFieldNumber; }
constexpr int field_of(const CancelWait&)     { return pb::Command::kCancelWaitFieldNumber; }
constexpr int field_of(const Goodbye&)        { return pb::Command::kGoodbyeFieldNumber; }
constexpr int field_of(const Renew&)          { return pb::Command::kRenewFieldNumber; }
constexpr int field_of(const WaitTransition&) { return pb::Command::kWaitTransitionFieldNumber; }
constexpr int field_of(const List&)           { return pb::Command::kListFieldNumber; }
constexpr int field_of(const Commit&)         { return pb::Command::kCommitFieldNumber; }
constexpr int field_of(const Declare&)        { return pb::Command::kDeclareFieldNumber; }
constexpr int field_of(const Undeclare&)      { return pb::Command::kUndeclareFieldNumber; }
constexpr int field_of(const Own&)            { return pb::Command::kOwnFieldNumber; }
constexpr int field_of(const Release&)        { return pb::Command::kReleaseFieldNumber; }
constexpr int field_of(const RegisterSchema&) { return pb::Command::kRegisterSchemaFieldNumber; }
constexpr int field_of(const GetSchema&)      { return pb::Command::kGetSchemaFieldNumber; }
constexpr int field_of(const Sets&)           { return pb::Command::kSetsFieldNumber; }
constexpr int field_of(const ListReaders&)    { return pb::Command::kListReadersFieldNumber; }
// clang-format on

class ClientFrameEncoder {
 public:
  std::string encode(const ClientFrame& frame) {
    using W = pb::ClientFrame;
    to_.number(W::kConnectionNumberFieldNumber, frame.connection_number);
    to_.number(W::kNumberFieldNumber, frame.number);
    to_.number(W::kAcknowledgedFieldNumber, frame.acknowledged);
    if (frame.hello) {
      to_.message(W::kHelloFieldNumber, small, [&] { put(*frame.hello); });
    }
    for (const Command& command : frame.commands) put(command);
    if (frame.reply_at_once) to_.number(W::kReplyAtOnceFieldNumber, 1);
    return to_.take();
  }

 private:
  void put(const Hello& hello) {
    using W = pb::Hello;
    const std::string_view token(reinterpret_cast<const char*>(hello.token.data()), hello.token.size());
    to_.number(W::kVersionFieldNumber, hello.version);
    to_.bytes(W::kTokenFieldNumber, token);
    to_.bytes(W::kClientNameFieldNumber, hello.client_name);
    put_milliseconds(to_, W::kSessionTimeoutMsFieldNumber, hello.session_timeout);
  }

  void put(const Command& command) {
    const std::size_t expected = size_of(command).expected();
    to_.message(pb::ClientFrame::kCommandsFieldNumber, expected, [&] {
      to_.number(pb::Command::kIdFieldNumber, id_of(command));
      std::visit([&](const auto& which) { to_.message(field_of(which), expected, [&] { put(which); }); }, command);
    });
  }

  void put(const Sets& sets) {
    using W = pb::Sets;
    put_packed(W::kTopicsFieldNumber, sets.topics);
    put_packed(W::kLengthsFieldNumber, sets.lengths);
    to_.bytes(W::kValuesFieldNumber, sets.values);
    to_.number(W::kPostFieldNumber, sets.is_post ? 1 : 0);
    for (const Sets::Name& name : sets.names) {
      to_.message(W::kNamesFieldNumber, name.topic.size() + 8, [&] {
        to_.number(pb::TopicNumber::kNumberFieldNumber, name.number);
        to_.bytes(pb::TopicNumber::kTopicFieldNumber, name.topic);
      });
    }
  }

  void put_packed(int field, const std::vector<std::uint32_t>& numbers) {
    to_.message(field, numbers.size(), [&] {
      for (const std::uint32_t number : numbers) to_.only_number(number);
    });
  }

  // A Set, or one of the writes of a Commit.
  template <class Written>
  void put_write(const Written& write) {
    using W = pb::Set;
    to_.bytes(W::kTopicFieldNumber, write.topic);
    put_value(to_, W::kValueFieldNumber, write.value);
    if (write.if_version) put_version(to_, W::kIfVersionFieldNumber, *write.if_version);
    if (write.source_time) put_time(to_, W::kSourceTimeUsFieldNumber, *write.source_time);
  }

  void put(const Set& command) {
    put_write(command);
    to_.number(pb::Set::kPostFieldNumber, command.is_post ? 1 : 0);
  }

  void put(const Commit& command) {
    for (const TopicWrite& write : command.writes) {
      to_.message(pb::Commit::kWritesFieldNumber, size_of(write).expected(), [&] { put_write(write); });
    }
  }

  void put(const Get& command) { to_.bytes(pb::Get::kTopicFieldNumber, command.topic); }

  void put(const List& command) {
    to_.bytes(pb::List::kPatternFieldNumber, command.pattern);
    to_.number(pb::List::kCursorFieldNumber, command.cursor);
  }

  void put(const Subscribe& command) {
    using W = pb::Subscribe;
    for (const std::string& topic : command.topics) to_.bytes_even_if_empty(W::kTopicsFieldNumber, topic);
    to_.number(W::kModeFieldNumber, static_cast<std::uint64_t>(command.mode));
    if (command.filter) put_predicate(to_, W::kFilterFieldNumber, *command.filter);
    put_duration(to_, W::kIntervalNsFieldNumber, command.interval);
    to_.number(W::kUnreadFieldNumber, command.unread);
    if (!command.resume) return;
    to_.message(W::kResumeFieldNumber, small, [&] {
      to_.fixed(pb::ResumePoint::kInstanceIdFieldNumber, command.resume->instance_id);
      to_.number(pb::ResumePoint::kRevisionFieldNumber, command.resume->revision);
    });
  }

  void put(const Unsubscribe& command) { to_.number(pb::Unsubscribe::kSubscriptionFieldNumber, command.subscription); }

  void put(const Renew& command) {
    to_.number(pb::Renew::kSubscriptionFieldNumber, command.subscription);
    to_.number(pb::Renew::kTakenFieldNumber, command.taken);
  }

  void put(const Wait& command) {
    using W = pb::Wait;
    to_.bytes(W::kTopicFieldNumber, command.topic);
    if (command.predicate) put_predicate(to_, W::kPredicateFieldNumber, *command.predicate);
    put_duration(to_, W::kHoldNsFieldNumber, command.hold);
    put_duration(to_, W::kExpiresAfterNsFieldNumber, command.expires_after);
  }

  void put(const WaitTransition& command) {
    using W = pb::WaitTransition;
    to_.bytes(W::kTopicFieldNumber, command.topic);
    if (command.predicate) put_predicate(to_, W::kPredicateFieldNumber, *command.predicate);
    if (command.after) put_version(to_, W::kAfterFieldNumber, *command.after);
    put_duration(to_, W::kExpiresAfterNsFieldNumber, command.expires_after);
  }

  void put(const CancelWait& command) { to_.number(pb::CancelWait::kWaitFieldNumber, command.wait); }

  void put(const Declare& command) {
    using W = pb::Declare;
    to_.bytes(W::kTopicFieldNumber, command.topic);
    to_.number(W::kTypeFieldNumber, static_cast<std::uint64_t>(command.type));
    to_.bytes(W::kMessageTypeFieldNumber, command.message_type);
    if (command.deadline) {
      to_.number_even_if_zero(W::kDeadlineNsFieldNumber, static_cast<std::uint64_t>(command.deadline->count()));
    }
    if (command.history) to_.number_even_if_zero(W::kHistoryFieldNumber, *command.history);
  }

  void put(const Undeclare& command) { to_.bytes(pb::Undeclare::kTopicFieldNumber, command.topic); }

  void put(const Own& command) {
    using W = pb::Own;
    to_.bytes(W::kTopicFieldNumber, command.topic);
    if (!command.last_will.is_null()) put_value(to_, W::kLastWillFieldNumber, command.last_will);
    to_.number(W::kTakeOverFieldNumber, command.take_over ? 1 : 0);
    put_duration(to_, W::kLastingNsFieldNumber, command.lasting);
  }

  void put(const Release& command) { to_.number(pb::Release::kLeaseFieldNumber, command.lease); }

  void put(const RegisterSchema& command) {
    to_.bytes(pb::RegisterSchema::kMessageTypeFieldNumber, command.message_type);
    to_.bytes(pb::RegisterSchema::kFilesFieldNumber, command.files);
  }

  void put(const GetSchema& command) { to_.bytes(pb::GetSchema::kMessageTypeFieldNumber, command.message_type); }

  void put(const ListReaders& command) { to_.number(pb::ListReaders::kCursorFieldNumber, command.cursor); }

  void put(const Goodbye&) {}

  wire::WireWriter to_;
};

}  // namespace

std::string encode(const ClientFrame& frame) { return ClientFrameEncoder().encode(frame); }

}  // namespace hoiku::proto
