#include "hoiku/proto/field_path.hpp"

#include <algorithm>
#include <bit>

#include "proto/src/schema/field_path_impl.hpp"

namespace hoiku {
namespace {

using schema::FieldType;
using wire::WireField;

// The state of a scan.
struct Found {
  FieldContent content;
  bool is_set = false;
  std::size_t depth = 0;  // messages along the path that are present, without the outermost, which always is
};

bool is_member(const FieldPath::Impl::Member& member, const WireField& field) noexcept {
  if (member.number != field.number || member.type != field.type) return false;
  // Protobuf keeps a number that a closed enumeration does not name among the unknown fields: the field is absent.
  return !member.closed || member.closed->all.contains(static_cast<std::int32_t>(field.bits));
}

FieldContent content_of(FieldType type, const WireField& field) noexcept {
  const auto low = static_cast<std::uint32_t>(field.bits);
  switch (type) {
    case FieldType::boolean:
      return field.bits != 0;
    case FieldType::int32:
    case FieldType::sfixed32:
    case FieldType::enumeration:
      return static_cast<std::int64_t>(static_cast<std::int32_t>(low));
    case FieldType::uint32:
    case FieldType::fixed32:
      return static_cast<std::int64_t>(low);
    case FieldType::sint32:
      return static_cast<std::int64_t>(static_cast<std::int32_t>(wire::from_zigzag(low)));
    case FieldType::int64:
    case FieldType::sfixed64:
      return static_cast<std::int64_t>(field.bits);
    case FieldType::uint64:
    case FieldType::fixed64:
      return field.bits;
    case FieldType::sint64:
      return wire::from_zigzag(field.bits);
    case FieldType::float32:
      return static_cast<double>(std::bit_cast<float>(low));
    case FieldType::float64:
      return std::bit_cast<double>(field.bits);
    case FieldType::string:
      return field.contents;
    case FieldType::bytes:
      return BytesView{field.contents};
    case FieldType::message:
    case FieldType::group:
      break;
  }
  return {};
}

FieldContent zero_of(FieldType type) noexcept { return content_of(type, WireField{}); }

// Returns false if the bytes are malformed. The last of several occurrences counts, so each overwrites `found`.
bool scan(const FieldPath::Impl& path, std::size_t level, std::string_view message, Found& found) noexcept {
  const FieldPath::Impl::Step& step = path.steps[level];
  const bool is_leaf = level + 1 == path.steps.size();
  wire::WireReader reader(message);
  while (const auto field = reader.next()) {
    if (is_member(step.own, *field)) {
      if (is_leaf) {
        found.content = content_of(path.type, *field);
        found.is_set = true;
      } else {
        found.depth = std::max(found.depth, level + 1);
        if (!scan(path, level + 1, field->contents, found)) return false;
      }
    } else if (std::any_of(step.others.begin(), step.others.end(),
                           [&](const auto& other) { return is_member(other, *field); })) {
      found.is_set = false;
      found.depth = std::min(found.depth, level);
    }
  }
  return !reader.is_malformed();
}

}  // namespace

FieldContent FieldPath::read(std::string_view message) const noexcept {
  Found found;
  if (!scan(*impl_, 0, message, found)) return {};
  if (found.is_set) return found.content;
  const bool is_parent_there = found.depth + 1 == impl_->steps.size();
  return is_parent_there && impl_->is_implicit ? zero_of(impl_->type) : FieldContent{};
}

Value FieldPath::value(std::string_view message) const {
  const FieldContent content = read(message);
  if (const auto* v = std::get_if<bool>(&content)) return Value(*v);
  if (const auto* v = std::get_if<std::int64_t>(&content)) return Value(*v);
  if (const auto* v = std::get_if<std::uint64_t>(&content)) {
    return *v >> 63 ? Value(static_cast<double>(*v)) : Value(static_cast<std::int64_t>(*v));
  }
  if (const auto* v = std::get_if<double>(&content)) return Value(*v);
  if (const auto* v = std::get_if<std::string_view>(&content)) return Value(std::string(*v));
  if (const auto* v = std::get_if<BytesView>(&content)) return Value(Bytes{std::string(v->data)});
  return {};
}

ValueType FieldPath::type() const noexcept {
  switch (impl_->type) {
    case FieldType::boolean:
      return ValueType::boolean;
    case FieldType::float32:
    case FieldType::float64:
      return ValueType::float64;
    case FieldType::string:
      return ValueType::string;
    case FieldType::bytes:
      return ValueType::bytes;
    default:
      return ValueType::int64;
  }
}

const std::string& FieldPath::message_type() const noexcept { return impl_->message_type; }
const std::string& FieldPath::key() const noexcept { return impl_->key; }

const std::string& FieldPath::enum_name() const noexcept {
  static const std::string none;
  return impl_->names ? impl_->names->name : none;
}

std::optional<std::int32_t> FieldPath::enum_number(std::string_view name) const {
  if (!impl_->names) return std::nullopt;
  const auto found = impl_->names->numbers.find(name);
  if (found == impl_->names->numbers.end()) return std::nullopt;
  return found->second;
}

std::string FieldPath::enum_names() const {
  std::vector<std::string_view> names;
  if (impl_->names) {
    for (const auto& [name, number] : impl_->names->numbers) names.push_back(name);
  }
  return schema::listed(names);
}

}  // namespace hoiku
