#include "hoiku/proto/predicate.hpp"

#include <algorithm>

#include "proto/src/predicate/tree.hpp"

namespace hoiku {
namespace {

bool refers_to_old_value(const Predicate::Node& node) {
  return node.kind == Predicate::Kind::old_value ||
         std::any_of(node.children.begin(), node.children.end(), refers_to_old_value);
}

bool refers_to_quality(const Predicate::Node& node) {
  return node.kind == Predicate::Kind::state_quality ||
         std::any_of(node.children.begin(), node.children.end(), refers_to_quality);
}

std::size_t fields_named(const Predicate::Node& node) {
  std::size_t named = node.path.empty() ? 0 : 1;
  for (const Predicate::Node& child : node.children) named += fields_named(child);
  return named;
}

std::size_t comparisons_in(const Predicate::Node& node) {
  if (node.kind == Predicate::Kind::comparison) return 1;
  std::size_t found = 0;
  for (const Predicate::Node& child : node.children) found += comparisons_in(child);
  return found;
}

Predicate::Node joined(Predicate::Kind kind, std::initializer_list<const Predicate*> operands) {
  Predicate::Node node;
  node.kind = kind;
  for (const Predicate* operand : operands) node.children.push_back(operand->root());
  return node;
}

// A comparison of `term` with a literal, which the caller fills in.
Predicate::Node comparison(Predicate::Op op, Predicate::Kind term) {
  Predicate::Node node;
  node.kind = Predicate::Kind::comparison;
  node.op = op;
  node.children.resize(2);
  node.children[0].kind = term;
  return node;
}

}  // namespace

struct Predicate::Shared {
  explicit Shared(Node tree)
      : root(std::move(tree)),
        key(predicate::normalise(root)),
        uses_old_value(refers_to_old_value(root)),
        names_quality(refers_to_quality(root)),
        fields(fields_named(root)),
        comparisons(comparisons_in(root)) {}

  Node root;  // in its normal form
  std::string key;
  bool uses_old_value;
  bool names_quality;
  std::size_t fields;
  std::size_t comparisons;
};

Predicate::Predicate(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)), root_(&shared_->root) {}

Result<Predicate> Predicate::parse(std::string_view text, const Limits& limits) {
  auto root = predicate::parse_text(text, limits);
  if (!root) return root.failure();
  if (auto ok = predicate::check_shape(*root, limits); !ok) return ok.failure();
  if (auto ok = predicate::check_meaning(*root); !ok) return ok.failure();
  return Predicate(std::make_shared<const Shared>(std::move(*root)));
}

Result<Predicate> Predicate::build(Node root, const Limits& limits) {
  if (auto ok = predicate::check_shape(root, limits); !ok) return ok.failure();
  return Predicate(std::make_shared<const Shared>(std::move(root)));
}

Result<void> Predicate::check(const Limits& limits) const {
  if (auto ok = predicate::check_shape(*root_, limits); !ok) return ok;
  return predicate::check_meaning(*root_);
}

Predicate Predicate::compare(Op op, Value literal) {
  Node node = comparison(op, Kind::new_value);
  node.children[1].literal = std::move(literal);
  return Predicate(std::make_shared<const Shared>(std::move(node)));
}

Predicate Predicate::compare(Op op, Quality wanted) {
  Node node = comparison(op, Kind::state_quality);
  node.children[1].literal_text = to_string(wanted);
  return Predicate(std::make_shared<const Shared>(std::move(node)));
}

Predicate Predicate::all_of(const Predicate& a, const Predicate& b) {
  return Predicate(std::make_shared<const Shared>(joined(Kind::all_of, {&a, &b})));
}

Predicate Predicate::any_of(const Predicate& a, const Predicate& b) {
  return Predicate(std::make_shared<const Shared>(joined(Kind::any_of, {&a, &b})));
}

Predicate Predicate::negate(const Predicate& a) {
  return Predicate(std::make_shared<const Shared>(joined(Kind::negation, {&a})));
}

const std::string& Predicate::key() const noexcept { return shared_->key; }

bool Predicate::uses_old_value() const noexcept { return shared_->uses_old_value; }

bool Predicate::names_quality() const noexcept { return shared_->names_quality; }

std::size_t Predicate::fields() const noexcept { return shared_->fields; }
std::size_t Predicate::comparisons() const noexcept { return shared_->comparisons; }

std::optional<Predicate::Comparison> Predicate::as_comparison() const noexcept {
  if (root_->kind != Kind::comparison) return std::nullopt;
  const Node& term = root_->children[0];  // the literal is on the right in the normal form
  const Node& literal = root_->children[1];
  if (term.kind != Kind::new_value || !term.path.empty() || literal.kind != Kind::literal) return std::nullopt;
  return Comparison{root_->op, literal.literal};
}

Result<Predicate> Predicate::resolved_for(ValueType type, const MessageSchema* schema) const {
  auto root = predicate::resolve(*root_, type, schema);
  if (!root) return root.failure();
  return Predicate(std::make_shared<const Shared>(std::move(*root)));
}

bool Predicate::test(const Value& value, const Value& old_value, Quality quality) const noexcept {
  return predicate::evaluate(*root_, value, old_value, quality);
}

}  // namespace hoiku
