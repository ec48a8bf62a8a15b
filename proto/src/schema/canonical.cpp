// canonical.cpp: validates and canonicalizes an untrusted message before it reaches Protobuf's JSON printer.
//
// That printer trusts its input too much:
//   - of packed numbers that are cut off it shows the last one without end;
//   - it takes the fields within a group for fields of the message around it;
//   - it copies the contents of each Any, however deeply they are nested;
//   - it expands two bytes to a message of a thousand zeros.
//
// It also shows a field as often as the bytes contain it. Protobuf allows repetition: of numbers the last one counts,
// messages are merged, of a oneof the last member is set, and of a map's entries with one key the last one counts. All
// of that is settled on the bytes, because a parsed message takes the memory of all its fields, and more for each
// number of an enumeration that it does not know.
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
// The printer searches for each field and name from the first one on.
constexpr std::size_t printer_steps_max = 200'000'000;
constexpr std::size_t shown_zeros_max = 10'000;

WireType wire_type_of(const pb::FieldDescriptor& field) { return schema::wire_type_of(type_of(field)); }

// Whether packed numbers end where the last number ends.
bool are_complete(std::string_view packed, const pb::FieldDescriptor& field) {
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

// Whether a closed enumeration has no name for the number. Programs read on as if the field were absent.
bool is_unnamed(std::uint64_t bits, const pb::FieldDescriptor& field) {
  return field.type() == pb::FieldDescriptor::TYPE_ENUM &&
         field.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO2 &&
         field.enum_type()->FindValueByNumber(static_cast<std::int32_t>(bits)) == nullptr;
}

using Key = std::variant<std::int64_t, std::uint64_t, std::string>;

Key key_of(const WireField& key, const pb::FieldDescriptor& field) {
  if (field.type() == pb::FieldDescriptor::TYPE_STRING) return std::string(key.contents);
  const bool is_zigzag =
      field.type() == pb::FieldDescriptor::TYPE_SINT32 || field.type() == pb::FieldDescriptor::TYPE_SINT64;
  const auto plain = [&](std::uint64_t bits) {
    return is_zigzag ? static_cast<std::uint64_t>(wire::from_zigzag(bits)) : bits;
  };
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return std::int64_t{static_cast<std::int32_t>(plain(static_cast<std::uint32_t>(key.bits)))};
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return static_cast<std::int64_t>(plain(key.bits));
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return std::uint64_t{static_cast<std::uint32_t>(key.bits)};
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return std::uint64_t{key.bits != 0};
    default:
      return key.bits;
  }
}

// Writes the default of an absent key or value of a map entry: the printer leaves out entries without it.
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

class Canonicalizer {
 public:
  explicit Canonicalizer(const pb::DescriptorPool& pool) : pool_(pool) {}

  // False if the bytes are not such a message, or messages are nested deeper than `depth`.
  bool canonicalize(std::string_view bytes, const pb::Descriptor& type, std::size_t depth, WireWriter& out) {
    if (depth == 0) return false;
    declared_ += static_cast<std::size_t>(type.field_count());
    // The printer would show absent fields of proto2 as if they were set.
    has_no_zeros_ = has_no_zeros_ || type.file()->syntax() != pb::FileDescriptor::SYNTAX_PROTO3;
    if (type.full_name() == "google.protobuf.Any") return canonicalize_any(bytes, depth, out);
    Fields fields;
    if (!collect(bytes, type, fields)) return false;
    for (const auto& [number, field] : fields.by_number) {
      if (!write(field, depth, out)) return false;
    }
    return true;
  }
  CanonicalMessage result(std::string bytes) const {
    return {std::move(bytes), !has_no_zeros_ && declared_ <= shown_zeros_max, steps_ > printer_steps_max, group_,
            unnamed_};
  }
  // The printer would show the zeros of a well-known type beside its own form, if it is the whole message.
  void begin_with(const pb::Descriptor& type) {
    has_no_zeros_ = has_no_zeros_ || type.full_name().starts_with("google.protobuf.");
  }

 private:
  // All occurrences of one field: of messages the contents, of packable fields the numbers, of others the bytes with
  // the tag.
  struct Occurrences {
    const pb::FieldDescriptor* field = nullptr;
    std::vector<std::string_view> pieces;
  };
  struct Fields {
    std::map<int, Occurrences> by_number;
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
      if (is_packed && !are_complete(entry->contents, *field)) return false;
      if (is_packed && entry->contents.empty()) continue;
      if (entry->type == WireType::group && expected == WireType::group) group_ = field;
      if (entry->type != expected && !is_packed) continue;  // programs treat it as an unknown field
      const bool is_ignorable = !is_packed && is_unnamed(entry->bits, *field);
      if (is_ignorable) unnamed_ = field;
      if (field->enum_type() != nullptr)
        steps_ +=
            (is_packed ? entry->contents.size() : 1) * static_cast<std::size_t>(field->enum_type()->value_count());
      const std::string_view whole = before.substr(0, before.size() - reader.rest().size());
      const bool is_message = field->type() == pb::FieldDescriptor::TYPE_MESSAGE;
      const bool is_number_of_list = field->is_packable() && !is_packed;
      add(*field, is_ignorable,
          is_message || is_packed ? entry->contents
          : is_number_of_list     ? without_tag(whole)
                                  : whole,
          fields);
    }
  }
  static std::string_view without_tag(std::string_view whole) {
    std::size_t tag = 0;
    while (static_cast<unsigned char>(whole[tag]) >= 0x80) ++tag;
    return whole.substr(tag + 1);
  }
  static void add(const pb::FieldDescriptor& field, bool is_ignorable, std::string_view piece, Fields& fields) {
    const bool only_last_counts = !field.is_repeated() && field.type() != pb::FieldDescriptor::TYPE_MESSAGE;
    const pb::OneofDescriptor* oneof = field.real_containing_oneof();
    if (only_last_counts && is_ignorable) {
      // An ignorable number hides no other occurrence. If it is the only one, it is shown.
      if (oneof ? fields.chosen.contains(oneof) : fields.by_number.contains(field.number())) return;
    }
    if (oneof != nullptr) {
      const auto [chosen, is_first] = fields.chosen.try_emplace(oneof, field.number());
      if (chosen->second != field.number()) fields.by_number.erase(std::exchange(chosen->second, field.number()));
    }
    Occurrences& occurrences = fields.by_number[field.number()];
    occurrences.field = &field;
    if (only_last_counts) occurrences.pieces.clear();
    occurrences.pieces.push_back(piece);
  }

  bool write(const Occurrences& occurrences, std::size_t depth, WireWriter& out) {
    const pb::FieldDescriptor& field = *occurrences.field;
    if (field.type() != pb::FieldDescriptor::TYPE_MESSAGE) {
      const auto write_pieces = [&] {
        for (const std::string_view piece : occurrences.pieces) out.raw(piece);
      };
      // The printer begins a new list with each packed one.
      if (field.is_packable()) {
        out.message(field.number(), 0, write_pieces);
      } else {
        write_pieces();
      }
      return true;
    }
    if (field.is_map()) return write_map(occurrences, depth, out);
    if (field.is_repeated() || occurrences.pieces.size() == 1) {
      for (const std::string_view piece : occurrences.pieces) {
        if (!write_message(piece, field, depth, out)) return false;
      }
      return true;
    }
    std::string merged;
    for (const std::string_view piece : occurrences.pieces) merged += piece;
    return write_message(merged, field, depth, out);
  }
  bool write_message(std::string_view contents, const pb::FieldDescriptor& field, std::size_t depth, WireWriter& out) {
    bool is_valid = false;
    out.message(field.number(), contents.size(),
                [&] { is_valid = canonicalize(contents, *field.message_type(), depth - 1, out); });
    return is_valid;
  }
  bool write_map(const Occurrences& occurrences, std::size_t depth, WireWriter& out) {
    const pb::Descriptor& type = *occurrences.field->message_type();
    std::map<Key, std::string> entries;
    for (const std::string_view piece : occurrences.pieces) {
      WireWriter canonical;
      if (!canonicalize(piece, type, depth - 1, canonical)) return false;
      std::string entry = canonical.take();
      WireField key;
      WireField value;
      WireReader reader(entry);
      while (const auto part = reader.next()) (part->number == 1 ? key : value) = *part;
      if (value.number != 0 && is_unnamed(value.bits, *type.map_value())) continue;  // programs read it as absent
      WireWriter whole;
      if (key.number == 0) write_default(*type.map_key(), whole);
      whole.raw(entry);
      if (value.number == 0) write_default(*type.map_value(), whole);
      std::string& kept = entries[key_of(key, *type.map_key())];
      kept = whole.take();
      kept.shrink_to_fit();
    }
    for (const auto& [key, entry] : entries) out.bytes_even_if_empty(occurrences.field->number(), entry);
    return true;
  }
  // The printer skips fields 1 and 2 if they are not encoded as a url and a value are. It would then show another url
  // or value than this one has validated, so such bytes are refused.
  bool canonicalize_any(std::string_view bytes, std::size_t depth, WireWriter& out) {
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
    if (type == nullptr) {  // the printer shows no contents of an unknown type
      out.bytes(2, value);
      return true;
    }
    begin_with(*type);
    bool is_valid = false;
    out.message(2, value.size(), [&] { is_valid = canonicalize(value, *type, depth - 1, out); });
    return is_valid;
  }

  const pb::DescriptorPool& pool_;
  std::size_t declared_ = 0;  // fields that the types of all messages declare
  std::size_t steps_ = 0;
  bool has_no_zeros_ = false;
  const pb::FieldDescriptor* group_ = nullptr;
  const pb::FieldDescriptor* unnamed_ = nullptr;
};

}  // namespace

std::optional<CanonicalMessage> canonicalize(const Pool& pool, const pb::Descriptor& type, std::string_view message) {
  Canonicalizer canonicalizer(*pool.descriptors);
  WireWriter out;
  canonicalizer.begin_with(type);
  if (!canonicalizer.canonicalize(message, type, depth_max, out)) return std::nullopt;
  return canonicalizer.result(out.take());
}

}  // namespace hoiku::schema
