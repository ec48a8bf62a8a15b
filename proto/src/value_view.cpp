#include "hoiku/proto/value_view.hpp"

#include <bit>
#include <cmath>

namespace hoiku {

ValueView::ValueView(const Value& value) noexcept : type(value.type()) {
  if (const auto* b = value.get_if<bool>()) bits = *b ? 1 : 0;
  if (const auto* i = value.get_if<std::int64_t>()) bits = static_cast<std::uint64_t>(*i);
  if (const auto* d = value.get_if<double>()) bits = std::bit_cast<std::uint64_t>(*d);
  if (const auto* s = value.get_if<std::string>()) content = *s;
  if (const auto* b = value.get_if<Bytes>()) content = b->data;
  if (const auto* m = value.get_if<MessageBytes>()) {
    content = m->data;
    type_name = m->type_name;
  }
}

double ValueView::as_float64() const noexcept { return std::bit_cast<double>(bits); }

std::size_t ValueView::payload_bytes() const noexcept {
  switch (type) {
    case ValueType::null:
      return 0;
    case ValueType::boolean:
      return sizeof(bool);
    case ValueType::int64:
    case ValueType::float64:
      return sizeof(bits);
    default:
      return content.size() + type_name.size();
  }
}

Value ValueView::copy() const {
  Value made;
  made.assign(*this);
  return made;
}

void Value::assign(const ValueView& value) {
  switch (value.type) {
    case ValueType::null:
      data_ = std::monostate();
      break;
    case ValueType::boolean:
      data_ = value.bits != 0;
      break;
    case ValueType::int64:
      data_ = value.as_int64();
      break;
    case ValueType::float64:
      data_ = value.as_float64();
      break;
    case ValueType::string:
      become<std::string>() = value.content;
      break;
    case ValueType::bytes:
      become<Bytes>().data = value.content;
      break;
    case ValueType::message: {
      auto& message = become<MessageBytes>();
      message.type_name = value.type_name;
      message.data = value.content;
      break;
    }
  }
}

bool operator==(const ValueView& a, const ValueView& b) noexcept {
  if (a.type != b.type) return false;
  if (a.type != ValueType::float64) return a.bits == b.bits && a.content == b.content && a.type_name == b.type_name;
  const double x = a.as_float64();
  const double y = b.as_float64();
  return x == y || (std::isnan(x) && std::isnan(y));
}

ValueView widened(const ValueView& integer) noexcept {
  ValueView wide;
  wide.type = ValueType::float64;
  wide.bits = std::bit_cast<std::uint64_t>(static_cast<double>(integer.as_int64()));
  return wide;
}

}  // namespace hoiku
