// conversation_pair.hpp: helpers of the tests of ZMTP's conversations.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "link/src/zmtp/conversation.hpp"
#include "link/src/zmtp/null_mechanism.hpp"

namespace hoiku::link::zmtp {

inline constexpr std::size_t message_limit = 1000;

inline Conversation conversation_of(Role role, std::size_t message_bytes_max = message_limit) {
  return {make_null_mechanism(role), message_bytes_max};
}

inline std::string frame_of(std::string_view body, FrameKind kind = FrameKind::message) {
  std::string frame;
  append_frame_header(frame, kind, body.size());
  frame += body;
  return frame;
}

// Returns what a client says until messages may follow.
inline std::string client_beginning() {
  return write_greeting(Greeting{"NULL", false}) + make_null_mechanism(Role::client)->next_frame().value();
}

inline std::vector<std::string> messages_of(Conversation& conversation) {
  std::vector<std::string> messages;
  while (auto message = conversation.next_message()) messages.push_back(std::move(*message));
  return messages;
}

// Returns a broker's conversation with a client that has done its handshake, and whose answers were taken.
inline Conversation open_conversation(std::size_t message_bytes_max = message_limit) {
  Conversation conversation = conversation_of(Role::server, message_bytes_max);
  conversation.take(client_beginning());
  conversation.take_output();
  return conversation;
}

}  // namespace hoiku::link::zmtp
