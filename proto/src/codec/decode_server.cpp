// decode_server.cpp: server frames from bytes.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "hoiku.pb.h"
#include "hoiku/proto/change.hpp"
#include "hoiku/proto/codec.hpp"
#include "proto/src/codec/decode_common.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;
using wire::WireField;
using State = std::shared_ptr<const Transition>;

class ServerFrameDecoder : private FrameDecoder {
 public:
  explicit ServerFrameDecoder(const Limits& limits) : FrameDecoder(limits.frame_bytes_max, limits.frame_items_max) {}

  Result<ServerFrame> decode(std::string_view bytes);

 private:
  Welcome welcome(std::string_view message);
  Failure failure(std::string_view message);
  void delivery(std::string_view message, ServerFrame& out);
  void check_change(std::string_view message);
  static Failure long_writer();
  SnapshotEnd snapshot_end(std::string_view message);
  State transition(std::string_view message);

  Answer answer(std::string_view message);
  Answer content(const WireField& kind, RequestId id);
  SetDone set_done(std::string_view message, RequestId id);
  CommitDone commit_done(std::string_view message, RequestId id);
  CommitDone::Written written(std::string_view message);
  TransitionDone transition_done(std::string_view message, RequestId id);
  ListDone list_done(std::string_view message, RequestId id);
  ListRow list_row(std::string_view message);
  ReadersDone readers_done(std::string_view message, RequestId id);
  ReaderRow reader_row(std::string_view message);
  Failed failed(std::string_view message, RequestId id);

  // Both read a message that has one field.
  State only_transition(std::string_view message, int field) { return transition(only_text(message, field)); }
  Version only_version(std::string_view message, int field) { return version(only_text(message, field)); }
};

Result<ServerFrame> ServerFrameDecoder::decode(std::string_view bytes) {
  using W = pb::ServerFrame;
  ServerFrame out;
  check_size(bytes);
  if (has_failed()) return result(std::move(out));
  const auto [deliveries, answers] = count_items_of(bytes, {W::kDeliveriesFieldNumber, W::kAnswersFieldNumber});
  out.answers.reserve(answers);
  if (has_failed()) return result(std::move(out));
  read(bytes, into(W::kConnectionNumberFieldNumber, out.connection_number), into(W::kNumberFieldNumber, out.number),
       into(W::kAcknowledgedFieldNumber, out.acknowledged),
       contents(W::kWelcomeFieldNumber, [&](std::string_view message) { out.welcome = welcome(message); }),
       contents(W::kFatalFieldNumber, [&](std::string_view message) { out.fatal = failure(message); }),
       contents(W::kDeliveriesFieldNumber, [&](std::string_view message) { delivery(message, out); }),
       contents(W::kSnapshotEndsFieldNumber,
                [&](std::string_view message) { append(out.snapshot_ends, [&] { return snapshot_end(message); }); }),
       contents(W::kAnswersFieldNumber, [&](std::string_view message) { out.answers.push_back(answer(message)); }),
       into(W::kCompleteThroughFieldNumber, out.complete_through), into(W::kSettledFieldNumber, out.settled));
  return result(std::move(out));
}

Welcome ServerFrameDecoder::welcome(std::string_view message) {
  using W = pb::Welcome;
  Welcome out;
  read(message, into(W::kResumedFieldNumber, out.resumed), into_fixed(W::kInstanceIdFieldNumber, out.instance_id),
       into(W::kFirstConnectionFieldNumber, out.first_connection),
       into(W::kSessionTimeoutMsFieldNumber, out.session_timeout),
       into(W::kValueBytesMaxFieldNumber, out.value_bytes_max), into(W::kFrameBytesMaxFieldNumber, out.frame_bytes_max),
       into(W::kCreditTransitionsFieldNumber, out.credit_transitions));
  return out;
}

Failure ServerFrameDecoder::failure(std::string_view message) {
  using W = pb::Failure;
  Failure out;
  out.code = static_cast<ErrorCode>(pb::ERROR_UNSPECIFIED);
  read(message, varint(W::kCodeFieldNumber, [&](std::uint64_t bits) { out.code = static_cast<ErrorCode>(bits); }),
       into(W::kMessageFieldNumber, out.message));
  return out;
}

// ---- Transitions

void ServerFrameDecoder::delivery(std::string_view message, ServerFrame& out) {
  using W = pb::Delivery;
  Delivery one;
  Run run;
  std::string_view delivered;
  std::string_view changes;
  const auto add_change = [&](const WireField& field) {
    check_change(field.contents);
    if (run.count++ == 0) changes = field.bytes;
    // Between two changes may be fields that are skipped later.
    changes = {changes.data(), static_cast<std::size_t>(field.bytes.end() - changes.begin())};
  };
  read(message, whole(W::kChangesFieldNumber, add_change), into(W::kSubscriptionFieldNumber, one.subscription),
       into(W::kMemberFieldNumber, one.member), into(W::kTransitionFieldNumber, delivered),
       into(W::kLaggedFieldNumber, one.lagged), into(W::kFilteredFieldNumber, one.filtered),
       into(W::kCountBaselineFieldNumber, one.count_baseline), into(W::kSlotFieldNumber, one.slot),
       into(W::kNumberFieldNumber, run.number), into(W::kRevisionFieldNumber, run.revision),
       varint(W::kChangedAtUsFieldNumber,
              [&](std::uint64_t bits) { run.changed_at = wall_time(wire::from_zigzag(bits)); }),
       into(W::kWriterFieldNumber, run.writer));
  if (run.count == 0) {
    one.transition = transition(delivered);
    out.deliveries.push_back(std::move(one));
    return;
  }
  if (run.writer.size() > run_name_bytes_max) fail(long_writer());
  run.slot = one.slot;
  run.place = out.deliveries.size();
  run.changes = changes;
  out.runs.push_back(std::move(run));
}

// All changes are checked before one is read, so a frame is applied as a whole, or not at all.
void ServerFrameDecoder::check_change(std::string_view message) {
  count_items(1);
  const auto change = read_change(message);
  if (!change) return fail(violation("a change is malformed, or its value is missing or of an unknown kind"));
  if (change->writer && change->writer->size() > run_name_bytes_max) fail(long_writer());
}

Failure ServerFrameDecoder::long_writer() {
  return violation(fmt::format("the name of a writer in a run has more than {} bytes", run_name_bytes_max));
}

SnapshotEnd ServerFrameDecoder::snapshot_end(std::string_view message) {
  using W = pb::SnapshotEnd;
  SnapshotEnd out;
  read(message, into(W::kSubscriptionFieldNumber, out.subscription), into(W::kRevisionFieldNumber, out.revision),
       into(W::kWholeFieldNumber, out.whole));
  return out;
}

State ServerFrameDecoder::transition(std::string_view message) {
  using W = pb::Transition;
  auto out = std::make_shared<Transition>();
  std::string_view content;
  read(message, into(W::kTopicFieldNumber, out->topic),
       contents(W::kVersionFieldNumber, [&](std::string_view bytes) { out->version = version(bytes); }),
       into(W::kRevisionFieldNumber, out->revision), into(W::kValueFieldNumber, content),
       varint(W::kChangedAtUsFieldNumber,
              [&](std::uint64_t bits) { out->changed_at = wall_time(static_cast<std::int64_t>(bits)); }),
       into(W::kWriterFieldNumber, out->writer),
       varint(W::kQualityFieldNumber, [&](std::uint64_t bits) { out->quality = quality(bits); }),
       into(W::kSourceTimeUsFieldNumber, out->source_time));
  out->value = value(content);
  return out;
}

// ---- Answers

Answer ServerFrameDecoder::answer(std::string_view message) {
  RequestId id = 0;
  const WireField kind = read_one_of(message, id, pb::Answer::kIdFieldNumber, pb::Answer::kSetDoneFieldNumber,
                                     pb::Answer::kReadersDoneFieldNumber);
  return content(kind, id);
}

Answer ServerFrameDecoder::content(const WireField& kind, RequestId id) {
  using W = pb::Answer;
  const std::string_view message = kind.contents;
  switch (kind.number) {
    case W::kSetDoneFieldNumber:
      return set_done(message, id);
    case W::kGetDoneFieldNumber:
      return GetDone{id, only_transition(message, pb::GetDone::kCurrentFieldNumber)};
    case W::kWaitDoneFieldNumber:
      return WaitDone{id, only_transition(message, pb::WaitDone::kMatchFieldNumber)};
    case W::kTransitionDoneFieldNumber:
      return transition_done(message, id);
    case W::kTransitionArmedFieldNumber:
      return TransitionArmed{id, only_version(message, pb::TransitionArmed::kVersionFieldNumber)};
    case W::kFailedFieldNumber:
      return failed(message, id);
    case W::kCommitDoneFieldNumber:
      return commit_done(message, id);
    case W::kListDoneFieldNumber:
      return list_done(message, id);
    case W::kDoneFieldNumber:
      return Done{id};
    case W::kOwnedFieldNumber:
      return Owned{id, only_version(message, pb::Owned::kVersionFieldNumber)};
    case W::kSchemaDoneFieldNumber:
      return SchemaDone{id, std::string(only_text(message, pb::SchemaDone::kFilesFieldNumber))};
    case W::kReadersDoneFieldNumber:
      return readers_done(message, id);
    default:
      fail(violation(fmt::format("the answer to request {} is of an unknown kind", id)));
      return Done{id};
  }
}

SetDone ServerFrameDecoder::set_done(std::string_view message, RequestId id) {
  using W = pb::SetDone;
  SetDone out;
  out.id = id;
  read(message, contents(W::kVersionFieldNumber, [&](std::string_view bytes) { out.version = version(bytes); }),
       into(W::kRevisionFieldNumber, out.revision), into(W::kChangedFieldNumber, out.changed));
  return out;
}

CommitDone ServerFrameDecoder::commit_done(std::string_view message, RequestId id) {
  using W = pb::CommitDone;
  CommitDone out;
  out.id = id;
  read(message, into(W::kRevisionFieldNumber, out.revision),
       contents(W::kWrittenFieldNumber,
                [&](std::string_view bytes) { append(out.written, [&] { return written(bytes); }); }));
  return out;
}

CommitDone::Written ServerFrameDecoder::written(std::string_view message) {
  using W = pb::CommitDone::Written;
  CommitDone::Written out;
  read(message, contents(W::kVersionFieldNumber, [&](std::string_view bytes) { out.version = version(bytes); }),
       into(W::kChangedFieldNumber, out.changed));
  return out;
}

TransitionDone ServerFrameDecoder::transition_done(std::string_view message, RequestId id) {
  using W = pb::TransitionDone;
  TransitionDone out;
  out.id = id;
  std::string_view match;
  read(message, into(W::kMatchFieldNumber, match), contents(W::kOldValueFieldNumber, [&](std::string_view bytes) {
         out.old_value = std::make_shared<const Value>(value(bytes));
       }));
  out.match = transition(match);
  return out;
}

ListDone ServerFrameDecoder::list_done(std::string_view message, RequestId id) {
  using W = pb::ListDone;
  ListDone out;
  out.id = id;
  read(
      message,
      contents(W::kRowsFieldNumber, [&](std::string_view bytes) { append(out.rows, [&] { return list_row(bytes); }); }),
      into(W::kNextFieldNumber, out.next));
  return out;
}

ListRow ServerFrameDecoder::list_row(std::string_view message) {
  using W = pb::ListRow;
  ListRow out;
  std::string_view current;
  read(message, into(W::kCurrentFieldNumber, current), into(W::kReadersFieldNumber, out.readers));
  out.current = transition(current);
  return out;
}

ReadersDone ServerFrameDecoder::readers_done(std::string_view message, RequestId id) {
  using W = pb::ReadersDone;
  ReadersDone out;
  out.id = id;
  read(message,
       contents(W::kRowsFieldNumber,
                [&](std::string_view bytes) { append(out.rows, [&] { return reader_row(bytes); }); }),
       into(W::kNextFieldNumber, out.next));
  return out;
}

ReaderRow ServerFrameDecoder::reader_row(std::string_view message) {
  using W = pb::ReaderRow;
  ReaderRow out;
  read(message, into(W::kClientFieldNumber, out.client), into(W::kSessionFieldNumber, out.session),
       contents(W::kTopicsFieldNumber,
                [&](std::string_view bytes) { append(out.topics, [&] { return std::string(bytes); }); }),
       varint(W::kModeFieldNumber, [&](std::uint64_t bits) { out.mode = mode(bits); }),
       into(W::kFilterFieldNumber, out.filter), into(W::kIntervalNsFieldNumber, out.interval),
       into(W::kMatchedFieldNumber, out.matched), into(W::kWrittenFieldNumber, out.written),
       into(W::kDeliveredFieldNumber, out.delivered), into(W::kConflatedFieldNumber, out.conflated),
       into(W::kFilteredFieldNumber, out.filtered), into(W::kLaggedFieldNumber, out.lagged),
       into(W::kPendingFieldNumber, out.pending), into(W::kInFlightFieldNumber, out.in_flight));
  return out;
}

Failed ServerFrameDecoder::failed(std::string_view message, RequestId id) {
  using W = pb::Failed;
  Failed out;
  out.id = id;
  out.failure = failure({});
  read(message, contents(W::kFailureFieldNumber, [&](std::string_view bytes) { out.failure = failure(bytes); }),
       contents(W::kCurrentFieldNumber, [&](std::string_view bytes) { out.current = version(bytes); }));
  return out;
}

}  // namespace

Result<ServerFrame> decode_server_frame(std::string_view bytes, const Limits& limits) {
  return ServerFrameDecoder(limits).decode(bytes);
}

}  // namespace hoiku::proto
