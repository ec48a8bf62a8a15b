#include "link/src/zmtp/conversation.hpp"

#include <utility>

#include <fmt/core.h>

#include "hoiku/proto/text.hpp"

namespace hoiku::link::zmtp {
namespace {

constexpr std::size_t ping_ttl_bytes = 2;
constexpr std::size_t ping_context_bytes_max = 16;
constexpr std::size_t error_reason_bytes_max = 255;

// An empty message takes memory too.
std::size_t memory_of(const std::string& message) noexcept { return sizeof(message) + message.size(); }

std::string_view take_front(std::string_view& bytes, std::size_t count) {
  const std::string_view front = bytes.substr(0, count);
  bytes.remove_prefix(front.size());
  return front;
}

// Returns the data of an ERROR. ZMTP's alphabet for the reason has no space.
std::string error_reason(std::string_view message) {
  message = message.substr(0, error_reason_bytes_max);
  std::string data(1, static_cast<char>(message.size()));
  for (const char c : message) data += c == ' ' ? '-' : c > ' ' && c <= '~' ? c : '?';
  return data;
}

}  // namespace

Conversation::Conversation(std::unique_ptr<Mechanism> mechanism, std::size_t message_bytes_max)
    : mechanism_(std::move(mechanism)),
      message_bytes_max_(message_bytes_max),
      output_(write_greeting(Greeting{std::string(mechanism_->name()), mechanism_->is_server()})) {}

void Conversation::take(std::string_view bytes) {
  while (!bytes.empty() && stage_ != Stage::failed) {
    if (stage_ == Stage::greeting)
      take_greeting(bytes);
    else if (!header_)
      take_header(bytes);
    else
      take_body(bytes);
  }
}

void Conversation::take_greeting(std::string_view& bytes) {
  partial_ += take_front(bytes, greeting_bytes - partial_.size());
  const auto greeting = read_greeting(partial_);
  if (!greeting) return fail(greeting.failure());
  if (!*greeting) return;
  partial_.clear();
  if ((*greeting)->mechanism != mechanism_->name())
    return fail(fmt::format("it wants the mechanism {}; {} is wanted", text::quote((*greeting)->mechanism),
                            mechanism_->name()));
  stage_ = Stage::handshake;
  speak();
}

void Conversation::take_header(std::string_view& bytes) {
  const std::size_t before = partial_.size();
  const std::string_view more = bytes.substr(0, frame_header_bytes_max - before);
  partial_ += more;
  const auto header = read_frame_header(partial_);
  if (!header) return fail(header.failure());
  if (!*header) return bytes.remove_prefix(more.size());
  bytes.remove_prefix((*header)->header_bytes - before);
  partial_.clear();

  const bool is_message = (*header)->kind == FrameKind::message;
  if (is_message && stage_ != Stage::open) return fail("it sends a message before the handshake is done");
  const std::size_t limit = is_message ? message_bytes_max_ : command_bytes_max;
  if ((*header)->body_bytes > limit)
    return fail(fmt::format("it sends a {} of {} bytes; {} are allowed", is_message ? "frame" : "command",
                            (*header)->body_bytes, limit));
  header_ = **header;
  if (header_->body_bytes == 0) finish_body({});
}

void Conversation::take_body(std::string_view& bytes) {
  const auto whole = static_cast<std::size_t>(header_->body_bytes);
  const std::string_view more = take_front(bytes, whole - partial_.size());
  if (more.size() == whole) return finish_body(std::string(more));
  partial_ += more;
  if (partial_.size() == whole) finish_body(std::exchange(partial_, {}));
}

void Conversation::finish_body(std::string body) {
  const FrameKind kind = header_->kind;
  header_.reset();
  if (kind == FrameKind::command) return take_command(body);
  message_bytes_ += memory_of(body);
  messages_.push_back(std::move(body));
}

void Conversation::take_command(std::string_view body) {
  const auto command = read_command(body);
  if (!command) return fail("it sends a command without a name");
  if (stage_ == Stage::handshake)
    take_handshake(*command);
  else
    take_traffic(*command);
}

void Conversation::take_handshake(const Command& command) {
  const Result<> taken = mechanism_->take(command);
  if (!taken) {
    if (mechanism_->is_server()) output_ += write_command("ERROR", error_reason(taken.failure().message));
    return fail(taken.failure());
  }
  speak();
  if (mechanism_->is_complete()) stage_ = Stage::open;
}

void Conversation::take_traffic(const Command& command) {
  if (command.name == "PING" && command.data.size() >= ping_ttl_bytes &&
      command.data.size() <= ping_ttl_bytes + ping_context_bytes_max) {
    pong_context_ = command.data.substr(ping_ttl_bytes);
  } else if (command.name != "PONG" || command.data.size() > ping_context_bytes_max) {
    fail(fmt::format("it sends a command {} of {} bytes, which is not a PING or PONG of ZMTP 3.1",
                     text::quote(command.name), command.data.size()));
  }
}

std::optional<std::string> Conversation::next_message() {
  if (messages_.empty()) return {};
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  message_bytes_ -= memory_of(message);
  return message;
}

void Conversation::discard_messages() noexcept {
  messages_.clear();
  message_bytes_ = 0;
}

std::string Conversation::take_output() {
  if (pong_context_) output_ += write_command("PONG", *std::exchange(pong_context_, {}));
  return std::exchange(output_, {});
}

void Conversation::ping() { output_ += write_command("PING", std::string(ping_ttl_bytes, '\0')); }

void Conversation::speak() {
  while (std::optional<std::string> frame = mechanism_->next_frame()) output_ += *frame;
}

void Conversation::fail(Failure failure) {
  stage_ = Stage::failed;
  failure_ = std::move(failure);
  partial_ = {};
  header_.reset();
  pong_context_.reset();
}

void Conversation::fail(std::string message) { fail(Failure{ErrorCode::protocol_violation, std::move(message)}); }

}  // namespace hoiku::link::zmtp
