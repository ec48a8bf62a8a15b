#include "hoiku/proto/field_path.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/proto/proto_text.hpp"

namespace hoiku {
namespace {

namespace pb = google::protobuf;
using Random = std::mt19937_64;
using test::everything;
using test::files_of;
using test::reflected_value;
using test::schema_of;

Value value_of(const MessageSchema& schema, const std::vector<std::string>& names, std::string_view bytes) {
  return schema.path(names)->value(bytes);
}

TEST(FieldPath, AbsentIsZeroWithoutPresenceAndNullWithIt) {
  const MessageSchema schema = schema_of("All", everything);
  EXPECT_EQ(value_of(schema, {"i32"}, ""), Value(0));
  EXPECT_EQ(value_of(schema, {"flag"}, ""), Value(false));
  EXPECT_EQ(value_of(schema, {"twice"}, ""), Value(0.0));
  EXPECT_EQ(value_of(schema, {"text"}, ""), Value(""));
  EXPECT_EQ(value_of(schema, {"raw"}, ""), Value(Bytes{}));
  EXPECT_EQ(value_of(schema, {"mode"}, ""), Value(0));
  EXPECT_EQ(value_of(schema, {"maybe"}, ""), Value());
  EXPECT_EQ(value_of(schema, {"number"}, ""), Value());
  EXPECT_EQ(value_of(schema, {"where", "x"}, ""), Value());
  EXPECT_EQ(value_of(schema, {"where", "x"}, *schema.from_json(R"({"where":{}})")), Value(0.0));
}

TEST(FieldPath, AUint64KeepsAllOfItsValues) {
  const MessageSchema schema = schema_of("All", everything);
  const std::string bytes = *schema.from_json(R"({"u64":"18446744073709551615"})");
  EXPECT_EQ(std::get<std::uint64_t>(schema.path({"u64"})->read(bytes)), ~std::uint64_t{0});
  EXPECT_EQ(schema.path({"u64"})->value(bytes), Value(0x1p64));
}

TEST(FieldPath, OfSeveralOccurrencesTheLastOneCounts) {
  const MessageSchema schema = schema_of("All", everything);
  const auto json = [&](const char* text) { return *schema.from_json(text); };
  const std::string twice = json(R"({"where":{"x":1,"y":2}})") + json(R"({"where":{"x":3}})");
  EXPECT_EQ(value_of(schema, {"where", "x"}, twice), Value(3.0));
  EXPECT_EQ(value_of(schema, {"where", "y"}, twice), Value(2.0));
  const std::string cleared = json(R"({"other":{"maybe":1}})") + json(R"({"number":2})");
  EXPECT_EQ(value_of(schema, {"other", "maybe"}, cleared), Value());
  EXPECT_EQ(value_of(schema, {"number"}, cleared), Value(2));
  EXPECT_EQ(value_of(schema, {"other", "maybe"}, cleared + json(R"({"other":{}})")), Value());
  EXPECT_EQ(value_of(schema, {"other", "i32"}, cleared + json(R"({"other":{}})")), Value(0));
}

TEST(FieldPath, MalformedBytesAreNull) {
  const MessageSchema schema = schema_of("All", everything);
  for (const std::string& bytes :
       {std::string("\x10"), std::string("\x10\xff"), std::string("\x0f"), std::string("\x07"), std::string("\x12\x7f"),
        std::string("\x0c"), std::string("\x0b"), std::string(1, '\0'),
        std::string("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")}) {
    EXPECT_EQ(value_of(schema, {"i32"}, bytes), Value()) << testing::PrintToString(bytes);
    EXPECT_EQ(value_of(schema, {"i32"}, *schema.from_json(R"({"i32":4})") + bytes), Value());
  }
}

// ---- against Protobuf's own reflection -----------------------------------------------------------------------------

std::string varint(std::uint64_t number) {
  std::string out;
  for (; number > 0x7F; number >>= 7) out += static_cast<char>((number & 0x7F) | 0x80);
  return out + static_cast<char>(number);
}

std::uint64_t some_bits(Random& random) {
  const std::uint64_t bits = random() >> (random() % 64);
  return random() % 4 == 0 ? ~bits : bits;
}

// A random message: fields in any order, repeated, of the wrong type, unknown, and sometimes malformed.
std::string random_message(Random& random, const pb::Descriptor& type, int depth) {
  using Field = pb::FieldDescriptor;
  std::string out;
  for (auto left = random() % 8; left > 0; --left) {
    const Field* field = type.field(static_cast<int>(random() % static_cast<unsigned>(type.field_count())));
    std::uint64_t number = static_cast<std::uint64_t>(field->number());
    unsigned wire = 0;
    switch (field->type()) {
      case Field::TYPE_FIXED32:
      case Field::TYPE_SFIXED32:
      case Field::TYPE_FLOAT:
        wire = 5;
        break;
      case Field::TYPE_FIXED64:
      case Field::TYPE_SFIXED64:
      case Field::TYPE_DOUBLE:
        wire = 1;
        break;
      case Field::TYPE_STRING:
      case Field::TYPE_BYTES:
      case Field::TYPE_MESSAGE:
        wire = 2;
        break;
      default:
        break;
    }
    if (random() % 12 == 0) wire = std::array<unsigned, 4>{0, 1, 2, 5}[random() % 4];
    if (random() % 20 == 0) number = 500 + random() % 3;
    const bool is_group = random() % 40 == 0;
    out += varint(number << 3 | (is_group ? 3 : wire));
    if (is_group) {
      out += varint(1u << 3) + varint(some_bits(random)) + varint(number << 3 | 4);
    } else if (wire == 0) {
      out += varint(random() % 3 == 0 ? random() % 3 : some_bits(random));
    } else if (wire == 2) {
      const bool nests = field->type() == Field::TYPE_MESSAGE && depth > 0;
      const std::string content =
          nests ? random_message(random, *field->message_type(), depth - 1) : std::string(random() % 4, 'a');
      out += varint(content.size()) + content;
    } else {
      const std::uint64_t bits = some_bits(random);
      out.append(reinterpret_cast<const char*>(&bits), wire == 1 ? 8 : 4);
    }
  }
  if (random() % 50 == 0 && !out.empty()) out[random() % out.size()] = static_cast<char>(random());
  return out;
}

void collect_paths(const pb::Descriptor& type, std::vector<std::string> names, int depth,
                   std::vector<std::vector<std::string>>& out) {
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (field.is_repeated()) continue;
    auto longer = names;
    longer.push_back(field.name());
    if (field.type() != pb::FieldDescriptor::TYPE_MESSAGE) {
      out.push_back(longer);
    } else if (depth > 0) {
      collect_paths(*field.message_type(), longer, depth - 1, out);
    }
  }
}

void agree_with_reflection(const std::string& text, unsigned seed) {
  const std::string files = files_of(text);
  const MessageSchema schema = *MessageSchema::parse("its.All", files);
  test::Reflected reflected(files);
  const auto message = reflected.message("its.All");
  std::vector<std::vector<std::string>> names;
  collect_paths(*message->GetDescriptor(), {}, 2, names);
  std::vector<FieldPath> paths;
  for (const auto& each : names) paths.push_back(*schema.path(each));
  Random random(seed);
  int parsed = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = random_message(random, *message->GetDescriptor(), 3);
    const bool makes_sense = message->ParsePartialFromString(bytes);
    parsed += makes_sense;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const Value read = paths[i].value(bytes);
      if (makes_sense) {
        ASSERT_EQ(read, reflected_value(*message, names[i]))
            << testing::PrintToString(names[i]) << " in " << message->ShortDebugString();
      }
    }
  }
  EXPECT_GT(parsed, 1500);
}

TEST(FieldPath, ReadsWhatReflectionReads) {
  agree_with_reflection(everything, 1);
  std::string older = everything;  // with presence everywhere, and enumerations that are closed
  for (std::size_t at = 0; (at = older.find("\n  ", at)) != std::string::npos; at += 3) {
    const std::string line = older.substr(at + 3, older.find('\n', at + 1) - at - 3);
    const bool is_field = std::count(line.begin(), line.end(), ' ') == 2;
    if (is_field) older.insert(at + 3, "optional ");
  }
  agree_with_reflection("syntax proto2\n" + older, 2);
}

}  // namespace
}  // namespace hoiku
