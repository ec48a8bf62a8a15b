// parser.cpp: the grammar of predicate.hpp, by recursive descent: one function for each rule, under the rule's name.
#include "hoiku/proto/text.hpp"
#include "proto/src/literal_text.hpp"
#include "proto/src/predicate/tree.hpp"

namespace hoiku::predicate {
namespace {

// Parentheses are not nodes of the tree, so they need a bound of their own.
constexpr std::size_t parentheses_max = 64;

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : text_(text), nodes_max_(limits.predicate_nodes_max) {}

  Result<Node> whole() {
    auto root = or_rule();
    if (root && !at_end()) return expected("&&, || or the end");
    return root;
  }

 private:
  Result<Node> or_rule() { return junction(Kind::any_of, "||", &Parser::and_rule); }
  Result<Node> and_rule() { return junction(Kind::all_of, "&&", &Parser::not_rule); }

  Result<Node> junction(Kind kind, std::string_view symbol, Result<Node> (Parser::*operand)()) {
    auto first = (this->*operand)();
    if (!first || !next_is(symbol)) return first;
    Node node = made(kind);
    node.children.push_back(std::move(*first));
    while (accept(symbol)) {
      auto next = (this->*operand)();
      if (!next) return next;
      node.children.push_back(std::move(*next));
    }
    return node;
  }

  Result<Node> not_rule() {
    if (++nesting_ > parentheses_max || nodes_ > nodes_max_)
      return invalid("the predicate is too large or nested too deeply");
    auto result = negation_or_less();
    --nesting_;
    return result;
  }

  Result<Node> negation_or_less() {
    if (accept("!")) {
      auto operand = not_rule();
      if (!operand) return operand;
      Node node = made(Kind::negation);
      node.children.push_back(std::move(*operand));
      return node;
    }
    if (!accept("(")) return comparison();
    auto inner = or_rule();
    if (inner && !accept(")")) return expected(")");
    return inner;
  }

  Result<Node> comparison() {
    auto left = term();
    if (!left) return left;
    Node node = made(Kind::comparison);
    if (!accept_operator(node.op)) return expected("==, !=, <, <=, > or >=");
    auto right = term();
    if (!right) return right;
    node.children.push_back(std::move(*left));
    node.children.push_back(std::move(*right));
    return node;
  }

  Result<Node> term() {
    skip_space();
    if (rest_is("\"") || rest_is("'")) return quoted_literal();
    const std::string_view word = front(is_word_character);
    if (word.empty()) return expected("value, old_value, quality or a literal, as in value > 3");
    at_ += word.size();
    if (is_word(word)) return next_is("(") ? function(word) : unquoted_literal(word);
    return reference(word);
  }

  // Within abs() a '-' separates terms, so numbers and references end before it.
  Result<Node> term_within_abs() {
    skip_space();
    if (const std::size_t length = number_length(text_.substr(at_))) {
      const std::string_view number = text_.substr(at_, length);
      at_ += length;
      return unquoted_literal(number);
    }
    const std::string_view word = front([](char c) { return c != '-' && is_word_character(c); });
    if (word.empty()) return expected("value, old_value or a number");
    at_ += word.size();
    if (!is_word(word)) return reference(word);
    if (next_is("(")) return function(word);
    at_ -= word.size();
    return expected("value, old_value or a number");
  }

  Result<Node> reference(std::string_view word) {
    const std::string_view name = word.substr(0, word.find('.'));
    if (word == "quality") return made(Kind::state_quality);
    if (name == "quality") return invalid("the quality has no fields: compare it with live, stale or orphaned");
    if (name != "value" && name != "old_value") return invalid(text::quote(word) + " has to be quoted");
    Node node = made(name == "value" ? Kind::new_value : Kind::old_value);
    std::string_view fields = word.substr(name.size());
    while (!fields.empty()) {
      fields.remove_prefix(1);
      const std::string_view field = fields.substr(0, fields.find('.'));
      if (!is_field_name(field)) {
        return invalid(text::quote(word) + " is not a field path; quote it if it is a string");
      }
      node.path.emplace_back(field);
      fields.remove_prefix(field.size());
    }
    return node;
  }

  // abs(…), or a literal with its type: double(nan), bytes(00ff), message("a.Type",00ff).
  Result<Node> function(std::string_view name) {
    if (name == "abs") return absolute();
    const auto type = parse_value_type(name);
    if (!type || *type == ValueType::string) {
      return invalid(text::quote(name) + " is not a function; use abs() or a type, as in bytes(00ff)");
    }
    accept("(");
    Node node = made(Kind::literal);
    MessageBytes message;
    if (*type == ValueType::message) {
      skip_space();
      auto type_name = rest_is("\"") ? quoted_text() : expected("the message's type in quotes");
      if (!type_name) return type_name.failure();
      message.type_name = std::move(*type_name);
      if (!accept(",")) return expected(",");
    }
    skip_space();
    const std::string_view word = front(is_word_character);
    at_ += word.size();
    auto value = parse_value(word, *type == ValueType::message ? ValueType::bytes : *type);
    if (!value) return invalid(value.failure().message);
    if (*type == ValueType::message) {
      message.data = value->get_if<Bytes>()->data;
      value = Value(std::move(message));
    }
    node.literal = std::move(*value);
    if (!accept(")")) return expected(")");
    return node;
  }

  Result<Node> absolute() {
    accept("(");
    if (++nesting_ > parentheses_max) return invalid("the predicate is nested too deeply");
    Node node = made(Kind::absolute);
    auto first = term_within_abs();
    if (!first) return first;
    if (accept("-")) {
      auto second = term_within_abs();
      if (!second) return second;
      Node difference = made(Kind::difference);
      difference.children.push_back(std::move(*first));
      difference.children.push_back(std::move(*second));
      first = std::move(difference);
    }
    --nesting_;
    if (!accept(")")) return expected("- or )");
    node.children.push_back(std::move(*first));
    return node;
  }

  Result<Node> unquoted_literal(std::string_view word) {
    Node node = made(Kind::literal);
    node.literal_text = word;
    return node;
  }

  Result<Node> quoted_literal() {
    auto content = quoted_text();
    if (!content) return content.failure();
    Node node = made(Kind::literal);
    node.literal = Value(std::move(*content));
    return node;
  }

  // Accepts either kind of quotes, because a shell removes one of them. The escapes are those of JSON.
  Result<std::string> quoted_text() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_++];
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return invalid("unknown escape sequence in quoted text");
      }
    }
    if (at_ == text_.size()) return invalid("quoted text has no closing quote");
    ++at_;
    return out;
  }

  bool escape(std::string& out) {
    if (at_ == text_.size()) return false;
    constexpr std::string_view names = "\"\\/'bfnrt";
    constexpr std::string_view characters = "\"\\/'\b\f\n\r\t";
    const char name = text_[at_++];
    if (const std::size_t index = names.find(name); index != std::string_view::npos) {
      out += characters[index];
      return true;
    }
    if (name != 'u') return false;
    auto unit = utf16_unit();
    if (!unit) return false;
    if (*unit >= 0xD800 && *unit < 0xDC00) {  // the first half of a pair
      if (!rest_is("\\u")) return false;
      at_ += 2;
      const auto second = utf16_unit();
      if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
      unit = 0x10000 + ((*unit - 0xD800) << 10) + (*second - 0xDC00);
    } else if (*unit >= 0xDC00 && *unit <= 0xDFFF) {
      return false;
    }
    text::append_utf8(out, *unit);
    return true;
  }

  std::optional<char32_t> utf16_unit() {
    if (text_.size() - at_ < 4 || rest_is("0x")) return std::nullopt;
    const auto bytes = text::from_hex(text_.substr(at_, 4));
    if (!bytes) return std::nullopt;
    at_ += 4;
    return static_cast<char32_t>(static_cast<unsigned char>((*bytes)[0]) << 8 |
                                 static_cast<unsigned char>((*bytes)[1]));
  }

  bool accept_operator(Op& op) {
    for (const Op candidate : {Op::equal, Op::not_equal, Op::less_equal, Op::greater_equal, Op::less, Op::greater}) {
      if (!accept(symbol(candidate))) continue;
      op = candidate;
      return true;
    }
    return false;
  }

  Node made(Kind kind) {
    ++nodes_;
    Node node;
    node.kind = kind;
    return node;
  }

  template <class Wanted>
  std::string_view front(Wanted wanted) const {
    std::size_t end = at_;
    while (end < text_.size() && wanted(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool at_end() { return skip_space(), at_ == text_.size(); }
  bool rest_is(std::string_view symbol) const { return text_.substr(at_).starts_with(symbol); }
  bool next_is(std::string_view symbol) { return skip_space(), rest_is(symbol); }
  bool accept(std::string_view symbol) {
    if (!next_is(symbol)) return false;
    at_ += symbol.size();
    return true;
  }

  Failure expected(std::string_view what) {
    const std::string where = at_end() ? "at its end" : "before " + text::quote(text_.substr(at_));
    return invalid("the predicate " + text::quote(text_) + " needs " + std::string(what) + " " + where);
  }

  std::string_view text_;
  std::size_t nodes_max_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  std::size_t nesting_ = 0;
};

}  // namespace

Result<Node> parse_text(std::string_view text, const Limits& limits) { return Parser(text, limits).whole(); }

}  // namespace hoiku::predicate
