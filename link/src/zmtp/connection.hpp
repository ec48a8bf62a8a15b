// connection.hpp: one ZMTP connection on a socket of the loop: it reads, answers PINGs, and writes what its owner
// queues.
//
// Promises   Bytes that wait are bounded in both directions: it stops reading while messages that take
//            received_bytes_max bytes wait for the owner, and has_room() is false while queued_bytes_max bytes wait for
//            the peer. One event reads at most read_bytes_a_turn, and 2 KiB until the first message is whole. What was
//            queued before a flush() leaves in one write if the socket takes it; frames are moved, not copied. It ends
//            by itself after an error of the socket or of the peer, and when check() finds it overdue.
// Thread     the loop's.
// Owner      the link, which keeps it by a shared_ptr and calls close() before it forgets it. Handlers that the loop
//            still holds keep it alive.
#pragma once

#include <array>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hoiku/async/time.hpp"
#include "link/src/zmtp/conversation.hpp"
#include "link/src/zmtp/stream_address.hpp"
#include "link/src/zmtp/time_limits.hpp"

namespace hoiku::link::zmtp {

inline constexpr std::size_t received_bytes_max = 65'536;
inline constexpr std::size_t queued_bytes_max = 262'144;
inline constexpr std::size_t read_bytes_a_turn = 65'536;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  class Owner {
   public:
    // There may be something new: the handshake is done, messages have come, or the connection has ended.
    virtual void on_news(Connection& connection) = 0;
    // A connection that had no room has room again.
    virtual void on_room(Connection& connection) = 0;
    // A part of its first message has come: held_bytes() may have grown. The owner may call end().
    virtual void on_part(Connection&) {}

   protected:
    ~Owner() = default;
  };

  Connection(StreamSocket socket, Conversation conversation, const TimeLimits& limits, Owner& owner);

  // Sends this end's greeting, and begins to read.
  void start();
  // Sends what is queued, then ends the connection. What the peer has sent is ignored from now on.
  void leave();
  // Ends the connection, for that reason. The owner hears of it.
  void end(std::string reason);
  // Closes the socket at once. The owner hears nothing more.
  void close() noexcept;
  // Sends what is queued as far as the socket takes it now. Returns true if nothing is left to be sent.
  bool finish();
  int native_handle() { return socket_.native_handle(); }

  bool is_open() const noexcept { return conversation_.is_open() && !has_ended_; }
  bool has_ended() const noexcept { return has_ended_; }
  // Returns true if this end has ended it, not the peer.
  bool was_cut() const noexcept { return has_ended_ && !has_peer_closed_; }
  // Returns why it has ended: a part of a sentence. Its subject is "it", the peer.
  const std::string& reason() const noexcept { return reason_; }

  // Returns the next message, also after the end, or nothing.
  std::optional<std::string> next_message();
  bool has_room() const noexcept { return queued_bytes_ < queued_bytes_max; }
  // Queues a frame for the next flush().
  void queue(std::string frame);
  void flush();
  // Returns how many bytes of memory an unfinished frame of the peer takes.
  std::size_t held_bytes() const noexcept { return conversation_.held_bytes(); }

  // Ends the connection if the peer is overdue, and sends a PING if it is silent. Returns when to check again.
  TimePoint check(TimePoint now);

 private:
  struct Queued {
    std::array<char, frame_header_bytes_max> header{};
    std::size_t header_bytes = 0;  // 0: the body is whole frames already
    std::string body;
    std::size_t size() const noexcept { return header_bytes + body.size(); }
  };

  void read();
  void received(std::size_t size);
  void end_after_peer();
  void read_at_once();
  bool write();  // false: the socket takes no more now
  void drop_written(std::size_t size);
  void wait_until_writable();
  void say_last();
  std::optional<std::string> overdue(TimePoint now) const;
  bool wants_ping(TimePoint now, Duration silence) const noexcept;
  void ping(TimePoint now);

  StreamSocket socket_;
  Conversation conversation_;
  const TimeLimits limits_;
  Owner* owner_;
  std::string reason_;
  bool has_ended_ = false;
  bool has_peer_closed_ = false;
  bool is_reading_ = false;
  bool is_waiting_to_write_ = false;
  bool has_received_message_ = false;
  bool is_leaving_ = false;

  std::deque<Queued> queue_;
  std::size_t queued_bytes_ = 0;  // without those of the first that are written
  std::size_t written_of_first_ = 0;

  const TimePoint started_;
  TimePoint opened_ = never;
  TimePoint heard_;
  TimePoint pinged_;
  TimePoint blocked_since_ = never;
  TimePoint leaving_since_ = never;  // all is sent, and the peer was told so
  // Small, since each idle connection has one. What does not fit is read into a buffer that a thread's connections
  // share.
  std::array<char, 2048> first_bytes_;
};

}  // namespace hoiku::link::zmtp
