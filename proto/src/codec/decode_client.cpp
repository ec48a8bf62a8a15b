// decode_client.cpp: client frames from bytes.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "hoiku.pb.h"
#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/text.hpp"
#include "proto/src/codec/decode_common.hpp"

namespace hoiku::proto {
namespace {

namespace pb = hoiku::v1;
using wire::WireField;

// A list of a command may have so many times more elements than the limit, so that the command fails with an error of
// its own: the rest of the frame counts. See codec.hpp.
constexpr std::size_t tolerance = 4;

class ClientFrameDecoder : private FrameDecoder {
 public:
  explicit ClientFrameDecoder(const Limits& limits)
      : FrameDecoder(limits.frame_bytes_max, limits.command_items_max), limits_(limits) {}

  Result<ClientFrame> decode(std::string_view bytes);

 private:
  Hello hello(std::string_view message);
  void refuse_name(std::string_view name, const std::string& why);

  Command command(std::string_view message);
  Command content(const WireField& kind, RequestId id);  // of the command whose field is `kind`
  Set set(std::string_view message, RequestId id);
  Sets sets(std::string_view message, RequestId id);
  Sets::Name topic_number(std::string_view message);
  void numbers(std::string_view packed, std::vector<std::uint32_t>& out);
  TopicWrite topic_write(std::string_view message, bool& is_post);
  Commit commit(std::string_view message, RequestId id);
  Subscribe subscribe(std::string_view message, RequestId id);
  ResumePoint resume_point(std::string_view message);
  Wait wait(std::string_view message, RequestId id);
  WaitTransition wait_transition(std::string_view message, RequestId id);
  Declare declare(std::string_view message, RequestId id);
  Own own(std::string_view message, RequestId id);
  List list(std::string_view message, RequestId id);
  Renew renew(std::string_view message, RequestId id);
  RegisterSchema register_schema(std::string_view message, RequestId id);

  // Bounds the nodes and the depth of a tree before it is built: its cost grows with its nodes, each recursion with its
  // depth.
  std::optional<Predicate> predicate(std::string_view message);
  Predicate::Node node(std::string_view message, std::size_t depth);
  struct Literal {
    std::string_view bytes;
    bool is_text = false;
  };
  void read_literal(const Literal& literal, Predicate::Node& out);

  const Limits& limits_;
  std::size_t nodes_left_ = 0;
};

Result<ClientFrame> ClientFrameDecoder::decode(std::string_view bytes) {
  using W = pb::ClientFrame;
  ClientFrame out;
  check_size(bytes);
  if (has_failed()) return result(std::move(out));
  const auto [commands] = count_items_of(bytes, {W::kCommandsFieldNumber});
  out.commands.reserve(commands);
  if (has_failed()) return result(std::move(out));
  read(bytes, into(W::kConnectionNumberFieldNumber, out.connection_number), into(W::kNumberFieldNumber, out.number),
       into(W::kAcknowledgedFieldNumber, out.acknowledged), into(W::kReplyAtOnceFieldNumber, out.reply_at_once),
       contents(W::kHelloFieldNumber, [&](std::string_view message) { out.hello = hello(message); }),
       contents(W::kCommandsFieldNumber, [&](std::string_view message) { out.commands.push_back(command(message)); }));
  if (out.hello && !out.commands.empty()) fail(violation("a frame with a hello has commands"));
  return result(std::move(out));
}

Hello ClientFrameDecoder::hello(std::string_view message) {
  using W = pb::Hello;
  Hello out;
  out.version = 0;
  std::string_view token;
  std::string_view name;
  read(message, into(W::kVersionFieldNumber, out.version), into(W::kTokenFieldNumber, token),
       into(W::kClientNameFieldNumber, name), into(W::kSessionTimeoutMsFieldNumber, out.session_timeout));
  if (out.version != protocol_version) {  // first: in other versions the rest may mean something else
    fail(Failure{ErrorCode::unsupported_version,
                 fmt::format("the client speaks version {} of the protocol, and this broker speaks version {}",
                             out.version, protocol_version)});
  }
  if (token.size() == out.token.size()) {
    std::copy(token.begin(), token.end(), out.token.begin());
  } else {
    fail(violation(fmt::format("a hello's token has {} bytes instead of {}", token.size(), out.token.size())));
  }
  if (name.size() > limits_.client_name_bytes_max) {
    refuse_name(name, fmt::format("at most {} bytes long", limits_.client_name_bytes_max));
  }
  // The name appears in logs, and in each transition that the client writes.
  if (!text::is_one_line(name)) refuse_name(name, "one line of valid UTF-8");
  out.client_name = name;
  return out;
}

void ClientFrameDecoder::refuse_name(std::string_view name, const std::string& why) {
  fail(Failure{ErrorCode::invalid_argument, fmt::format("the client name {} is not {}", text::quote(name), why)});
}

// ---- Commands

Command ClientFrameDecoder::command(std::string_view message) {
  RequestId id = 0;
  const WireField kind = read_one_of(message, id, pb::Command::kIdFieldNumber, pb::Command::kSetFieldNumber,
                                     pb::Command::kSetsFieldNumber);
  return content(kind, id);
}

Command ClientFrameDecoder::content(const WireField& kind, RequestId id) {
  using W = pb::Command;
  const std::string_view message = kind.contents;
  switch (kind.number) {
    case W::kSetFieldNumber:
      return set(message, id);
    case W::kSetsFieldNumber:
      return sets(message, id);
    case W::kCommitFieldNumber:
      return commit(message, id);
    case W::kGetFieldNumber:
      return Get{id, std::string(only_text(message, pb::Get::kTopicFieldNumber))};
    case W::kSubscribeFieldNumber:
      return subscribe(message, id);
    case W::kUnsubscribeFieldNumber:
      return Unsubscribe{id, only_number(message, pb::Unsubscribe::kSubscriptionFieldNumber)};
    case W::kWaitFieldNumber:
      return wait(message, id);
    case W::kWaitTransitionFieldNumber:
      return wait_transition(message, id);
    case W::kCancelWaitFieldNumber:
      return CancelWait{id, only_number(message, pb::CancelWait::kWaitFieldNumber)};
    case W::kRenewFieldNumber:
      return renew(message, id);
    case W::kListFieldNumber:
      return list(message, id);
    case W::kDeclareFieldNumber:
      return declare(message, id);
    case W::kUndeclareFieldNumber:
      return Undeclare{id, std::string(only_text(message, pb::Undeclare::kTopicFieldNumber))};
    case W::kOwnFieldNumber:
      return own(message, id);
    case W::kReleaseFieldNumber:
      return Release{id, only_number(message, pb::Release::kLeaseFieldNumber)};
    case W::kRegisterSchemaFieldNumber:
      return register_schema(message, id);
    case W::kGetSchemaFieldNumber:
      return GetSchema{id, std::string(only_text(message, pb::GetSchema::kMessageTypeFieldNumber))};
    case W::kListReadersFieldNumber:
      return ListReaders{id, only_number(message, pb::ListReaders::kCursorFieldNumber)};
    case W::kGoodbyeFieldNumber:
      return Goodbye{};
    default:
      fail(violation(fmt::format("command {} is of an unknown kind", id)));
      return Goodbye{};
  }
}

Set ClientFrameDecoder::set(std::string_view message, RequestId id) {
  bool is_post = false;
  TopicWrite write = topic_write(message, is_post);
  return Set{id, std::move(write.topic), std::move(write.value), write.if_version, write.source_time, is_post};
}

Sets ClientFrameDecoder::sets(std::string_view message, RequestId id) {
  using W = pb::Sets;
  Sets out;
  out.id = id;
  read(message, contents(W::kTopicsFieldNumber, [&](std::string_view packed) { numbers(packed, out.topics); }),
       contents(W::kLengthsFieldNumber, [&](std::string_view packed) { numbers(packed, out.lengths); }),
       into(W::kValuesFieldNumber, out.values), into(W::kPostFieldNumber, out.is_post),
       contents(W::kNamesFieldNumber,
                [&](std::string_view bytes) { append(out.names, [&] { return topic_number(bytes); }); }));
  std::uint64_t bytes = 0;
  for (const std::uint32_t length : out.lengths) bytes += length;
  if (out.topics.size() != out.lengths.size() || bytes != out.values.size()) {
    fail(violation("the writes, the lengths and the values of a command do not fit together"));
    return {};
  }
  const auto is_value = [](RequestId, std::uint32_t, const ValueView&) { return true; };
  if (!has_failed() && !out.for_each(is_value)) fail(violation("a value is missing or of an unknown kind"));
  return out;
}

Sets::Name ClientFrameDecoder::topic_number(std::string_view message) {
  Sets::Name out;
  read(message, into(pb::TopicNumber::kNumberFieldNumber, out.number),
       into(pb::TopicNumber::kTopicFieldNumber, out.topic));
  if (out.number == 0 || out.number > topic_numbers_max)
    fail(violation(fmt::format("a topic is given the number {}", out.number)));
  return out;
}

// Every number has its last byte below 0x80: so many there are.
void ClientFrameDecoder::numbers(std::string_view packed, std::vector<std::uint32_t>& out) {
  const auto ends = [](char byte) { return static_cast<unsigned char>(byte) < 0x80; };
  const auto count = static_cast<std::size_t>(std::count_if(packed.begin(), packed.end(), ends));
  count_items(count);
  if (has_failed()) return;
  if (out.empty()) out.reserve(count);  // a list in many pieces grows as it likes
  wire::WireReader reader(packed);
  while (const auto number = reader.next_number()) out.push_back(static_cast<std::uint32_t>(*number));
  if (reader.is_malformed()) fail(violation("a frame is malformed or truncated"));
}

TopicWrite ClientFrameDecoder::topic_write(std::string_view message, bool& is_post) {
  using W = pb::Set;
  TopicWrite out;
  std::string_view written;
  read(message, into(W::kTopicFieldNumber, out.topic), into(W::kValueFieldNumber, written),
       contents(W::kIfVersionFieldNumber, [&](std::string_view bytes) { out.if_version = version(bytes); }),
       into(W::kSourceTimeUsFieldNumber, out.source_time), into(W::kPostFieldNumber, is_post));
  out.value = value(written);
  return out;
}

Commit ClientFrameDecoder::commit(std::string_view message, RequestId id) {
  Commit out;
  out.id = id;
  read(message, contents(pb::Commit::kWritesFieldNumber, [&](std::string_view bytes) {
         if (out.writes.size() == tolerance * limits_.commit_topics_max) {
           return fail(violation("a commit has several times more topic writes than the limit"));
         }
         bool is_post = false;  // a commit is always answered
         append(out.writes, [&] { return topic_write(bytes, is_post); });
       }));
  return out;
}

Subscribe ClientFrameDecoder::subscribe(std::string_view message, RequestId id) {
  using W = pb::Subscribe;
  Subscribe out;
  out.id = id;
  read(message,
       contents(W::kTopicsFieldNumber,
                [&](std::string_view bytes) {
                  if (out.topics.size() == tolerance * limits_.composite_topics_max) {
                    return fail(violation("a subscription has several times more topics than the limit"));
                  }
                  append(out.topics, [&] { return std::string(bytes); });
                }),
       contents(W::kResumeFieldNumber, [&](std::string_view bytes) { out.resume = resume_point(bytes); }),
       varint(W::kModeFieldNumber, [&](std::uint64_t bits) { out.mode = mode(bits); }),
       contents(W::kFilterFieldNumber, [&](std::string_view bytes) { out.filter = predicate(bytes); }),
       into(W::kIntervalNsFieldNumber, out.interval), into(W::kUnreadFieldNumber, out.unread));
  return out;
}

ResumePoint ClientFrameDecoder::resume_point(std::string_view message) {
  using W = pb::ResumePoint;
  ResumePoint out;
  read(message, into_fixed(W::kInstanceIdFieldNumber, out.instance_id), into(W::kRevisionFieldNumber, out.revision));
  return out;
}

Wait ClientFrameDecoder::wait(std::string_view message, RequestId id) {
  using W = pb::Wait;
  Wait out;
  out.id = id;
  read(message, into(W::kTopicFieldNumber, out.topic),
       contents(W::kPredicateFieldNumber, [&](std::string_view bytes) { out.predicate = predicate(bytes); }),
       into(W::kHoldNsFieldNumber, out.hold), into(W::kExpiresAfterNsFieldNumber, out.expires_after));
  return out;
}

WaitTransition ClientFrameDecoder::wait_transition(std::string_view message, RequestId id) {
  using W = pb::WaitTransition;
  WaitTransition out;
  out.id = id;
  read(message, into(W::kTopicFieldNumber, out.topic),
       contents(W::kPredicateFieldNumber, [&](std::string_view bytes) { out.predicate = predicate(bytes); }),
       contents(W::kAfterFieldNumber, [&](std::string_view bytes) { out.after = version(bytes); }),
       into(W::kExpiresAfterNsFieldNumber, out.expires_after));
  return out;
}

Declare ClientFrameDecoder::declare(std::string_view message, RequestId id) {
  using W = pb::Declare;
  Declare out;
  out.id = id;
  read(message, into(W::kTopicFieldNumber, out.topic),
       varint(W::kTypeFieldNumber,
              [&](std::uint64_t bits) {
                if (bits > static_cast<std::uint64_t>(ValueType::message)) {
                  return fail(violation(fmt::format("a topic is declared with the unknown type {}", bits)));
                }
                out.type = static_cast<ValueType>(bits);
              }),
       into(W::kMessageTypeFieldNumber, out.message_type), into(W::kDeadlineNsFieldNumber, out.deadline),
       into(W::kHistoryFieldNumber, out.history));
  return out;
}

Own ClientFrameDecoder::own(std::string_view message, RequestId id) {
  using W = pb::Own;
  Own out;
  out.id = id;
  read(message, into(W::kTopicFieldNumber, out.topic),
       contents(W::kLastWillFieldNumber, [&](std::string_view bytes) { out.last_will = value(bytes); }),
       into(W::kTakeOverFieldNumber, out.take_over), into(W::kLastingNsFieldNumber, out.lasting));
  return out;
}

List ClientFrameDecoder::list(std::string_view message, RequestId id) {
  using W = pb::List;
  List out;
  out.id = id;
  read(message, into(W::kPatternFieldNumber, out.pattern), into(W::kCursorFieldNumber, out.cursor));
  return out;
}

Renew ClientFrameDecoder::renew(std::string_view message, RequestId id) {
  using W = pb::Renew;
  Renew out;
  out.id = id;
  read(message, into(W::kSubscriptionFieldNumber, out.subscription), into(W::kTakenFieldNumber, out.taken));
  return out;
}

RegisterSchema ClientFrameDecoder::register_schema(std::string_view message, RequestId id) {
  using W = pb::RegisterSchema;
  RegisterSchema out;
  out.id = id;
  read(message, into(W::kMessageTypeFieldNumber, out.message_type), into(W::kFilesFieldNumber, out.files));
  return out;
}

// ---- Predicates

std::optional<Predicate> ClientFrameDecoder::predicate(std::string_view message) {
  Limits limits = limits_;
  limits.predicate_nodes_max *= 4;
  limits.predicate_depth_max *= 2;
  limits.value_bytes_max *= 2;
  nodes_left_ = limits.predicate_nodes_max;
  Predicate::Node root = node(message, 1);
  if (has_failed()) return std::nullopt;
  auto built = Predicate::build(std::move(root), limits);
  if (built) return std::move(*built);
  fail(violation(built.failure().message));
  return std::nullopt;
}

Predicate::Node ClientFrameDecoder::node(std::string_view message, std::size_t depth) {
  using W = pb::Predicate;
  Predicate::Node out;
  count_items(1);
  if (has_failed()) return out;
  if (nodes_left_ == 0 || depth > 2 * limits_.predicate_depth_max) {
    fail(violation("a predicate is several times larger than the limit"));
    return out;
  }
  --nodes_left_;
  std::uint64_t kind = W::KIND_UNSPECIFIED;
  std::uint64_t op = W::OP_UNSPECIFIED;
  Literal literal;
  read(message, into(W::kKindFieldNumber, kind), into(W::kOpFieldNumber, op),
       contents(W::kValueFieldNumber,
                [&](std::string_view bytes) {
                  literal = {bytes, false};
                }),
       contents(W::kTextFieldNumber,
                [&](std::string_view bytes) {
                  literal = {bytes, true};
                }),
       contents(W::kPathFieldNumber,
                [&](std::string_view bytes) { append(out.path, [&] { return std::string(bytes); }); }),
       contents(W::kChildrenFieldNumber,
                [&](std::string_view bytes) { out.children.push_back(node(bytes, depth + 1)); }));
  if (has_failed()) return out;
  if (kind == W::KIND_UNSPECIFIED || kind > W::Kind_MAX) {
    fail(violation(fmt::format("a predicate has a node of the unknown kind {}", kind)));
    return out;
  }
  out.kind = static_cast<Predicate::Kind>(kind);
  if (out.kind == Predicate::Kind::comparison) {
    if (op == W::OP_UNSPECIFIED || op > W::Op_MAX) {
      fail(violation(fmt::format("a predicate has the unknown operator {}", op)));
      return out;
    }
    out.op = static_cast<Predicate::Op>(op);
  }
  if (out.kind == Predicate::Kind::literal) read_literal(literal, out);
  return out;
}

void ClientFrameDecoder::read_literal(const Literal& literal, Predicate::Node& out) {
  if (!literal.is_text) {
    out.literal = value(literal.bytes);
    return;
  }
  out.literal_text = literal.bytes;
  if (out.literal_text.empty()) fail(violation("a literal of a predicate is empty"));
}

}  // namespace

Result<ClientFrame> decode_client_frame(std::string_view bytes, const Limits& limits) {
  return ClientFrameDecoder(limits).decode(bytes);
}

}  // namespace hoiku::proto
