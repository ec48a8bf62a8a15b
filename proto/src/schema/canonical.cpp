// canonical.cpp: looks at a stranger's message before Protobuf's JSON printer does, which trusts it too much: of packed numbers
// that are cut off it shows the last one without end; it takes what stands in a group for fields of the message around it; it
// goes into each Any with a copy of it, however many lie in one another; and two bytes can be a message of a thousand zeros.
//
// And what bytes say several times it shows several times. On the wire that is allowed: the last number counts, messages are
// merged, of a oneof the last member is there, and of a map's entries with one key the last one. All of that is settled here on
// the bytes, because a message in Protobuf's hands takes the memory of all its fields, and more for each number of an enumeration
// that it does not know.
#include <google/protobuf/descriptor.h>

#include <variant>

#include "proto/src/schema/shape.hpp"
#include "proto/src/wire/writer.hpp"

namespace hoiku::schema {
namespace {

namespace pb = google::protobuf;
using wire::WireField;
using wire::WireReader;
using wire::WireType;
using wire::WireWriter;

constexpr std::size_t depth_max = 64;  // as deep as Protobuf goes for JSON
constexpr std::size_t steps_max =
    200'000'000;  // of the printer's, which looks for each field and name from the first on
constexpr std::size_t shown_zeros_max = 10'000;

WireType wire_type_of(const pb::FieldDescriptor& field) { return schema::wire_type_of(type_of(field)); }

// Packed numbers, of which the last one ends with them.
bool are_whole(std::string_view packed, const pb::FieldDescriptor& field) {
  const WireType type = wire_type_of(field);
  if (type == WireType::fixed64) return packed.size() % 8 == 0;
  if (type == WireType::fixed32) return packed.size() % 4 == 0;
  constexpr int varint_bytes_max = 10;
  int bytes = 0;
  for (const char c : packed) {
    if (++bytes > varint_bytes_max) return false;
    if (static_cast<unsigned char>(c) < 0x80) bytes = 0;
  }
  return bytes == 0;
}

// A number without a name in an enumeration that takes no such: programs read on as if it were not there.
bool is_unnamed(std::uint64_t bits, const pb::FieldDescriptor& field) {
  return field.type() == pb::FieldDescriptor::TYPE_ENUM &&
         field.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO2 &&
         field.enum_type()->FindValueByNumber(static_cast<std::int32_t>(bits)) == nullptr;
}

using Key = std::variant<std::int64_t, std::uint64_t, std::string>;

Key key_of(const WireField& said, const pb::FieldDescriptor& field) {
  if (field.type() == pb::FieldDescriptor::TYPE_STRING) return std::string(said.contents);
  const bool is_zigzag =
      field.type() == pb::FieldDescriptor::TYPE_SINT32 || field.type() == pb::FieldDescriptor::TYPE_SINT64;
  const auto plain = [&](std::uint64_t bits) { return is_zigzag ? (bits >> 1) ^ (0 - (bits & 1)) : bits; };
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return std::int64_t{static_cast<std::int32_t>(plain(static_cast<std::uint32_t>(said.bits)))};
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return static_cast<std::int64_t>(plain(said.bits));
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return std::uint64_t{static_cast<std::uint32_t>(said.bits)};
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return std::uint64_t{said.bits != 0};
    default:
      return said.bits;
  }
}

// What stands for a key or value of a map's entry that is not there: the printer leaves out what has none.
void write_default(const pb::FieldDescriptor& field, WireWriter& out) {
  switch (wire_type_of(field)) {
    case WireType::length:
      return out.bytes_even_if_empty(field.number(), {});
    case WireType::fixed64:
      return out.fixed_even_if_zero(field.number(), 0);
    case WireType::fixed32:
      return out.fixed32_even_if_zero(field.number(), 0);
    default:
      break;
  }
  const int number = field.enum_type() != nullptr ? field.default_value_enum()->number() : 0;
  out.number_even_if_zero(field.number(), static_cast<std::uint64_t>(std::int64_t{number}));
}

class Surveyor {
 public:
  explicit Surveyor(const pb::DescriptorPool& pool) : pool_(pool) {}

  // False: the bytes are not such a message, or messages lie in one another deeper than `depth`.
  bool look(std::string_view bytes, const pb::Descriptor& type, std::size_t depth, WireWriter& out) {
    if (depth == 0) return false;
    declared_ += static_cast<std::size_t>(type.field_count());
    // Of proto2 it would show what is absent as if it were there.
    has_no_zeros_ = has_no_zeros_ || type.file()->syntax() != pb::FileDescriptor::SYNTAX_PROTO3;
    if (type.full_name() == "google.protobuf.Any") return look_into_any(bytes, depth, out);
    Fields fields;
    if (!collect(bytes, type, fields)) return false;
    for (const auto& [number, field] : fields.by_number) {
      if (!write(field, depth, out)) return false;
    }
    return true;
  }
  Survey result(std::string once) const {
    return {std::move(once), !has_no_zeros_ && declared_ <= shown_zeros_max, steps_ > steps_max, group_, unnamed_};
  }
  // Where such a type is the whole of it, its zeros are shown beside its own form.
  void begin_with(const pb::Descriptor& type) {
    has_no_zeros_ = has_no_zeros_ || type.full_name().starts_with("google.protobuf.");
  }

 private:
  // What is said of one field: of messages their contents, of what can be packed the numbers, otherwise the bytes with the tag.
  struct Said {
    const pb::FieldDescriptor* field = nullptr;
    std::vector<std::string_view> pieces;
  };
  struct Fields {
    std::map<int, Said> by_number;
    std::map<const pb::OneofDescriptor*, int> chosen;
  };

  bool collect(std::string_view bytes, const pb::Descriptor& type, Fields& fields) {
    WireReader reader(bytes);
    for (;;) {
      const std::string_view before = reader.rest();
      const auto entry = reader.next();
      if (!entry) return !reader.is_malformed();
      const pb::FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(entry->number));
      if (field == nullptr) continue;
      const WireType expected = wire_type_of(*field);
      steps_ += static_cast<std::size_t>(type.field_count());
      const bool is_packed = entry->type == WireType::length && field->is_packable();
      if (is_packed && !are_whole(entry->contents, *field)) return false;
      if (is_packed && entry->contents.empty()) continue;
      if (entry->type == WireType::group && expected == WireType::group) group_ = field;
      if (entry->type != expected && !is_packed) continue;  // of another type it is unknown to all programs
      const bool says_nothing = !is_packed && is_unnamed(entry->bits, *field);
      if (says_nothing) unnamed_ = field;
      if (field->enum_type() != nullptr)
        steps_ +=
            (is_packed ? entry->contents.size() : 1) * static_cast<std::size_t>(field->enum_type()->value_count());
      const std::string_view whole = before.substr(0, before.size() - reader.rest().size());
      const bool is_message = field->type() == pb::FieldDescriptor::TYPE_MESSAGE;
      const bool is_number_of_list = field->is_packable() && !is_packed;
      add(*field, says_nothing,
          is_message || is_packed ? entry->contents
          : is_number_of_list     ? behind_its_tag(whole)
                                  : whole,
          fields);
    }
  }
  static std::string_view behind_its_tag(std::string_view whole) {
    std::size_t tag = 0;
    while (static_cast<unsigned char>(whole[tag]) >= 0x80) ++tag;
    return whole.substr(tag + 1);
  }
  static void add(const pb::FieldDescriptor& field, bool says_nothing, std::string_view piece, Fields& fields) {
    const bool is_last_to_count = !field.is_repeated() && field.type() != pb::FieldDescriptor::TYPE_MESSAGE;
    const pb::OneofDescriptor* oneof = field.real_containing_oneof();
    if (is_last_to_count && says_nothing) {
      // It hides nothing. Where there is nothing else, it is shown.
      if (oneof ? fields.chosen.contains(oneof) : fields.by_number.contains(field.number())) return;
    }
    if (oneof != nullptr) {
      const auto [chosen, is_first] = fields.chosen.try_emplace(oneof, field.number());
      if (chosen->second != field.number()) fields.by_number.erase(std::exchange(chosen->second, field.number()));
    }
    Said& said = fields.by_number[field.number()];
    said.field = &field;
    if (is_last_to_count) said.pieces.clear();
    said.pieces.push_back(piece);
  }

  bool write(const Said& said, std::size_t depth, WireWriter& out) {
    const pb::FieldDescriptor& field = *said.field;
    if (field.type() != pb::FieldDescriptor::TYPE_MESSAGE) {
      const auto write_pieces = [&] {
        for (const std::string_view piece : said.pieces) out.raw(piece);
      };
      // The printer begins a new list with each packed one.
      if (field.is_packable()) {
        out.message(field.number(), 0, write_pieces);
      } else {
        write_pieces();
      }
      return true;
    }
    if (field.is_map()) return write_map(said, depth, out);
    if (field.is_repeated() || said.pieces.size() == 1) {
      for (const std::string_view piece : said.pieces) {
        if (!write_message(piece, field, depth, out)) return false;
      }
      return true;
    }
    std::string merged;
    for (const std::string_view piece : said.pieces) merged += piece;
    return write_message(merged, field, depth, out);
  }
  bool write_message(std::string_view contents, const pb::FieldDescriptor& field, std::size_t depth, WireWriter& out) {
    bool is_sound = false;
    out.message(field.number(), contents.size(),
                [&] { is_sound = look(contents, *field.message_type(), depth - 1, out); });
    return is_sound;
  }
  bool write_map(const Said& said, std::size_t depth, WireWriter& out) {
    const pb::Descriptor& type = *said.field->message_type();
    std::map<Key, std::string> entries;
    for (const std::string_view piece : said.pieces) {
      WireWriter once;
      if (!look(piece, type, depth - 1, once)) return false;
      std::string entry = once.take();
      WireField key;
      WireField value;
      WireReader reader(entry);
      while (const auto part = reader.next()) (part->number == 1 ? key : value) = *part;
      if (value.number != 0 && is_unnamed(value.bits, *type.map_value())) continue;  // to programs it is not there
      WireWriter whole;
      if (key.number == 0) write_default(*type.map_key(), whole);
      whole.raw(entry);
      if (value.number == 0) write_default(*type.map_value(), whole);
      std::string& kept = entries[key_of(key, *type.map_key())];
      kept = whole.take();
      kept.shrink_to_fit();
    }
    for (const auto& [key, entry] : entries) out.bytes_even_if_empty(said.field->number(), entry);
    return true;
  }
  // The printer passes over what is not encoded as a url and a value are, so there must be nothing of the kind: it would show
  // another one than we have looked at.
  bool look_into_any(std::string_view bytes, std::size_t depth, WireWriter& out) {
    std::string_view url;
    std::string_view value;
    WireReader reader(bytes);
    while (const auto entry = reader.next()) {
      if (entry->number > 2) continue;
      if (entry->type != WireType::length) return false;
      (entry->number == 1 ? url : value) = entry->contents;
    }
    if (reader.is_malformed()) return false;
    out.bytes(1, url);
    const pb::Descriptor* type = pool_.FindMessageTypeByName(std::string(url.substr(url.rfind('/') + 1)));
    if (type == nullptr) {  // the printer shows nothing of it
      out.bytes(2, value);
      return true;
    }
    begin_with(*type);
    bool is_sound = false;
    out.message(2, value.size(), [&] { is_sound = look(value, *type, depth - 1, out); });
    return is_sound;
  }

  const pb::DescriptorPool& pool_;
  std::size_t declared_ = 0;  // fields that all the messages could have
  std::size_t steps_ = 0;
  bool has_no_zeros_ = false;
  const pb::FieldDescriptor* group_ = nullptr;
  const pb::FieldDescriptor* unnamed_ = nullptr;
};

}  // namespace

std::optional<Survey> survey(const Pool& pool, const pb::Descriptor& type, std::string_view message) {
  Surveyor surveyor(*pool.descriptors);
  WireWriter once;
  surveyor.begin_with(type);
  if (!surveyor.look(message, type, depth_max, once)) return std::nullopt;
  return surveyor.result(once.take());
}

}  // namespace hoiku::schema
