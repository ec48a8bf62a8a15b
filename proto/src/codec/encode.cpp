// Frames to bytes. Takes nothing from Protobuf's generated code but the numbers of the fields; see wire/writer.hpp.
#include <algorithm>

#include "hoiku.pb.h"
#include "hoiku/proto/codec.hpp"
#include "proto/src/wire/writer.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;

class Encoder {
 public:
  std::string take() { return to_.take(); }

  void put(const ClientFrame& frame) {
    using W = pb::ClientFrame;
    to_.number(W::kIncarnationFieldNumber, frame.incarnation);
    to_.number(W::kNumberFieldNumber, frame.number);
    to_.number(W::kAcknowledgedFieldNumber, frame.acknowledged);
    if (frame.hello) {
      to_.message(W::kHelloFieldNumber, small, [&] { put(*frame.hello); });
    }
    for (const Command& command : frame.commands) {
      std::visit([&](const auto& which) { to_.message(W::kCommandsFieldNumber, size_of(which), [&] { put(which); }); },
                 command);
    }
  }

  void put(const ServerFrame& frame) {
    using W = pb::ServerFrame;
    to_.number(W::kIncarnationFieldNumber, frame.incarnation);
    to_.number(W::kNumberFieldNumber, frame.number);
    to_.number(W::kAcknowledgedFieldNumber, frame.acknowledged);
    if (frame.welcome) {
      to_.message(W::kWelcomeFieldNumber, small, [&] { put(*frame.welcome); });
    }
    if (frame.fatal) {
      to_.message(W::kFatalFieldNumber, small, [&] { put(*frame.fatal); });
    }
    for (const Delivery& delivery : frame.deliveries) {
      to_.message(W::kDeliveriesFieldNumber, size_of(*delivery.transition), [&] { put(delivery); });
    }
    for (const SnapshotEnd& end : frame.snapshot_ends) {
      to_.message(W::kSnapshotEndsFieldNumber, small, [&] { put(end); });
    }
    for (const Answer& answer : frame.answers) {
      std::visit([&](const auto& which) { to_.message(W::kAnswersFieldNumber, size_of(which), [&] { put(which); }); },
                 answer);
    }
    to_.number(W::kCompleteThroughFieldNumber, frame.complete_through);
  }

 private:
  // Guesses of how many bytes a message will have. What is small stays below 128, so that one byte says its length.
  static constexpr std::size_t small = 64;
  static std::size_t size_of(const Transition& transition) {
    return transition.topic.size() + transition.writer.size() + transition.value.payload_bytes() + 36;
  }
  static std::size_t size_of(const Set& command) { return write_size(command); }
  static std::size_t size_of(const Commit& command) {
    std::size_t bytes = 0;
    for (const Write& write : command.writes) bytes += write_size(write) + 4;
    return bytes;
  }
  template <class Written>  // a Set or a Write
  static std::size_t write_size(const Written& write) {
    return write.topic.size() + write.value.payload_bytes() + 20;
  }
  static std::size_t size_of(const Own& command) {
    return command.topic.size() + command.last_will.payload_bytes() + 20;
  }
  static std::size_t size_of(const RegisterSchema& command) {
    return command.message_type.size() + command.files.size() + 20;
  }
  static std::size_t size_of(const SchemaDone& answer) { return answer.files.size() + 20; }
  static std::size_t size_of(const GetDone& answer) { return size_of(*answer.current); }
  static std::size_t size_of(const WaitDone& answer) { return size_of(*answer.match); }
  static std::size_t size_of(const TransitionDone& answer) {
    return size_of(*answer.match) + (answer.old_value ? answer.old_value->payload_bytes() : 0);
  }
  static std::size_t size_of(const ListDone& answer) {
    std::size_t bytes = 0;
    for (const ListRow& row : answer.rows) bytes += size_of(*row.current);
    return bytes;
  }
  template <class Other>
  static std::size_t size_of(const Other&) {
    return small;
  }

  void put(const Value& value) {
    using W = pb::Value;
    if (const auto* b = value.get_if<bool>()) return to_.number_even_if_zero(W::kBooleanFieldNumber, *b ? 1 : 0);
    if (const auto* i = value.get_if<std::int64_t>()) return to_.zigzag_even_if_zero(W::kInt64FieldNumber, *i);
    if (const auto* d = value.get_if<double>()) return to_.float64_even_if_zero(W::kFloat64FieldNumber, *d);
    if (const auto* s = value.get_if<std::string>()) return to_.bytes_even_if_empty(W::kTextFieldNumber, *s);
    if (const auto* b = value.get_if<Bytes>()) return to_.bytes_even_if_empty(W::kBlobFieldNumber, b->data);
    if (const auto* m = value.get_if<MessageBytes>()) {
      return to_.message(W::kMessageFieldNumber, value.payload_bytes() + 8, [&] {
        to_.bytes(W::Message::kTypeNameFieldNumber, m->type_name);
        to_.bytes(W::Message::kDataFieldNumber, m->data);
      });
    }
    to_.number_even_if_zero(W::kNullFieldNumber, pb::NULL_VALUE);
  }

  void put_value(int field, const Value& value) {
    to_.message(field, value.payload_bytes() + 4, [&] { put(value); });
  }

  void put_version(int field, const Version& version) {
    to_.message(field, small, [&] {
      to_.fixed(pb::Version::kEpochFieldNumber, version.epoch);
      to_.number(pb::Version::kNumberFieldNumber, version.number);
    });
  }

  void put_time(int field, WallTime time) { to_.zigzag_even_if_zero(field, time.time_since_epoch().count()); }

  void put_transition(int field, const Transition& transition) {
    using W = pb::Transition;
    to_.message(field, size_of(transition), [&] {
      to_.bytes(W::kTopicFieldNumber, transition.topic);
      put_version(W::kVersionFieldNumber, transition.version);
      to_.number(W::kRevisionFieldNumber, transition.revision);
      put_value(W::kValueFieldNumber, transition.value);
      to_.number(W::kChangedAtUsFieldNumber,
                 static_cast<std::uint64_t>(transition.changed_at.time_since_epoch().count()));
      to_.bytes(W::kWriterFieldNumber, transition.writer);
      to_.number(W::kQualityFieldNumber, static_cast<std::uint64_t>(transition.quality));
      if (transition.source_time) put_time(W::kSourceTimeUsFieldNumber, *transition.source_time);
    });
  }

  void put(const Predicate::Node& node) {
    using W = pb::Predicate;
    to_.number(W::kKindFieldNumber, static_cast<std::uint64_t>(node.kind));
    if (node.kind == Predicate::Kind::comparison) to_.number(W::kOpFieldNumber, static_cast<std::uint64_t>(node.op));
    if (node.kind == Predicate::Kind::literal) {
      if (node.literal_text.empty()) {
        put_value(W::kValueFieldNumber, node.literal);
      } else {
        to_.bytes(W::kTextFieldNumber, node.literal_text);
      }
    }
    for (const std::string& name : node.path) to_.bytes_even_if_empty(W::kPathFieldNumber, name);
    for (const Predicate::Node& child : node.children) {
      to_.message(W::kChildrenFieldNumber, small, [&] { put(child); });
    }
  }

  void put_predicate(int field, const Predicate& predicate) {
    to_.message(field, small, [&] { put(predicate.root()); });
  }

  void put_duration(int field, std::chrono::nanoseconds duration) {
    to_.number(field, static_cast<std::uint64_t>(duration.count()));
  }

  void put(const Failure& failure) {
    to_.number(pb::Failure::kCodeFieldNumber, static_cast<std::uint64_t>(failure.code));
    to_.bytes(pb::Failure::kMessageFieldNumber, failure.message);
  }

  // ---- client to broker

  void put(const Hello& hello) {
    using W = pb::Hello;
    const std::string_view token(reinterpret_cast<const char*>(hello.token.data()), hello.token.size());
    to_.number(W::kVersionFieldNumber, hello.version);
    to_.bytes(W::kTokenFieldNumber, token);
    to_.bytes(W::kClientNameFieldNumber, hello.client_name);
    to_.number(W::kSessionTimeoutMsFieldNumber, milliseconds(hello.session_timeout));
  }

  template <class Written>
  void put_write(int field, const Written& write) {
    using W = pb::Set;
    to_.message(field, write_size(write), [&] {
      to_.bytes(W::kTopicFieldNumber, write.topic);
      put_value(W::kValueFieldNumber, write.value);
      if (write.if_version) put_version(W::kIfVersionFieldNumber, *write.if_version);
      if (write.source_time) put_time(W::kSourceTimeUsFieldNumber, *write.source_time);
    });
  }

  void put(const Set& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    put_write(pb::Command::kSetFieldNumber, command);
  }

  void put(const Commit& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kCommitFieldNumber, size_of(command), [&] {
      for (const Write& write : command.writes) put_write(pb::Commit::kWritesFieldNumber, write);
    });
  }

  void put(const Get& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kGetFieldNumber, small, [&] { to_.bytes(pb::Get::kTopicFieldNumber, command.topic); });
  }

  void put(const List& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kListFieldNumber, small, [&] {
      to_.bytes(pb::List::kPatternFieldNumber, command.pattern);
      to_.number(pb::List::kCursorFieldNumber, command.cursor);
    });
  }

  void put(const Subscribe& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kSubscribeFieldNumber, small, [&] {
      for (const std::string& topic : command.topics) {
        to_.bytes_even_if_empty(pb::Subscribe::kTopicsFieldNumber, topic);
      }
      to_.number(pb::Subscribe::kModeFieldNumber, static_cast<std::uint64_t>(command.mode));
      if (command.filter) put_predicate(pb::Subscribe::kFilterFieldNumber, *command.filter);
      put_duration(pb::Subscribe::kIntervalNsFieldNumber, command.interval);
      if (!command.resume) return;
      to_.message(pb::Subscribe::kResumeFieldNumber, small, [&] {
        to_.fixed(pb::ResumePoint::kRunFieldNumber, command.resume->run);
        to_.number(pb::ResumePoint::kRevisionFieldNumber, command.resume->revision);
      });
    });
  }

  void put(const Unsubscribe& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kUnsubscribeFieldNumber, small,
                [&] { to_.number(pb::Unsubscribe::kSubscriptionFieldNumber, command.subscription); });
  }

  void put(const Renew& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kRenewFieldNumber, small, [&] {
      to_.number(pb::Renew::kSubscriptionFieldNumber, command.subscription);
      to_.number(pb::Renew::kTakenFieldNumber, command.taken);
    });
  }

  void put(const Wait& command) {
    using W = pb::Wait;
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kWaitFieldNumber, small, [&] {
      to_.bytes(W::kTopicFieldNumber, command.topic);
      if (command.predicate) put_predicate(W::kPredicateFieldNumber, *command.predicate);
      put_duration(W::kHoldNsFieldNumber, command.hold);
      put_duration(W::kGivenUpAfterNsFieldNumber, command.given_up_after);
    });
  }

  void put(const WaitTransition& command) {
    using W = pb::WaitTransition;
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kWaitTransitionFieldNumber, small, [&] {
      to_.bytes(W::kTopicFieldNumber, command.topic);
      if (command.predicate) put_predicate(W::kPredicateFieldNumber, *command.predicate);
      if (command.after) put_version(W::kAfterFieldNumber, *command.after);
      put_duration(W::kGivenUpAfterNsFieldNumber, command.given_up_after);
    });
  }

  void put(const CancelWait& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kCancelWaitFieldNumber, small,
                [&] { to_.number(pb::CancelWait::kWaitFieldNumber, command.wait); });
  }

  void put(const Declare& command) {
    using W = pb::Declare;
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kDeclareFieldNumber, small, [&] {
      to_.bytes(W::kTopicFieldNumber, command.topic);
      to_.number(W::kTypeFieldNumber, static_cast<std::uint64_t>(command.type));
      to_.bytes(W::kMessageTypeFieldNumber, command.message_type);
      if (command.deadline) {
        to_.number_even_if_zero(W::kDeadlineNsFieldNumber, static_cast<std::uint64_t>(command.deadline->count()));
      }
      if (command.history) to_.number_even_if_zero(W::kHistoryFieldNumber, *command.history);
    });
  }

  void put(const Own& command) {
    using W = pb::Own;
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kOwnFieldNumber, size_of(command), [&] {
      to_.bytes(W::kTopicFieldNumber, command.topic);
      if (!command.last_will.is_null()) put_value(W::kLastWillFieldNumber, command.last_will);
      to_.number(W::kTakeOverFieldNumber, command.take_over ? 1 : 0);
      put_duration(W::kLastingNsFieldNumber, command.lasting);
    });
  }

  void put(const Release& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kReleaseFieldNumber, small,
                [&] { to_.number(pb::Release::kLeaseFieldNumber, command.lease); });
  }

  void put(const RegisterSchema& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kRegisterSchemaFieldNumber, size_of(command), [&] {
      to_.bytes(pb::RegisterSchema::kMessageTypeFieldNumber, command.message_type);
      to_.bytes(pb::RegisterSchema::kFilesFieldNumber, command.files);
    });
  }

  void put(const GetSchema& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kGetSchemaFieldNumber, small,
                [&] { to_.bytes(pb::GetSchema::kMessageTypeFieldNumber, command.message_type); });
  }

  void put(const ListReaders& command) {
    to_.number(pb::Command::kIdFieldNumber, command.id);
    to_.message(pb::Command::kListReadersFieldNumber, small,
                [&] { to_.number(pb::ListReaders::kCursorFieldNumber, command.cursor); });
  }

  void put(const Goodbye&) {
    to_.message(pb::Command::kGoodbyeFieldNumber, small, [] {});
  }

  // ---- broker to client

  void put(const Welcome& welcome) {
    using W = pb::Welcome;
    to_.number(W::kResumedFieldNumber, welcome.resumed ? 1 : 0);
    to_.fixed(W::kRunFieldNumber, welcome.run);
    to_.number(W::kSinceFieldNumber, welcome.since);
    to_.number(W::kSessionTimeoutMsFieldNumber, milliseconds(welcome.session_timeout));
    to_.number(W::kValueBytesMaxFieldNumber, welcome.value_bytes_max);
    to_.number(W::kFrameBytesMaxFieldNumber, welcome.frame_bytes_max);
    to_.number(W::kCreditTransitionsFieldNumber, welcome.credit_transitions);
  }

  void put(const Delivery& delivery) {
    to_.number(pb::Delivery::kSubscriptionFieldNumber, delivery.subscription);
    to_.number(pb::Delivery::kMemberFieldNumber, delivery.member);
    put_transition(pb::Delivery::kTransitionFieldNumber, *delivery.transition);
    to_.number(pb::Delivery::kLaggedFieldNumber, delivery.lagged);
    to_.number(pb::Delivery::kFilteredFieldNumber, delivery.filtered);
    to_.number(pb::Delivery::kCountedFromFieldNumber, delivery.counted_from);
  }

  void put(const SnapshotEnd& end) {
    to_.number(pb::SnapshotEnd::kSubscriptionFieldNumber, end.subscription);
    to_.number(pb::SnapshotEnd::kRevisionFieldNumber, end.revision);
    to_.number(pb::SnapshotEnd::kWholeFieldNumber, end.whole ? 1 : 0);
  }

  void put(const SetDone& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kSetDoneFieldNumber, small, [&] {
      put_version(pb::SetDone::kVersionFieldNumber, answer.version);
      to_.number(pb::SetDone::kRevisionFieldNumber, answer.revision);
      to_.number(pb::SetDone::kChangedFieldNumber, answer.changed ? 1 : 0);
    });
  }

  void put(const CommitDone& answer) {
    using W = pb::CommitDone;
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kCommitDoneFieldNumber, small, [&] {
      to_.number(W::kRevisionFieldNumber, answer.revision);
      for (const CommitDone::Written& written : answer.written) {
        to_.message(W::kWrittenFieldNumber, small, [&] {
          put_version(W::Written::kVersionFieldNumber, written.version);
          to_.number(W::Written::kChangedFieldNumber, written.changed ? 1 : 0);
        });
      }
    });
  }

  void put(const GetDone& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kGetDoneFieldNumber, size_of(*answer.current),
                [&] { put_transition(pb::GetDone::kCurrentFieldNumber, *answer.current); });
  }

  void put(const WaitDone& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kWaitDoneFieldNumber, size_of(*answer.match),
                [&] { put_transition(pb::WaitDone::kMatchFieldNumber, *answer.match); });
  }

  void put(const TransitionDone& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kTransitionDoneFieldNumber, size_of(answer), [&] {
      put_transition(pb::TransitionDone::kMatchFieldNumber, *answer.match);
      if (answer.old_value) put_value(pb::TransitionDone::kOldValueFieldNumber, *answer.old_value);
    });
  }

  void put(const TransitionArmed& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kTransitionArmedFieldNumber, small,
                [&] { put_version(pb::TransitionArmed::kVersionFieldNumber, answer.version); });
  }

  void put(const ListDone& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kListDoneFieldNumber, size_of(answer), [&] {
      for (const ListRow& row : answer.rows) {
        to_.message(pb::ListDone::kRowsFieldNumber, size_of(*row.current), [&] {
          put_transition(pb::ListRow::kCurrentFieldNumber, *row.current);
          to_.number(pb::ListRow::kReadersFieldNumber, row.readers);
        });
      }
      to_.number(pb::ListDone::kNextFieldNumber, answer.next);
    });
  }

  void put(const Done& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kDoneFieldNumber, small, [] {});
  }

  void put(const Owned& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kOwnedFieldNumber, small,
                [&] { put_version(pb::Owned::kVersionFieldNumber, answer.version); });
  }

  void put(const SchemaDone& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kSchemaDoneFieldNumber, size_of(answer),
                [&] { to_.bytes(pb::SchemaDone::kFilesFieldNumber, answer.files); });
  }

  void put(const ReaderRow& row) {
    using W = pb::ReaderRow;
    to_.bytes(W::kClientFieldNumber, row.client);
    to_.bytes(W::kSessionFieldNumber, row.session);
    for (const std::string& topic : row.topics) to_.bytes_even_if_empty(W::kTopicsFieldNumber, topic);
    to_.number(W::kModeFieldNumber, static_cast<std::uint64_t>(row.mode));
    to_.bytes(W::kFilterFieldNumber, row.filter);
    put_duration(W::kIntervalNsFieldNumber, row.interval);
    to_.number(W::kMatchedFieldNumber, row.matched);
    to_.number(W::kWrittenFieldNumber, row.written);
    to_.number(W::kDeliveredFieldNumber, row.delivered);
    to_.number(W::kConflatedFieldNumber, row.conflated);
    to_.number(W::kFilteredFieldNumber, row.filtered);
    to_.number(W::kLaggedFieldNumber, row.lagged);
    to_.number(W::kPendingFieldNumber, row.pending);
  }

  void put(const ReadersDone& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kReadersDoneFieldNumber, small * (answer.rows.size() + 1), [&] {
      for (const ReaderRow& row : answer.rows) {
        to_.message(pb::ReadersDone::kRowsFieldNumber, small, [&] { put(row); });
      }
      to_.number(pb::ReadersDone::kNextFieldNumber, answer.next);
    });
  }

  void put(const Failed& answer) {
    to_.number(pb::Answer::kIdFieldNumber, answer.id);
    to_.message(pb::Answer::kFailedFieldNumber, small, [&] {
      to_.message(pb::Failed::kFailureFieldNumber, small, [&] { put(answer.failure); });
      if (answer.current) put_version(pb::Failed::kCurrentFieldNumber, *answer.current);
    });
  }

  static std::uint64_t milliseconds(std::chrono::milliseconds duration) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  }

  wire::WireWriter to_;
};

template <class Frame>
std::string encoded(const Frame& frame) {
  Encoder encoder;
  encoder.put(frame);
  return encoder.take();
}

}  // namespace

std::string encode(const ClientFrame& frame) { return encoded(frame); }
std::string encode(const ServerFrame& frame) { return encoded(frame); }

}  // namespace hoiku::proto
