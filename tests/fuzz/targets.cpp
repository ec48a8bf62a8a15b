#include "tests/fuzz/targets.hpp"

#include <cmath>
#include <vector>

#include "hoiku/proto/codec.hpp"
#include "hoiku/proto/predicate.hpp"
#include "tests/fuzz/require.hpp"

namespace hoiku::fuzz {
namespace {

template <class Frame>
void frame(std::string_view bytes, Result<Frame> (*decode)(std::string_view, const Limits&)) {
  const Result<Frame> decoded = decode(bytes, Limits());
  if (!decoded) return require_sentence(decoded.failure());
  Limits limits;
  limits.frame_bytes_max *= 2;  // what came in may have been shorter, as packed or repeated fields are
  const std::string said = proto::encode(*decoded);
  const Result<Frame> again = decode(said, limits);
  require(bool(again), "what was accepted is refused when it is said again");
  require(proto::encode(*again) == said, "what was accepted becomes something else when it is said again");
}

const std::vector<Value>& some_values() {
  static const std::vector<Value> values{Value(),
                                         Value(true),
                                         Value(0),
                                         Value(-3),
                                         Value(2.5),
                                         Value(NAN),
                                         Value(""),
                                         Value("happy"),
                                         Value(HUGE_VAL),
                                         Value(Bytes{"\xff"}),
                                         Value(MessageBytes{"a.B", "\x08\x01"})};
  return values;
}

void ask(const Predicate& predicate) {
  for (const Value& value : some_values()) {
    for (const Value& old_value : some_values()) {
      for (const Quality quality : {Quality::live, Quality::stale, Quality::orphaned})
        predicate.test(value, old_value, quality);
    }
  }
}

}  // namespace

void client_frame(std::string_view bytes) { frame<proto::ClientFrame>(bytes, proto::decode_client_frame); }
void server_frame(std::string_view bytes) { frame<proto::ServerFrame>(bytes, proto::decode_server_frame); }

void predicate(std::string_view text) {
  const Result<Predicate> parsed = Predicate::parse(text);
  if (!parsed) return require_sentence(parsed.failure());
  const Result<Predicate> normal = Predicate::parse(parsed->key());
  require(bool(normal), "a normal form is no predicate");
  require(normal->key() == parsed->key(), "a normal form has another normal form");

  proto::ClientFrame sent;
  sent.number = 1;
  sent.commands.emplace_back(proto::Wait{1, "topic", *parsed, {}});
  const auto received = proto::decode_client_frame(proto::encode(sent));
  require(bool(received), "a predicate that was parsed is refused on the wire");
  require(std::get<proto::Wait>(received->commands.front()).predicate->key() == parsed->key(),
          "a predicate becomes another one on the wire");

  ask(*parsed);
  for (const ValueType type : {ValueType::null, ValueType::boolean, ValueType::int64, ValueType::float64,
                               ValueType::string, ValueType::bytes, ValueType::message}) {
    const Result<Predicate> resolved = parsed->resolved_for(type);
    if (!resolved) {
      require_sentence(resolved.failure());
      continue;
    }
    const Result<Predicate> twice = resolved->resolved_for(type);
    require(twice && twice->key() == resolved->key(), "a predicate that was read as a type is read as another one");
    ask(*resolved);
  }
}

}  // namespace hoiku::fuzz
