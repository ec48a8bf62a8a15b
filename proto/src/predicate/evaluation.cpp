#include <cmath>
#include <variant>

#include "hoiku/proto/field_path.hpp"
#include "proto/src/predicate/tree.hpp"

namespace hoiku::predicate {
namespace {

// The value of a term. Empty for null, and for operands of a type that the operation does not take.
using Operand = std::variant<std::monostate, bool, Wide, double, std::string_view, BytesView, const MessageBytes*>;

// How two operands compare. `identical` and `different` are for operands without an order: bool, bytes, messages, NaN.
enum class Relation { none, less, equal, greater, identical, different };

Operand operand_of(const Value& value) {
  if (const auto* v = value.get_if<bool>()) return *v;
  if (const auto* v = value.get_if<std::int64_t>()) return Wide{*v};
  if (const auto* v = value.get_if<double>()) return *v;
  if (const auto* v = value.get_if<std::string>()) return std::string_view(*v);
  if (const auto* v = value.get_if<Bytes>()) return BytesView{v->data};
  if (const auto* v = value.get_if<MessageBytes>()) return v;
  return {};
}

// The field of a message; empty if the message is not of the type that the path was resolved for.
Operand operand_of(const FieldPath* field, const Value& value) {
  const auto* message = value.get_if<MessageBytes>();
  if (field == nullptr || message == nullptr || message->type_name != field->message_type()) return {};
  const FieldContent content = field->read(message->data);
  if (const auto* v = std::get_if<bool>(&content)) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&content)) return Wide{*v};
  if (const auto* v = std::get_if<std::uint64_t>(&content)) return Wide{*v};
  if (const auto* v = std::get_if<double>(&content)) return *v;
  if (const auto* v = std::get_if<std::string_view>(&content)) return *v;
  if (const auto* v = std::get_if<BytesView>(&content)) return *v;
  return {};
}

double as_double(const Operand& number) {
  const auto* integer = std::get_if<Wide>(&number);
  return integer ? static_cast<double>(*integer) : std::get<double>(number);
}

bool holds_number(const Operand& a) { return std::holds_alternative<Wide>(a) || std::holds_alternative<double>(a); }

Operand difference(const Operand& a, const Operand& b) {
  if (!holds_number(a) || !holds_number(b)) return {};
  const auto* x = std::get_if<Wide>(&a);
  const auto* y = std::get_if<Wide>(&b);
  if (x && y) return *x - *y;  // cannot overflow: nesting_max
  return as_double(a) - as_double(b);
}

Operand absolute(const Operand& a) {
  if (const auto* integer = std::get_if<Wide>(&a)) return *integer < 0 ? -*integer : *integer;
  if (const auto* number = std::get_if<double>(&a)) return std::fabs(*number);
  return {};
}

struct Values {
  const Value& now;
  const Value& old;
  Quality quality;
};

// An unset topic has a quality only if the end of a lease unset it.
Operand operand_of_quality(const Values& values) {
  if (values.now.is_null() && values.quality == Quality::live) return {};
  return to_string(values.quality);
}

Operand operand_of(const Node& term, const Values& values) {
  switch (term.kind) {
    case Kind::new_value:
      return term.path.empty() ? operand_of(values.now) : operand_of(term.field.get(), values.now);
    case Kind::old_value:
      return term.path.empty() ? operand_of(values.old) : operand_of(term.field.get(), values.old);
    case Kind::literal:
      return operand_of(term.literal);
    case Kind::state_quality:
      return operand_of_quality(values);
    case Kind::absolute:
      return absolute(operand_of(term.children[0], values));
    case Kind::difference:
      return difference(operand_of(term.children[0], values), operand_of(term.children[1], values));
    default:
      return {};
  }
}

template <class T>
Relation ordered(const T& a, const T& b) {
  return a < b ? Relation::less : b < a ? Relation::greater : Relation::equal;
}

Relation unordered(bool equal) { return equal ? Relation::identical : Relation::different; }

// Compares the exact values: a conversion to double would make 2^53 + 1 equal to 2^53.
Relation relation(Wide integer, double number) {
  if (std::isnan(number)) return Relation::different;
  constexpr double beyond = 0x1p126;  // larger than every Wide that can occur; smaller doubles fit a Wide
  if (number >= beyond) return Relation::less;
  if (number <= -beyond) return Relation::greater;
  const double whole = std::trunc(number);
  const auto truncated = static_cast<Wide>(whole);
  return integer != truncated ? ordered(integer, truncated) : ordered(0.0, number - whole);
}

Relation mirrored(Relation relation) {
  if (relation == Relation::less) return Relation::greater;
  return relation == Relation::greater ? Relation::less : relation;
}

Relation relation(const Operand& a, const Operand& b) {
  if (const auto* x = std::get_if<Wide>(&a)) {
    if (const auto* y = std::get_if<Wide>(&b)) return ordered(*x, *y);
    if (const auto* y = std::get_if<double>(&b)) return relation(*x, *y);
    return Relation::none;
  }
  if (const auto* y = std::get_if<Wide>(&b)) {
    const auto* x = std::get_if<double>(&a);
    return x ? mirrored(relation(*y, *x)) : Relation::none;
  }
  if (a.index() != b.index()) return Relation::none;
  if (const auto* x = std::get_if<double>(&a)) {
    const double y = std::get<double>(b);
    if (std::isnan(*x) || std::isnan(y)) return unordered(std::isnan(*x) && std::isnan(y));
    return ordered(*x, y);
  }
  if (const auto* x = std::get_if<std::string_view>(&a)) return ordered(*x, std::get<std::string_view>(b));
  if (const auto* x = std::get_if<bool>(&a)) return unordered(*x == std::get<bool>(b));
  if (const auto* x = std::get_if<BytesView>(&a)) return unordered(*x == std::get<BytesView>(b));
  if (const auto* x = std::get_if<const MessageBytes*>(&a)) return unordered(**x == *std::get<const MessageBytes*>(b));
  return Relation::none;
}

bool satisfies(Op op, Relation relation) {
  const bool less = relation == Relation::less;
  const bool equal = relation == Relation::equal;
  const bool greater = relation == Relation::greater;
  switch (op) {
    case Op::equal:
      return equal || relation == Relation::identical;
    case Op::not_equal:
      return less || greater || relation == Relation::different;
    case Op::less:
      return less;
    case Op::less_equal:
      return less || equal;
    case Op::greater:
      return greater;
    case Op::greater_equal:
      return greater || equal;
  }
  return false;
}

bool evaluate(const Node& node, const Values& values) {
  switch (node.kind) {
    case Kind::all_of:
      for (const Node& child : node.children) {
        if (!evaluate(child, values)) return false;
      }
      return true;
    case Kind::any_of:
      for (const Node& child : node.children) {
        if (evaluate(child, values)) return true;
      }
      return false;
    case Kind::negation:
      return !evaluate(node.children[0], values);
    default:
      return satisfies(node.op, relation(operand_of(node.children[0], values), operand_of(node.children[1], values)));
  }
}

}  // namespace

bool evaluate(const Node& condition, const Value& value, const Value& old_value, Quality quality) noexcept {
  return evaluate(condition, Values{value, old_value, quality});
}

}  // namespace hoiku::predicate
