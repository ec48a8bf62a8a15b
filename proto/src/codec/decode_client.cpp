// decode_client.cpp: client frames from bytes. Protobuf's generated code parses; the result is checked and moved into
// our structs.
#include <fmt/core.h>

#include <algorithm>

#include "hoiku.pb.h"
#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/text.hpp"
#include "proto/src/codec/decode_common.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;

// Bounds the nodes and the depth of a tree before it is built: its cost grows with its nodes, each recursion with its
// depth. See codec.hpp.
class PredicateReader {
 public:
  explicit PredicateReader(const Limits& limits) : limits_(limits) {
    limits_.predicate_nodes_max *= 4;
    limits_.predicate_depth_max *= 2;
    limits_.value_bytes_max *= 2;
  }

  Result<hoiku::Predicate> read(pb::Predicate& in) {
    auto root = node(in, 1);
    if (!root) return root.failure();
    auto predicate = hoiku::Predicate::build(std::move(*root), limits_);
    if (!predicate) return violation(predicate.failure().message);
    return predicate;
  }

 private:
  Result<hoiku::Predicate::Node> node(pb::Predicate& in, std::size_t depth) {
    if (++nodes_ > limits_.predicate_nodes_max || depth > limits_.predicate_depth_max) {
      return violation("a predicate is several times larger than the limit");
    }
    if (in.kind() == pb::Predicate::KIND_UNSPECIFIED || !pb::Predicate::Kind_IsValid(in.kind())) {
      return violation("a predicate has a node of the unknown kind " + std::to_string(in.kind()));
    }
    hoiku::Predicate::Node out;
    out.kind = static_cast<hoiku::Predicate::Kind>(in.kind());
    if (out.kind == hoiku::Predicate::Kind::comparison) {
      if (in.op() == pb::Predicate::OP_UNSPECIFIED || !pb::Predicate::Op_IsValid(in.op())) {
        return violation("a predicate has the unknown operator " + std::to_string(in.op()));
      }
      out.op = static_cast<hoiku::Predicate::Op>(in.op());
    }
    if (out.kind == hoiku::Predicate::Kind::literal) {
      if (auto ok = literal(in, out); !ok) return ok.failure();
    }
    out.path.reserve(static_cast<std::size_t>(in.path_size()));
    for (std::string& field : *in.mutable_path()) out.path.push_back(std::move(field));
    for (pb::Predicate& child : *in.mutable_children()) {
      auto read = node(child, depth + 1);
      if (!read) return read;
      out.children.push_back(std::move(*read));
    }
    return out;
  }

  Result<void> literal(pb::Predicate& in, hoiku::Predicate::Node& out) {
    if (in.has_text()) {
      out.literal_text = std::move(*in.mutable_text());
      if (out.literal_text.empty()) return violation("a literal of a predicate is empty");
      return {};
    }
    auto value = take_value(*in.mutable_value());
    if (!value) return value.failure();
    out.literal = std::move(*value);
    return {};
  }

  Limits limits_;
  std::size_t nodes_ = 0;
};

Result<Hello> take(pb::Hello& in, const Limits& limits) {
  if (in.version() != protocol_version) {  // first: in other versions the rest may mean something else
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
                   fmt::format("the client name {} is not {}", text::quote(out.client_name), why)};
  };
  if (out.client_name.size() > limits.client_name_bytes_max) {
    return refuse_name(fmt::format("at most {} bytes long", limits.client_name_bytes_max));
  }
  // The name appears in logs, and in each transition that the client writes.
  if (!text::is_one_line(out.client_name)) return refuse_name("one line of valid UTF-8");
  out.session_timeout = milliseconds(in.session_timeout_ms());
  return out;
}

// A Set, or a TopicWrite of a Commit.
template <class Out>
Result<Out> take_write(pb::Set& in) {
  Out out;
  auto value = take_value(*in.mutable_value());
  if (!value) return value.failure();
  out.topic = std::move(*in.mutable_topic());
  out.value = std::move(*value);
  if (in.has_if_version()) out.if_version = version(in.if_version());
  if (in.has_source_time_us()) out.source_time = wall_time(in.source_time_us());
  return out;
}

Result<Command> take_set(RequestId id, pb::Set& in) {
  auto out = take_write<Set>(in);
  if (!out) return out.failure();
  out->id = id;
  return Command(std::move(*out));
}

Result<Command> take_commit(RequestId id, pb::Commit& in) {
  Commit out;
  out.id = id;
  out.writes.reserve(static_cast<std::size_t>(in.writes_size()));
  for (pb::Set& from : *in.mutable_writes()) {
    auto write = take_write<TopicWrite>(from);
    if (!write) return write.failure();
    out.writes.push_back(std::move(*write));
  }
  return Command(std::move(out));
}

Result<Command> take_subscribe(RequestId id, pb::Subscribe& in, const Limits& limits) {
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
  out.unread = in.unread();
  if (in.has_resume()) out.resume = ResumePoint{in.resume().instance_id(), in.resume().revision()};
  return Command(std::move(out));
}

// The common part of both kinds of waits.
template <class Out, class In>
Result<Out> take_any_wait(RequestId id, In& in, const Limits& limits) {
  Out out;
  out.id = id;
  out.topic = std::move(*in.mutable_topic());
  if (in.has_predicate()) {
    auto predicate = PredicateReader(limits).read(*in.mutable_predicate());
    if (!predicate) return predicate.failure();
    out.predicate = std::move(*predicate);
  }
  out.expires_after = std::chrono::nanoseconds(in.expires_after_ns());
  return out;
}

Result<Command> take_wait(RequestId id, pb::Wait& in, const Limits& limits) {
  auto out = take_any_wait<Wait>(id, in, limits);
  if (!out) return out.failure();
  out->hold = std::chrono::nanoseconds(in.hold_ns());
  return Command(std::move(*out));
}

Result<Command> take_wait_transition(RequestId id, pb::WaitTransition& in, const Limits& limits) {
  auto out = take_any_wait<WaitTransition>(id, in, limits);
  if (!out) return out.failure();
  if (in.has_after()) out->after = version(in.after());
  return Command(std::move(*out));
}

Result<Command> take_declare(RequestId id, pb::Declare& in) {
  if (!pb::Declare::Type_IsValid(in.type())) {
    return violation(fmt::format("a topic is declared with the unknown type {}", static_cast<int>(in.type())));
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

Result<Command> take_own(RequestId id, pb::Own& in) {
  Own out;
  out.id = id;
  out.topic = std::move(*in.mutable_topic());
  if (in.has_last_will()) {
    auto will = take_value(*in.mutable_last_will());
    if (!will) return will.failure();
    out.last_will = std::move(*will);
  }
  out.take_over = in.take_over();
  out.lasting = std::chrono::nanoseconds(in.lasting_ns());
  return Command(std::move(out));
}

Result<Command> take(pb::Command& in, const Limits& limits) {
  const RequestId id = in.id();
  switch (in.what_case()) {
    case pb::Command::kSet:
      return take_set(id, *in.mutable_set());
    case pb::Command::kCommit:
      return take_commit(id, *in.mutable_commit());
    case pb::Command::kGet:
      return Command(Get{id, std::move(*in.mutable_get()->mutable_topic())});
    case pb::Command::kSubscribe:
      return take_subscribe(id, *in.mutable_subscribe(), limits);
    case pb::Command::kUnsubscribe:
      return Command(Unsubscribe{id, in.unsubscribe().subscription()});
    case pb::Command::kWait:
      return take_wait(id, *in.mutable_wait(), limits);
    case pb::Command::kWaitTransition:
      return take_wait_transition(id, *in.mutable_wait_transition(), limits);
    case pb::Command::kCancelWait:
      return Command(CancelWait{id, in.cancel_wait().wait()});
    case pb::Command::kRenew:
      return Command(Renew{id, in.renew().subscription(), in.renew().taken()});
    case pb::Command::kList:
      return Command(List{id, std::move(*in.mutable_list()->mutable_pattern()), in.list().cursor()});
    case pb::Command::kDeclare:
      return take_declare(id, *in.mutable_declare());
    case pb::Command::kUndeclare:
      return Command(Undeclare{id, std::move(*in.mutable_undeclare()->mutable_topic())});
    case pb::Command::kOwn:
      return take_own(id, *in.mutable_own());
    case pb::Command::kRelease:
      return Command(Release{id, in.release().lease()});
    case pb::Command::kRegisterSchema: {
      pb::RegisterSchema& schema = *in.mutable_register_schema();
      return Command(RegisterSchema{id, std::move(*schema.mutable_message_type()), std::move(*schema.mutable_files())});
    }
    case pb::Command::kGetSchema:
      return Command(GetSchema{id, std::move(*in.mutable_get_schema()->mutable_message_type())});
    case pb::Command::kListReaders:
      return Command(ListReaders{id, in.list_readers().cursor()});
    case pb::Command::kGoodbye:
      return Command(Goodbye{});
    case pb::Command::WHAT_NOT_SET:
      break;
  }
  return violation("command " + std::to_string(id) + " is of an unknown kind");
}

}  // namespace

Result<ClientFrame> decode_client_frame(std::string_view bytes, const Limits& limits) {
  google::protobuf::Arena arena;
  auto& in = *google::protobuf::Arena::CreateMessage<pb::ClientFrame>(&arena);
  if (auto ok = parse(bytes, limits, in); !ok) return ok.failure();
  if (auto ok = check_items(in.commands_size(), limits); !ok) return ok.failure();
  ClientFrame out;
  out.connection_number = in.connection_number();
  out.number = in.number();
  out.acknowledged = in.acknowledged();
  if (in.has_hello()) {
    auto hello = take(*in.mutable_hello(), limits);
    if (!hello) return hello.failure();
    if (in.commands_size() > 0) return violation("a frame with a hello has commands");
    out.hello = std::move(*hello);
  }
  out.commands.reserve(static_cast<std::size_t>(in.commands_size()));
  for (pb::Command& from : *in.mutable_commands()) {
    auto command = take(from, limits);
    if (!command) return command.failure();
    out.commands.push_back(std::move(*command));
  }
  return out;
}

}  // namespace hoiku::proto
