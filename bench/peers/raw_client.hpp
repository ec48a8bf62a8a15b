// raw_client.hpp: a writer and a reader of a protocol that is spoken on one socket, for the peers without a library.
#pragma once

#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/peers/peer.hpp"
#include "bench/peers/socket.hpp"

namespace hoiku::bench {

inline constexpr std::string_view crlf = "\r\n";

// Throws if the text is not a number.
inline std::size_t number_in(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("not a number: " + std::string(text));
  return number;
}

// Collects messages, and sends them in pieces of 32 KiB, or each at once.
class RawWriter : public Writer {
 public:
  RawWriter(std::uint16_t port, const WriterOptions& options) : socket_(port), options_(options) {}
  ~RawWriter() override { socket_.finish(); }

  void publish(std::string_view topic, std::string_view value) final {
    append(out_, topic, value);
    if (options_.at_once || out_.size() >= piece_bytes) flush();
  }
  void flush() final {
    socket_.send(out_);
    out_.clear();
    if (!options_.acknowledged) socket_.discard_input();
  }
  std::size_t await_acknowledgements() final {
    std::size_t count = 0;
    while (count == 0) {
      socket_.receive_more();
      for (;;) {
        const std::size_t size = parse(socket_.unread(), count);
        if (size == 0) break;
        socket_.consume(size);
      }
    }
    return count;
  }

 protected:
  // Appends the message that publishes a value.
  virtual void append(std::string& out, std::string_view topic, std::string_view value) = 0;
  // Reads one answer, and counts what it acknowledges. Returns its size; 0 if it has not arrived as a whole.
  virtual std::size_t parse(std::string_view input, std::size_t& acknowledged) = 0;

  Socket& socket() { return socket_; }
  const WriterOptions& options() const { return options_; }

 private:
  static constexpr std::size_t piece_bytes = std::size_t{32} << 10;
  Socket socket_;
  WriterOptions options_;
  std::string out_;
};

class RawReader : public Reader {
 public:
  explicit RawReader(std::uint16_t port) : socket_(port) {}

  int descriptor() const final { return socket_.descriptor(); }
  void receive(const Take& take) final {
    socket_.receive_more();
    for (;;) {
      const std::size_t size = parse(socket_.unread(), take);
      if (size == 0) return;
      socket_.consume(size);
    }
  }

 protected:
  // Reads one message, and takes its value. Returns its size; 0 if it has not arrived as a whole.
  virtual std::size_t parse(std::string_view input, const Take& take) = 0;

  Socket& socket() { return socket_; }
  // Receives until so many answers to the subscription were parsed: `answers_` counts them.
  void await_answers(std::size_t count, const Take& take) {
    while (answers_ < count) receive(take);
  }
  std::size_t answers_ = 0;

 private:
  Socket socket_;
};

}  // namespace hoiku::bench
