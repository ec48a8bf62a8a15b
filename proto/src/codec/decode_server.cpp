// decode_server.cpp: server frames from bytes, as decode_client.cpp does for client frames.
#include "hoiku.pb.h"
#include "hoiku/proto/codec.hpp"
#include "proto/src/codec/decode_common.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;

Result<std::shared_ptr<const hoiku::Transition>> take(pb::Transition& in) {
  auto value = take_value(*in.mutable_value());
  if (!value) return value.failure();
  if (!pb::Quality_IsValid(in.quality())) {
    return violation("a transition has the unknown quality " + std::to_string(in.quality()));
  }
  auto out = std::make_shared<hoiku::Transition>();
  out->topic = std::move(*in.mutable_topic());
  out->version = version(in.version());
  out->revision = in.revision();
  out->value = std::move(*value);
  out->changed_at = wall_time(in.changed_at_us());
  out->writer = std::move(*in.mutable_writer());
  out->quality = static_cast<hoiku::Quality>(in.quality());
  if (in.has_source_time_us()) out->source_time = wall_time(in.source_time_us());
  return std::shared_ptr<const hoiku::Transition>(std::move(out));
}

Failure take(pb::Failure& in) { return Failure{static_cast<ErrorCode>(in.code()), std::move(*in.mutable_message())}; }

Welcome take(const pb::Welcome& in) {
  Welcome out;
  out.resumed = in.resumed();
  out.instance_id = in.instance_id();
  out.first_connection = in.first_connection();
  out.session_timeout = milliseconds(in.session_timeout_ms());
  out.value_bytes_max = in.value_bytes_max();
  out.frame_bytes_max = in.frame_bytes_max();
  out.credit_transitions = in.credit_transitions();
  return out;
}

Result<Answer> take_list(RequestId id, pb::ListDone& in) {
  ListDone out;
  out.id = id;
  out.rows.reserve(static_cast<std::size_t>(in.rows_size()));
  for (pb::ListRow& row : *in.mutable_rows()) {
    auto current = take(*row.mutable_current());
    if (!current) return current.failure();
    out.rows.push_back(ListRow{std::move(*current), row.readers()});
  }
  out.next = in.next();
  return Answer(std::move(out));
}

Answer take_commit_done(RequestId id, const pb::CommitDone& in) {
  CommitDone out;
  out.id = id;
  out.revision = in.revision();
  out.written.reserve(static_cast<std::size_t>(in.written_size()));
  for (const pb::CommitDone::Written& written : in.written())
    out.written.push_back(CommitDone::Written{version(written.version()), written.changed()});
  return out;
}

Result<Answer> take_readers(RequestId id, pb::ReadersDone& in) {
  ReadersDone out;
  out.id = id;
  out.rows.reserve(static_cast<std::size_t>(in.rows_size()));
  for (pb::ReaderRow& from : *in.mutable_rows()) {
    const auto mode = take_mode(from.mode());
    if (!mode) return mode.failure();
    ReaderRow& row = out.rows.emplace_back();
    row.client = std::move(*from.mutable_client());
    row.session = std::move(*from.mutable_session());
    for (std::string& topic : *from.mutable_topics()) row.topics.push_back(std::move(topic));
    row.mode = *mode;
    row.filter = std::move(*from.mutable_filter());
    row.interval = std::chrono::nanoseconds(from.interval_ns());
    row.matched = from.matched();
    row.written = from.written();
    row.delivered = from.delivered();
    row.in_flight = from.in_flight();
    row.conflated = from.conflated();
    row.filtered = from.filtered();
    row.lagged = from.lagged();
    row.pending = from.pending();
  }
  out.next = in.next();
  return Answer(std::move(out));
}

Result<Answer> take(pb::Answer& in) {
  const RequestId id = in.id();
  switch (in.what_case()) {
    case pb::Answer::kSetDone: {
      const pb::SetDone& done = in.set_done();
      return Answer(SetDone{id, version(done.version()), done.revision(), done.changed()});
    }
    case pb::Answer::kGetDone: {
      auto current = take(*in.mutable_get_done()->mutable_current());
      if (!current) return current.failure();
      return Answer(GetDone{id, std::move(*current)});
    }
    case pb::Answer::kWaitDone: {
      auto match = take(*in.mutable_wait_done()->mutable_match());
      if (!match) return match.failure();
      return Answer(WaitDone{id, std::move(*match)});
    }
    case pb::Answer::kTransitionDone: {
      pb::TransitionDone& done = *in.mutable_transition_done();
      auto match = take(*done.mutable_match());
      if (!match) return match.failure();
      TransitionDone out{id, std::move(*match), nullptr};
      if (done.has_old_value()) {
        auto old_value = take_value(*done.mutable_old_value());
        if (!old_value) return old_value.failure();
        out.old_value = std::make_shared<const Value>(std::move(*old_value));
      }
      return Answer(std::move(out));
    }
    case pb::Answer::kTransitionArmed:
      return Answer(TransitionArmed{id, version(in.transition_armed().version())});
    case pb::Answer::kFailed: {
      Failed failed{id, take(*in.mutable_failed()->mutable_failure()), std::nullopt};
      if (in.failed().has_current()) failed.current = version(in.failed().current());
      return Answer(std::move(failed));
    }
    case pb::Answer::kCommitDone:
      return take_commit_done(id, in.commit_done());
    case pb::Answer::kListDone:
      return take_list(id, *in.mutable_list_done());
    case pb::Answer::kDone:
      return Answer(Done{id});
    case pb::Answer::kOwned:
      return Answer(Owned{id, version(in.owned().version())});
    case pb::Answer::kSchemaDone:
      return Answer(SchemaDone{id, std::move(*in.mutable_schema_done()->mutable_files())});
    case pb::Answer::kReadersDone:
      return take_readers(id, *in.mutable_readers_done());
    case pb::Answer::WHAT_NOT_SET:
      break;
  }
  return violation("the answer to request " + std::to_string(id) + " is of an unknown kind");
}

}  // namespace

Result<ServerFrame> decode_server_frame(std::string_view bytes, const Limits& limits) {
  google::protobuf::Arena arena;
  auto& in = *google::protobuf::Arena::CreateMessage<pb::ServerFrame>(&arena);
  if (auto ok = parse(bytes, limits, in); !ok) return ok.failure();
  for (const int count : {in.deliveries_size(), in.snapshot_ends_size(), in.answers_size()}) {
    if (auto ok = check_items(count, limits); !ok) return ok.failure();
  }
  ServerFrame out;
  out.connection_number = in.connection_number();
  out.number = in.number();
  out.acknowledged = in.acknowledged();
  if (in.has_welcome()) out.welcome = take(in.welcome());
  if (in.has_fatal()) out.fatal = take(*in.mutable_fatal());
  out.deliveries.reserve(static_cast<std::size_t>(in.deliveries_size()));
  for (pb::Delivery& from : *in.mutable_deliveries()) {
    auto transition = take(*from.mutable_transition());
    if (!transition) return transition.failure();
    out.deliveries.push_back(Delivery{from.subscription(), from.member(), std::move(*transition), from.lagged(),
                                      from.filtered(), from.count_baseline()});
  }
  out.snapshot_ends.reserve(static_cast<std::size_t>(in.snapshot_ends_size()));
  for (const pb::SnapshotEnd& end : in.snapshot_ends()) {
    out.snapshot_ends.push_back(SnapshotEnd{end.subscription(), end.revision(), end.whole()});
  }
  out.answers.reserve(static_cast<std::size_t>(in.answers_size()));
  for (pb::Answer& from : *in.mutable_answers()) {
    auto answer = take(from);
    if (!answer) return answer.failure();
    out.answers.push_back(std::move(*answer));
  }
  out.complete_through = in.complete_through();
  return out;
}

}  // namespace hoiku::proto
