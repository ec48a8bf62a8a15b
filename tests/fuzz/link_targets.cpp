#include <vector>

#include "link/src/zmtp/conversation.hpp"
#include "link/src/zmtp/null_mechanism.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace hoiku::fuzz {
namespace {

using link::zmtp::Conversation;
using link::zmtp::Role;

constexpr std::size_t message_bytes_max = 5000;

Conversation conversation_of(Role role) { return {make_null_mechanism(role), message_bytes_max}; }

std::vector<std::string> messages_of(Conversation& conversation) {
  std::vector<std::string> messages;
  while (auto message = conversation.next_message()) messages.push_back(std::move(*message));
  return messages;
}

}  // namespace

void zmtp(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto options = static_cast<unsigned char>(bytes[0]);
  bytes.remove_prefix(1);
  const Role role = (options & 1) != 0 ? Role::server : Role::client;
  const std::size_t piece = 1 + options / 2;

  Conversation whole = conversation_of(role);
  whole.take(bytes);
  Conversation in_pieces = conversation_of(role);
  for (std::size_t taken = 0; taken < bytes.size(); taken += piece) {
    in_pieces.take(bytes.substr(taken, piece));
    require(in_pieces.held_bytes() <= 2 * (taken + piece) + 64, "an unfinished frame takes more memory than it sent");
  }
  require(whole.failure().has_value() == in_pieces.failure().has_value(),
          "the pieces in which bytes come decide whether they are refused");
  require(whole.is_open() == in_pieces.is_open(), "the pieces in which bytes come decide about the handshake");
  if (whole.failure()) require_sentence(*whole.failure());
  require(whole.take_output().size() <= 1000, "the answer to a peer is long");

  const std::vector<std::string> messages = messages_of(whole);
  require(messages == messages_of(in_pieces), "the pieces in which bytes come change the messages");
  std::size_t sum = 0;
  for (const std::string& message : messages) {
    require(message.size() <= message_bytes_max, "a message is over the limit");
    sum += message.size();
  }
  require(sum <= bytes.size(), "there are more messages than bytes");
}

}  // namespace hoiku::fuzz
