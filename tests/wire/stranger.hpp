// stranger.hpp: a peer that speaks ZMTP as badly as a test wants, on a plain socket.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/async/task.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::wire_tests {

// Returns as many whole pieces as have at least so many bytes together.
std::string repeated(const std::string& piece, std::size_t bytes);

// An honest client's first words: its greeting, and READY.
std::string client_beginning();
// The same of a broker.
std::string broker_beginning();
// A whole message of one part.
std::string message_of(std::string_view body);
// The header of a message of so many bytes.
std::string announcement_of(std::size_t body_bytes);
// Greeting and READY of a client that claims a routing id.
std::string client_beginning_with_id(const std::string& id);
// The first frame of a client, whose token has that byte everywhere. Its session expires as soon as the broker allows.
std::string hello_of(std::uint8_t token);
// A frame of that client's, with one command. Each of its frames has the next number.
std::string command_frame(std::uint64_t number, proto::Command command);

class Stranger {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  // Takes a connection that a false broker has accepted.
  explicit Stranger(Socket socket);
  // Connects to tcp://ADDRESS:PORT or ipc://PATH.
  static Task<Stranger> connect(std::string endpoint);

  // Returns false if the other end has closed the connection: not all bytes have left.
  Task<bool> say(std::string bytes);
  // Says what it says byte by byte; all other tasks of the loop have a turn after each.
  Task<bool> say_slowly(std::string bytes);
  // Reads until the other end ends the connection. Returns what it said.
  Task<std::string> rest();
  // Reads until so many bytes have come, or the end. Returns what came.
  Task<std::string> hear(std::size_t bytes);
  // Tells the other end that nothing follows.
  void end_speech();
  // Ends the connection by a reset, as a process does that is killed before it has read everything.
  void reset();

 private:
  Socket socket_;
};

// Connects so many, each of which says the words.
Task<std::vector<Stranger>> crowd(std::string endpoint, std::size_t count, std::string words);
// Waits until the other end has closed all of them.
Task<> expect_all_closed(std::vector<Stranger>& strangers);
// Runs so many lives at once, until all have ended.
Task<> at_once(int count, const std::function<Task<>()>& life);

// Returns the number of descriptors of this process, or of the process with that id.
std::size_t open_descriptors(int process = 0);
// Allows this process as many descriptors as it may have. Returns their number.
std::size_t allow_many_descriptors();

}  // namespace hoiku::wire_tests
