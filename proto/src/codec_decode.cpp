// Bytes to frames: Protobuf's generated code parses, and what it parsed is checked and moved into our structs.
#include "hoiku/proto/codec.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "hoiku.pb.h"
#include "proto/src/text.hpp"

namespace hoiku::proto {
namespace {

namespace wire = hoiku::v1;

Failure violation(std::string message) { return Failure{ErrorCode::protocol_violation, std::move(message)}; }

WallTime wall_time(std::int64_t microseconds) { return WallTime(std::chrono::microseconds(microseconds)); }

std::chrono::milliseconds milliseconds(std::uint64_t count) {
  constexpr auto max = static_cast<std::uint64_t>(std::chrono::milliseconds::max().count());
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(count, max)));
}

hoiku::Version version(const wire::Version& in) { return hoiku::Version{in.epoch(), in.number()}; }

Result<hoiku::Value> take(wire::Value& in) {
  switch (in.kind_case()) {
    case wire::Value::kNull:
      return hoiku::Value{};
    case wire::Value::kBoolean:
      return hoiku::Value(in.boolean());
    case wire::Value::kInt64:
      return hoiku::Value(std::int64_t{in.int64()});
    case wire::Value::kFloat64:
      return hoiku::Value(in.float64());
    case wire::Value::kText:
      return hoiku::Value(std::move(*in.mutable_text()));
    case wire::Value::kBlob:
      return hoiku::Value(Bytes{std::move(*in.mutable_blob())});
    case wire::Value::kMessage: {
      wire::Value::Message& message = *in.mutable_message();
      return hoiku::Value(MessageBytes{std::move(*message.mutable_type_name()), std::move(*message.mutable_data())});
    }
    case wire::Value::KIND_NOT_SET:
      break;
  }
  return violation("a value is missing, or of a kind that is not known here");
}

Result<std::shared_ptr<const hoiku::Transition>> take(wire::Transition& in) {
  auto value = take(*in.mutable_value());
  if (!value) return value.failure();
  if (!wire::Quality_IsValid(in.quality())) {
    return violation("a transition has the quality " + std::to_string(in.quality()) + ", which is not known here");
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

// What a tree costs grows with its nodes, and each recursion with its depth, so both end here; see codec.hpp.
class PredicateReader {
 public:
  explicit PredicateReader(const Limits& limits) : limits_(limits) {
    limits_.predicate_nodes_max *= 4;
    limits_.predicate_depth_max *= 2;
    limits_.value_bytes_max *= 2;
  }

  Result<hoiku::Predicate> read(wire::Predicate& in) {
    auto root = node(in, 1);
    if (!root) return root.failure();
    auto predicate = hoiku::Predicate::build(std::move(*root), limits_);
    if (!predicate) return violation(predicate.failure().message);
    return predicate;
  }

 private:
  Result<hoiku::Predicate::Node> node(wire::Predicate& in, std::size_t depth) {
    if (++nodes_ > limits_.predicate_nodes_max || depth > limits_.predicate_depth_max) {
      return violation("a predicate is several times larger than the limit");
    }
    if (in.kind() == wire::Predicate::KIND_UNSPECIFIED || !wire::Predicate::Kind_IsValid(in.kind())) {
      return violation("a predicate has a node of the kind " + std::to_string(in.kind()) + ", which is not known here");
    }
    hoiku::Predicate::Node out;
    out.kind = static_cast<hoiku::Predicate::Kind>(in.kind());
    if (out.kind == hoiku::Predicate::Kind::comparison) {
      if (in.op() == wire::Predicate::OP_UNSPECIFIED || !wire::Predicate::Op_IsValid(in.op())) {
        return violation("a predicate has the operator " + std::to_string(in.op()) + ", which is not known here");
      }
      out.op = static_cast<hoiku::Predicate::Op>(in.op());
    }
    if (out.kind == hoiku::Predicate::Kind::literal) {
      if (auto ok = literal(in, out); !ok) return ok.failure();
    }
    out.path.reserve(static_cast<std::size_t>(in.path_size()));
    for (std::string& field : *in.mutable_path()) out.path.push_back(std::move(field));
    for (wire::Predicate& child : *in.mutable_children()) {
      auto read = node(child, depth + 1);
      if (!read) return read;
      out.children.push_back(std::move(*read));
    }
    return out;
  }

  Result<void> literal(wire::Predicate& in, hoiku::Predicate::Node& out) {
    if (in.has_text()) {
      out.literal_text = std::move(*in.mutable_text());
      if (out.literal_text.empty()) return violation("a literal of a predicate is empty");
      return {};
    }
    auto value = take(*in.mutable_value());
    if (!value) return value.failure();
    out.literal = std::move(*value);
    return {};
  }

  Limits limits_;
  std::size_t nodes_ = 0;
};

Failure take(wire::Failure& in) { return Failure{static_cast<ErrorCode>(in.code()), std::move(*in.mutable_message())}; }

Result<Hello> take(wire::Hello& in, const Limits& limits) {
  if (in.version() != protocol_version) {  // before anything else: other versions may have another meaning for the rest
    return Failure{ErrorCode::unsupported_version,
                   fmt::format("the client speaks version {} of the protocol, and this broker speaks version {}",
                               in.version(), protocol_version)};
  }
  Hello out;
  if (in.token().size() != out.token.size()) {
    return violation(fmt::format("a hello's token has {} bytes instead of {}", in.token().size(), out.token.size()));
  }
  std::copy(in.token().begin(), in.token().end(), out.token.begin());
  out.client_name = std::move(*in.mutable_client_name());
  const auto refuse_name = [&](const std::string& why) {
    return Failure{ErrorCode::invalid_argument,
                   fmt::format("the client's name {} is not {}", text::excerpt(out.client_name), why)};
  };
  if (out.client_name.size() > limits.client_name_bytes_max) {
    return refuse_name(fmt::format("at most {} bytes long", limits.client_name_bytes_max));
  }
  // It stands in logs, and in each transition that the client writes.
  if (!text::is_one_line(out.client_name)) return refuse_name("one line of valid UTF-8");
  out.session_timeout = milliseconds(in.session_timeout_ms());
  return out;
}

// A Set, or a Write of a Commit.
template <class Out>
Result<Out> take_write(wire::Set& in) {
  Out out;
  auto value = take(*in.mutable_value());
  if (!value) return value.failure();
  out.topic = std::move(*in.mutable_topic());
  out.value = std::move(*value);
  if (in.has_if_version()) out.if_version = version(in.if_version());
  if (in.has_source_time_us()) out.source_time = wall_time(in.source_time_us());
  return out;
}

Result<Command> take_set(RequestId id, wire::Set& in) {
  auto out = take_write<Set>(in);
  if (!out) return out.failure();
  out->id = id;
  return Command(std::move(*out));
}

Result<Command> take_commit(RequestId id, wire::Commit& in) {
  Commit out;
  out.id = id;
  out.writes.reserve(static_cast<std::size_t>(in.writes_size()));
  for (wire::Set& from : *in.mutable_writes()) {
    auto write = take_write<Write>(from);
    if (!write) return write.failure();
    out.writes.push_back(std::move(*write));
  }
  return Command(std::move(out));
}

Result<Mode> take_mode(wire::Mode in) {
  if (in == wire::MODE_LATEST) return Mode::latest;
  if (in == wire::MODE_EVERY) return Mode::every;
  return violation(fmt::format("a subscription is of the mode {}, which is not known here", static_cast<int>(in)));
}

Result<Command> take_subscribe(RequestId id, wire::Subscribe& in, const Limits& limits) {
  Subscribe out;
  out.id = id;
  out.topics.reserve(static_cast<std::size_t>(in.topics_size()));
  for (std::string& topic : *in.mutable_topics()) out.topics.push_back(std::move(topic));
  const auto mode = take_mode(in.mode());
  if (!mode) return mode.failure();
  out.mode = *mode;
  if (in.has_filter()) {
    auto filter = PredicateReader(limits).read(*in.mutable_filter());
    if (!filter) return filter.failure();
    out.filter = std::move(*filter);
  }
  out.interval = std::chrono::nanoseconds(in.interval_ns());
  if (in.has_resume()) out.resume = ResumePoint{in.resume().run(), in.resume().revision()};
  return Command(std::move(out));
}

// What both kinds of waits have in common.
template <class Out, class In>
Result<Out> take_waiter(RequestId id, In& in, const Limits& limits) {
  Out out;
  out.id = id;
  out.topic = std::move(*in.mutable_topic());
  if (in.has_predicate()) {
    auto predicate = PredicateReader(limits).read(*in.mutable_predicate());
    if (!predicate) return predicate.failure();
    out.predicate = std::move(*predicate);
  }
  out.given_up_after = std::chrono::nanoseconds(in.given_up_after_ns());
  return out;
}

Result<Command> take_wait(RequestId id, wire::Wait& in, const Limits& limits) {
  auto out = take_waiter<Wait>(id, in, limits);
  if (!out) return out.failure();
  out->hold = std::chrono::nanoseconds(in.hold_ns());
  return Command(std::move(*out));
}

Result<Command> take_wait_transition(RequestId id, wire::WaitTransition& in, const Limits& limits) {
  auto out = take_waiter<WaitTransition>(id, in, limits);
  if (!out) return out.failure();
  if (in.has_after()) out->after = version(in.after());
  return Command(std::move(*out));
}

Result<Command> take_declare(RequestId id, wire::Declare& in) {
  if (!wire::Declare::Type_IsValid(in.type())) {
    return violation(
        fmt::format("a topic is declared to be of the type {}, which is not known here", static_cast<int>(in.type())));
  }
  Declare out;
  out.id = id;
  out.topic = std::move(*in.mutable_topic());
  out.type = static_cast<ValueType>(in.type());
  out.message_type = std::move(*in.mutable_message_type());
  if (in.has_deadline_ns()) out.deadline = std::chrono::nanoseconds(in.deadline_ns());
  if (in.has_history()) out.history = in.history();
  return Command(std::move(out));
}

Result<Command> take_own(RequestId id, wire::Own& in) {
  Own out;
  out.id = id;
  out.topic = std::move(*in.mutable_topic());
  if (in.has_last_will()) {
    auto will = take(*in.mutable_last_will());
    if (!will) return will.failure();
    out.last_will = std::move(*will);
  }
  out.take_over = in.take_over();
  out.lasting = std::chrono::nanoseconds(in.lasting_ns());
  return Command(std::move(out));
}

Result<Command> take(wire::Command& in, const Limits& limits) {
  const RequestId id = in.id();
  switch (in.what_case()) {
    case wire::Command::kSet:
      return take_set(id, *in.mutable_set());
    case wire::Command::kCommit:
      return take_commit(id, *in.mutable_commit());
    case wire::Command::kGet:
      return Command(Get{id, std::move(*in.mutable_get()->mutable_topic())});
    case wire::Command::kSubscribe:
      return take_subscribe(id, *in.mutable_subscribe(), limits);
    case wire::Command::kUnsubscribe:
      return Command(Unsubscribe{id, in.unsubscribe().subscription()});
    case wire::Command::kWait:
      return take_wait(id, *in.mutable_wait(), limits);
    case wire::Command::kWaitTransition:
      return take_wait_transition(id, *in.mutable_wait_transition(), limits);
    case wire::Command::kCancelWait:
      return Command(CancelWait{id, in.cancel_wait().wait()});
    case wire::Command::kRenew:
      return Command(Renew{id, in.renew().subscription(), in.renew().taken()});
    case wire::Command::kList:
      return Command(List{id, std::move(*in.mutable_list()->mutable_pattern()), in.list().cursor()});
    case wire::Command::kDeclare:
      return take_declare(id, *in.mutable_declare());
    case wire::Command::kOwn:
      return take_own(id, *in.mutable_own());
    case wire::Command::kRelease:
      return Command(Release{id, in.release().lease()});
    case wire::Command::kRegisterSchema: {
      wire::RegisterSchema& schema = *in.mutable_register_schema();
      return Command(RegisterSchema{id, std::move(*schema.mutable_message_type()), std::move(*schema.mutable_files())});
    }
    case wire::Command::kGetSchema:
      return Command(GetSchema{id, std::move(*in.mutable_get_schema()->mutable_message_type())});
    case wire::Command::kListReaders:
      return Command(ListReaders{id, in.list_readers().cursor()});
    case wire::Command::kGoodbye:
      return Command(Goodbye{});
    case wire::Command::WHAT_NOT_SET:
      break;
  }
  return violation("command " + std::to_string(id) + " is of a kind that is not known here");
}

Welcome take(const wire::Welcome& in) {
  Welcome out;
  out.resumed = in.resumed();
  out.run = in.run();
  out.since = in.since();
  out.session_timeout = milliseconds(in.session_timeout_ms());
  out.value_bytes_max = in.value_bytes_max();
  out.frame_bytes_max = in.frame_bytes_max();
  out.credit_transitions = in.credit_transitions();
  return out;
}

Result<Answer> take_list(RequestId id, wire::ListDone& in) {
  ListDone out;
  out.id = id;
  out.rows.reserve(static_cast<std::size_t>(in.rows_size()));
  for (wire::ListRow& row : *in.mutable_rows()) {
    auto current = take(*row.mutable_current());
    if (!current) return current.failure();
    out.rows.push_back(ListRow{std::move(*current), row.readers()});
  }
  out.next = in.next();
  return Answer(std::move(out));
}

Answer take_commit_done(RequestId id, const wire::CommitDone& in) {
  CommitDone out;
  out.id = id;
  out.revision = in.revision();
  out.written.reserve(static_cast<std::size_t>(in.written_size()));
  for (const wire::CommitDone::Written& written : in.written())
    out.written.push_back(CommitDone::Written{version(written.version()), written.changed()});
  return out;
}

Result<Answer> take_readers(RequestId id, wire::ReadersDone& in) {
  ReadersDone out;
  out.id = id;
  out.rows.reserve(static_cast<std::size_t>(in.rows_size()));
  for (wire::ReaderRow& from : *in.mutable_rows()) {
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
    row.conflated = from.conflated();
    row.filtered = from.filtered();
    row.lagged = from.lagged();
    row.pending = from.pending();
  }
  out.next = in.next();
  return Answer(std::move(out));
}

Result<Answer> take(wire::Answer& in) {
  const RequestId id = in.id();
  switch (in.what_case()) {
    case wire::Answer::kSetDone: {
      const wire::SetDone& done = in.set_done();
      return Answer(SetDone{id, version(done.version()), done.revision(), done.changed()});
    }
    case wire::Answer::kGetDone: {
      auto current = take(*in.mutable_get_done()->mutable_current());
      if (!current) return current.failure();
      return Answer(GetDone{id, std::move(*current)});
    }
    case wire::Answer::kWaitDone: {
      auto match = take(*in.mutable_wait_done()->mutable_match());
      if (!match) return match.failure();
      return Answer(WaitDone{id, std::move(*match)});
    }
    case wire::Answer::kTransitionDone: {
      wire::TransitionDone& done = *in.mutable_transition_done();
      auto match = take(*done.mutable_match());
      if (!match) return match.failure();
      TransitionDone out{id, std::move(*match), nullptr};
      if (done.has_old_value()) {
        auto old_value = take(*done.mutable_old_value());
        if (!old_value) return old_value.failure();
        out.old_value = std::make_shared<const Value>(std::move(*old_value));
      }
      return Answer(std::move(out));
    }
    case wire::Answer::kTransitionArmed:
      return Answer(TransitionArmed{id, version(in.transition_armed().version())});
    case wire::Answer::kFailed: {
      Failed failed{id, take(*in.mutable_failed()->mutable_failure()), std::nullopt};
      if (in.failed().has_current()) failed.current = version(in.failed().current());
      return Answer(std::move(failed));
    }
    case wire::Answer::kCommitDone:
      return take_commit_done(id, in.commit_done());
    case wire::Answer::kListDone:
      return take_list(id, *in.mutable_list_done());
    case wire::Answer::kDone:
      return Answer(Done{id});
    case wire::Answer::kOwned:
      return Answer(Owned{id, version(in.owned().version())});
    case wire::Answer::kSchemaDone:
      return Answer(SchemaDone{id, std::move(*in.mutable_schema_done()->mutable_files())});
    case wire::Answer::kReadersDone:
      return take_readers(id, *in.mutable_readers_done());
    case wire::Answer::WHAT_NOT_SET:
      break;
  }
  return violation("the answer to " + std::to_string(id) + " is of a kind that is not known here");
}

Result<void> at_most(std::size_t limit, std::size_t count, const char* what) {
  if (count <= limit) return {};
  return Failure{ErrorCode::too_large, fmt::format("a frame has {} {}, at most {} are allowed", count, what, limit)};
}

Result<void> parse(std::string_view bytes, const Limits& limits, google::protobuf::MessageLite& out) {
  constexpr std::size_t protobuf_bytes_max = std::numeric_limits<int>::max();
  if (auto ok = at_most(std::min(limits.frame_bytes_max, protobuf_bytes_max), bytes.size(), "bytes"); !ok) return ok;
  // Protobuf goes at most 100 messages deep, whatever the bytes say.
  if (out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return violation(fmt::format("a frame of {} bytes is malformed or truncated", bytes.size()));
}

Result<void> check_items(int count, const Limits& limits) {
  return at_most(limits.frame_items_max, static_cast<std::size_t>(count), "items");
}

}  // namespace

Result<ClientFrame> decode_client_frame(std::string_view bytes, const Limits& limits) {
  google::protobuf::Arena arena;
  auto& in = *google::protobuf::Arena::CreateMessage<wire::ClientFrame>(&arena);
  if (auto ok = parse(bytes, limits, in); !ok) return ok.failure();
  if (auto ok = check_items(in.commands_size(), limits); !ok) return ok.failure();
  ClientFrame out;
  out.incarnation = in.incarnation();
  out.number = in.number();
  out.acknowledged = in.acknowledged();
  if (in.has_hello()) {
    auto hello = take(*in.mutable_hello(), limits);
    if (!hello) return hello.failure();
    if (in.commands_size() > 0) return violation("a frame has a hello and commands");
    out.hello = std::move(*hello);
  }
  out.commands.reserve(static_cast<std::size_t>(in.commands_size()));
  for (wire::Command& from : *in.mutable_commands()) {
    auto command = take(from, limits);
    if (!command) return command.failure();
    out.commands.push_back(std::move(*command));
  }
  return out;
}

Result<ServerFrame> decode_server_frame(std::string_view bytes, const Limits& limits) {
  google::protobuf::Arena arena;
  auto& in = *google::protobuf::Arena::CreateMessage<wire::ServerFrame>(&arena);
  if (auto ok = parse(bytes, limits, in); !ok) return ok.failure();
  for (const int count : {in.deliveries_size(), in.snapshot_ends_size(), in.answers_size()}) {
    if (auto ok = check_items(count, limits); !ok) return ok.failure();
  }
  ServerFrame out;
  out.incarnation = in.incarnation();
  out.number = in.number();
  out.acknowledged = in.acknowledged();
  if (in.has_welcome()) out.welcome = take(in.welcome());
  if (in.has_fatal()) out.fatal = take(*in.mutable_fatal());
  out.deliveries.reserve(static_cast<std::size_t>(in.deliveries_size()));
  for (wire::Delivery& from : *in.mutable_deliveries()) {
    auto transition = take(*from.mutable_transition());
    if (!transition) return transition.failure();
    out.deliveries.push_back(Delivery{from.subscription(), from.member(), std::move(*transition), from.lagged(),
                                      from.filtered(), from.counted_from()});
  }
  out.snapshot_ends.reserve(static_cast<std::size_t>(in.snapshot_ends_size()));
  for (const wire::SnapshotEnd& end : in.snapshot_ends()) {
    out.snapshot_ends.push_back(SnapshotEnd{end.subscription(), end.revision(), end.whole()});
  }
  out.answers.reserve(static_cast<std::size_t>(in.answers_size()));
  for (wire::Answer& from : *in.mutable_answers()) {
    auto answer = take(from);
    if (!answer) return answer.failure();
    out.answers.push_back(std::move(*answer));
  }
  out.complete_through = in.complete_through();
  return out;
}

}  // namespace hoiku::proto
