// socket.hpp: a blocking TCP connection to this machine, with buffered input, for the peers' clients.
//
// Errors     what fails throws std::runtime_error; a connection that the server closes counts as failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hoiku::bench {

class Socket {
 public:
  // Connects to 127.0.0.1. Sends at once what it is given (TCP_NODELAY).
  explicit Socket(std::uint16_t port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }
  void send(std::string_view bytes);
  // Waits for input and receives what is there.
  void receive_more();
  // The bytes that were received and not consumed. Valid until the next call that receives.
  std::string_view unread() const { return std::string_view(input_).substr(taken_); }
  void consume(std::size_t count) { taken_ += count; }
  // Waits for the next line and consumes it. Returns it without its CR LF; valid until the next call that receives.
  std::string_view take_line();
  // Discards all that has arrived, without waiting.
  void discard_input();
  // Sends nothing more, and waits until the server has read all and closes the connection: a socket that is closed with
  // unread input resets the connection, and what the server has not read yet is lost.
  void finish();

 private:
  int descriptor_;
  std::string input_;
  std::size_t taken_ = 0;  // bytes of input_
};

}  // namespace hoiku::bench
