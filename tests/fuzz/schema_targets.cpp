// Untrusted schemas, and untrusted messages.
#include "hoiku/proto/schema.hpp"
#include "proto/src/schema/protobuf_log.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku::fuzz {
namespace {

const MessageSchema& everything() {
  static const MessageSchema made = test::schema_of("All", test::everything);
  return made;
}

// Features of proto2 only.
const MessageSchema& old() {
  static const MessageSchema made = test::schema_of("Old", R"(
syntax proto2
enum Mode
  IDLE 0
  ACTIVE 1
end
message Old
  optional Mode mode 1
  map string Mode named 3
  map bool Old flagged 4
  map sint32 Mode numbered 5
  optional Old inner 6
  repeated int32 numbers 2
  oneof choice Old one 7
  oneof choice Mode other 8
  optional double twice 9
end
)");
  return made;
}

// The JSON of a message reads back to the same message.
void check_json(const MessageSchema& schema, std::string_view bytes, bool makes_sense) {
  const auto said = schema.to_json(bytes);
  if (!said) return require_sentence(said.failure());
  if (!makes_sense) return;
  const auto again = schema.from_json(*said);
  if (!again && again.failure().message.ends_with("does not name")) return;
  require(bool(again), "the JSON of a message is not read");
  require(*schema.to_json(*again) == *said, "a message becomes another one in JSON");
}

std::optional<MessageSchema> parsed(std::string_view type_name, std::string_view files) {
  auto schema = MessageSchema::parse(std::string(type_name), std::string(files));
  if (schema) return std::move(*schema);
  require_sentence(schema.failure());
  return std::nullopt;
}

void use(const MessageSchema& schema) {
  require(bool(check_compatible(schema, schema)), "a schema does not go with itself");
  require(schema.covers(schema), "a schema says more than itself");
  const auto again = schema.replacing(schema);
  require(again && again->memory_bytes() == schema.memory_bytes(),
          "a schema that is replaced by itself becomes another");
  for (const std::vector<std::string>& names :
       std::vector<std::vector<std::string>>{{"x"}, {"a"}, {"at", "x"}, {"inner", "inner", "text"}}) {
    const auto path = schema.path(names);
    if (!path) {
      require_sentence(path.failure());
    } else {
      for (const std::string_view message : {"", "\x08\x01", "\x0a\x02\x08\x01"}) (void)path->value(message);
    }
  }
  for (const std::string_view message : {"", "\x08\x01", "\x0a\x02\x08\x01"}) {
    if (const auto json = schema.to_json(message); !json) require_sentence(json.failure());
  }
  if (const auto bytes = schema.from_json("{}"); !bytes) require_sentence(bytes.failure());
}

struct Field {
  std::vector<std::string> names;
  FieldPath path;
};

void collect(const google::protobuf::Descriptor& type, std::vector<std::string> names, std::vector<Field>& out) {
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    names.push_back(field.name());
    if (auto path = everything().path(names)) {
      out.push_back({names, *path});
    } else if (!field.is_repeated() && names.size() < 3) {
      collect(*field.message_type(), names, out);
    }
    names.pop_back();
  }
}

}  // namespace

void schema(std::string_view bytes) {
  const std::size_t line = std::min(bytes.find('\n'), bytes.size());
  const std::string_view type_name = bytes.substr(0, line);
  std::string_view rest = bytes.substr(std::min(line + 1, bytes.size()));
  if (rest.size() < 2) return;
  const auto low = static_cast<unsigned char>(rest[0]);
  const auto high = static_cast<unsigned char>(rest[1]);
  rest.remove_prefix(2);
  const std::size_t length = std::min<std::size_t>(low + 256u * high, rest.size());
  const auto one = parsed(type_name, rest.substr(0, length));
  const auto other = parsed(type_name, rest.substr(length));
  if (one) use(*one);
  if (other) use(*other);
  if (!one || !other) return;
  if (auto ok = check_compatible(*one, *other); !ok) require_sentence(ok.failure());
  const auto newer = other->replacing(*one);
  if (newer) {
    require(bool(check_compatible(*one, *newer)), "a schema does not go with the one that it has replaced");
    use(*newer);
  }
}

void json(std::string_view text) {
  const auto bytes = everything().from_json(text);
  if (!bytes) return require_sentence(bytes.failure());
  const auto said = everything().to_json(*bytes);
  if (!said) return require_sentence(said.failure());  // nested deeper than it is written
  const auto again = everything().from_json(*said);
  require(bool(again), "the JSON of a message is not read");
  require(*again == *bytes, "a message becomes another one in JSON");
}

void message(std::string_view bytes) {
  static test::Reflected reflected(everything().files());
  static const auto protobuf = reflected.message("its.All");
  static const auto silence = schema::silence_protobuf();
  static const std::vector<Field> fields = [] {
    std::vector<Field> found;
    collect(*protobuf->GetDescriptor(), {}, found);
    return found;
  }();
  const bool makes_sense = protobuf->ParsePartialFromString(std::string(bytes));
  for (const Field& field : fields) {
    const Value value = field.path.value(bytes);
    if (makes_sense) require(value == test::reflected_value(*protobuf, field.names), "Protobuf reads another value");
  }
  check_json(everything(), bytes, makes_sense);
  static test::Reflected reflected_old(old().files());
  static const auto protobuf_old = reflected_old.message("its.Old");
  check_json(old(), bytes, protobuf_old->ParsePartialFromString(std::string(bytes)));
}

}  // namespace hoiku::fuzz
