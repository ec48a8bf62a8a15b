// encode_server.cpp: server frames to bytes.
#include "hoiku.pb.h"
#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/command_traits.hpp"
#include "hoiku/proto/size.hpp"
#include "proto/src/codec/encode_common.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;

// clang-format off
constexpr int field_of(const SetDone&)         { return pb::Answer::kSetDoneFieldNumber; }
constexpr int field_of(const GetDone&)         { return pb::Answer::kGetDoneFieldNumber; }
constexpr int field_of(const WaitDone&)        { return pb::Answer::kWaitDoneFieldNumber; }
constexpr int field_of(const Failed&)          { return pb::Answer::kFailedFieldNumber; }
constexpr int field_of(const TransitionDone&)  { return pb::Answer::kTransitionDoneFieldNumber; }
constexpr int field_of(const TransitionArmed&) { return pb::Answer::kTransitionArmedFieldNumber; }
constexpr int field_of(const ListDone&)        { return pb::Answer::kListDoneFieldNumber; }
constexpr int field_of(const CommitDone&)      { return pb::Answer::kCommitDoneFieldNumber; }
constexpr int field_of(const Done&)            { return pb::Answer::kDoneFieldNumber; }
constexpr int field_of(const Owned&)           { return pb::Answer::kOwnedFieldNumber; }
constexpr int field_of(const SchemaDone&)      { return pb::Answer::kSchemaDoneFieldNumber; }
constexpr int field_of(const ReadersDone&)     { return pb::Answer::kReadersDoneFieldNumber; }
// clang-format on

class ServerFrameEncoder {
 public:
  std::string encode(const ServerFrame& frame) {
    using W = pb::ServerFrame;
    to_.number(W::kConnectionNumberFieldNumber, frame.connection_number);
    to_.number(W::kNumberFieldNumber, frame.number);
    to_.number(W::kAcknowledgedFieldNumber, frame.acknowledged);
    if (frame.welcome) {
      to_.message(W::kWelcomeFieldNumber, small, [&] { put(*frame.welcome); });
    }
    if (frame.fatal) put_failure(to_, W::kFatalFieldNumber, *frame.fatal);
    put_deliveries(frame);
    for (const SnapshotEnd& end : frame.snapshot_ends) {
      to_.message(W::kSnapshotEndsFieldNumber, small, [&] { put(end); });
    }
    for (const Answer& answer : frame.answers) put(answer);
    to_.number(W::kCompleteThroughFieldNumber, frame.complete_through);
    to_.number(W::kSettledFieldNumber, frame.settled);
    return to_.take();
  }

 private:
  void put(const Welcome& welcome) {
    using W = pb::Welcome;
    to_.number(W::kResumedFieldNumber, welcome.resumed ? 1 : 0);
    to_.fixed(W::kInstanceIdFieldNumber, welcome.instance_id);
    to_.number(W::kFirstConnectionFieldNumber, welcome.first_connection);
    put_milliseconds(to_, W::kSessionTimeoutMsFieldNumber, welcome.session_timeout);
    to_.number(W::kValueBytesMaxFieldNumber, welcome.value_bytes_max);
    to_.number(W::kFrameBytesMaxFieldNumber, welcome.frame_bytes_max);
    to_.number(W::kCreditTransitionsFieldNumber, welcome.credit_transitions);
  }

  void put_deliveries(const ServerFrame& frame) {
    constexpr int field = pb::ServerFrame::kDeliveriesFieldNumber;
    for_each_in_order(
        frame, [&](const Run& run) { to_.message(field, run.changes.size() + small, [&] { put(run); }); },
        [&](const Delivery& delivery) {
          to_.message(field, delivery_size(*delivery.transition).expected(), [&] { put(delivery); });
        });
  }

  void put(const Run& run) {
    using W = pb::Delivery;
    to_.number(W::kSlotFieldNumber, run.slot);
    to_.number(W::kNumberFieldNumber, run.number);
    to_.number(W::kRevisionFieldNumber, run.revision);
    put_time(to_, W::kChangedAtUsFieldNumber, run.changed_at);
    to_.bytes(W::kWriterFieldNumber, run.writer);
    to_.raw(run.changes);
  }

  void put(const Delivery& delivery) {
    using W = pb::Delivery;
    to_.number(W::kSubscriptionFieldNumber, delivery.subscription);
    to_.number(W::kMemberFieldNumber, delivery.member);
    put_transition(to_, W::kTransitionFieldNumber, *delivery.transition);
    to_.number(W::kLaggedFieldNumber, delivery.lagged);
    to_.number(W::kFilteredFieldNumber, delivery.filtered);
    to_.number(W::kCountBaselineFieldNumber, delivery.count_baseline);
    to_.number(W::kSlotFieldNumber, delivery.slot);
  }

  void put(const SnapshotEnd& end) {
    to_.number(pb::SnapshotEnd::kSubscriptionFieldNumber, end.subscription);
    to_.number(pb::SnapshotEnd::kRevisionFieldNumber, end.revision);
    to_.number(pb::SnapshotEnd::kWholeFieldNumber, end.whole ? 1 : 0);
  }

  void put(const Answer& answer) {
    const std::size_t expected = size_of(answer).expected();
    to_.message(pb::ServerFrame::kAnswersFieldNumber, expected, [&] {
      to_.number(pb::Answer::kIdFieldNumber, id_of(answer));
      std::visit([&](const auto& which) { to_.message(field_of(which), expected, [&] { put(which); }); }, answer);
    });
  }

  void put(const SetDone& answer) {
    put_version(to_, pb::SetDone::kVersionFieldNumber, answer.version);
    to_.number(pb::SetDone::kRevisionFieldNumber, answer.revision);
    to_.number(pb::SetDone::kChangedFieldNumber, answer.changed ? 1 : 0);
  }

  void put(const CommitDone& answer) {
    using W = pb::CommitDone;
    to_.number(W::kRevisionFieldNumber, answer.revision);
    for (const CommitDone::Written& written : answer.written) {
      to_.message(W::kWrittenFieldNumber, small, [&] {
        put_version(to_, W::Written::kVersionFieldNumber, written.version);
        to_.number(W::Written::kChangedFieldNumber, written.changed ? 1 : 0);
      });
    }
  }

  void put(const GetDone& answer) { put_transition(to_, pb::GetDone::kCurrentFieldNumber, *answer.current); }

  void put(const WaitDone& answer) { put_transition(to_, pb::WaitDone::kMatchFieldNumber, *answer.match); }

  void put(const TransitionDone& answer) {
    put_transition(to_, pb::TransitionDone::kMatchFieldNumber, *answer.match);
    if (answer.old_value) put_value(to_, pb::TransitionDone::kOldValueFieldNumber, *answer.old_value);
  }

  void put(const TransitionArmed& answer) {
    put_version(to_, pb::TransitionArmed::kVersionFieldNumber, answer.version);
  }

  void put(const ListDone& answer) {
    for (const ListRow& row : answer.rows) {
      to_.message(pb::ListDone::kRowsFieldNumber, size_of(row).expected(), [&] {
        put_transition(to_, pb::ListRow::kCurrentFieldNumber, *row.current);
        to_.number(pb::ListRow::kReadersFieldNumber, row.readers);
      });
    }
    to_.number(pb::ListDone::kNextFieldNumber, answer.next);
  }

  void put(const Done&) {}

  void put(const Owned& answer) { put_version(to_, pb::Owned::kVersionFieldNumber, answer.version); }

  void put(const SchemaDone& answer) { to_.bytes(pb::SchemaDone::kFilesFieldNumber, answer.files); }

  void put(const ReaderRow& row) {
    using W = pb::ReaderRow;
    to_.bytes(W::kClientFieldNumber, row.client);
    to_.bytes(W::kSessionFieldNumber, row.session);
    for (const std::string& topic : row.topics) to_.bytes_even_if_empty(W::kTopicsFieldNumber, topic);
    to_.number(W::kModeFieldNumber, static_cast<std::uint64_t>(row.mode));
    to_.bytes(W::kFilterFieldNumber, row.filter);
    put_duration(to_, W::kIntervalNsFieldNumber, row.interval);
    to_.number(W::kMatchedFieldNumber, row.matched);
    to_.number(W::kWrittenFieldNumber, row.written);
    to_.number(W::kDeliveredFieldNumber, row.delivered);
    to_.number(W::kConflatedFieldNumber, row.conflated);
    to_.number(W::kFilteredFieldNumber, row.filtered);
    to_.number(W::kLaggedFieldNumber, row.lagged);
    to_.number(W::kPendingFieldNumber, row.pending);
    to_.number(W::kInFlightFieldNumber, row.in_flight);
  }

  void put(const ReadersDone& answer) {
    for (const ReaderRow& row : answer.rows) {
      to_.message(pb::ReadersDone::kRowsFieldNumber, size_of(row).expected(), [&] { put(row); });
    }
    to_.number(pb::ReadersDone::kNextFieldNumber, answer.next);
  }

  void put(const Failed& answer) {
    put_failure(to_, pb::Failed::kFailureFieldNumber, answer.failure);
    if (answer.current) put_version(to_, pb::Failed::kCurrentFieldNumber, *answer.current);
  }

  wire::WireWriter to_;
};

}  // namespace

std::string encode(const ServerFrame& frame) { return ServerFrameEncoder().encode(frame); }

}  // namespace hoiku::proto
