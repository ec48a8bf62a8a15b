// conversation.hpp: one ZMTP connection, from the greeting on, without its socket: bytes of the peer in, messages and
// bytes for the peer out.
//
// Promises   pure: no clock, no input or output. Bytes may come in pieces of any size. An unfinished frame takes at
//            most twice the memory of the bytes that came. A frame that is too large, is a part of a message, or is not
//            what ZMTP wants there, is refused at its header.
// Owner      a link, which sends what take_output() returns, and drops the connection once it has failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "link/src/zmtp/frame_header.hpp"
#include "link/src/zmtp/greeting.hpp"
#include "link/src/zmtp/mechanism.hpp"

namespace hoiku::link::zmtp {

// The limit of a command's body. READY with all that peers put into it has less.
inline constexpr std::size_t command_bytes_max = 512;

class Conversation {
 public:
  // Begins with this end's greeting, which take_output() returns.
  Conversation(std::unique_ptr<Mechanism> mechanism, std::size_t message_bytes_max);

  // Takes bytes of the peer. After a failure it ignores them.
  void take(std::string_view bytes);
  // Returns the next message that has arrived whole, or nothing. The first cannot come before is_open().
  std::optional<std::string> next_message();
  void discard_messages() noexcept;
  bool has_message() const noexcept { return !messages_.empty(); }
  // Returns how many bytes of memory the messages take that next_message() has to return.
  std::size_t message_bytes() const noexcept { return message_bytes_; }
  // Returns what is to be sent to the peer, ahead of further messages, and forgets it. PINGs that came since the last
  // call get one answer: the newest's.
  std::string take_output();
  bool has_output() const noexcept { return !output_.empty() || pong_context_.has_value(); }
  // Adds a PING to the output. Requires is_open().
  void ping();

  // Returns true from the end of the handshake until the peer does something wrong.
  bool is_open() const noexcept { return stage_ == Stage::open; }
  // Returns what the peer did wrong, or nothing. Its message's subject is "it".
  const std::optional<Failure>& failure() const noexcept { return failure_; }
  // Returns how many bytes of memory an unfinished frame or greeting takes.
  std::size_t held_bytes() const noexcept { return partial_.empty() ? 0 : partial_.capacity(); }

 private:
  enum class Stage : std::uint8_t { greeting, handshake, open, failed };

  void take_greeting(std::string_view& bytes);
  void take_header(std::string_view& bytes);
  void take_body(std::string_view& bytes);
  void finish_body(std::string body);
  void take_command(std::string_view body);
  void take_handshake(const Command& command);
  void take_traffic(const Command& command);
  void speak();  // appends the mechanism's next frames to the output
  void fail(Failure failure);
  void fail(std::string message);

  std::unique_ptr<Mechanism> mechanism_;
  const std::size_t message_bytes_max_;
  Stage stage_ = Stage::greeting;
  std::optional<Failure> failure_;
  std::string partial_;                // of a greeting, a header, or the body that header_ announced
  std::optional<FrameHeader> header_;  // of the frame whose body is not whole
  std::deque<std::string> messages_;
  std::size_t message_bytes_ = 0;
  std::string output_;
  std::optional<std::string> pong_context_;
};

}  // namespace hoiku::link::zmtp
