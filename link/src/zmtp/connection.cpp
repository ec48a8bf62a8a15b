#include "link/src/zmtp/connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <span>
#include <utility>

namespace hoiku::link::zmtp {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Asio gives the kernel at most so many pieces in one write.
constexpr std::size_t pieces_max = 64;
// One read() may bring 8,192 empty messages, which keep the loop for a quarter of a millisecond.
constexpr std::size_t shared_buffer_bytes = 16'384;

std::span<char> shared_buffer() {
  thread_local const std::unique_ptr<char[]> bytes = std::make_unique<char[]>(shared_buffer_bytes);
  return {bytes.get(), shared_buffer_bytes};
}

bool would_block(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

}  // namespace

Connection::Connection(StreamSocket socket, Conversation conversation, const TimeLimits& limits, Owner& owner)
    : socket_(std::move(socket)),
      conversation_(std::move(conversation)),
      limits_(limits),
      owner_(&owner),
      started_(now()),
      heard_(started_),
      pinged_(started_) {}

void Connection::start() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);  // a Unix socket has no such option
  flush();
  if (!has_ended_) read();
}

void Connection::close() noexcept {
  owner_ = nullptr;
  has_ended_ = true;
  error_code ignored;
  socket_.close(ignored);
}

// ---- Input

std::optional<std::string> Connection::next_message() {
  std::optional<std::string> message = conversation_.next_message();
  if (message && !is_reading_ && !has_ended_) {
    heard_ = now();  // it was not listened to before
    read();
  }
  return message;
}

void Connection::read() {
  if (conversation_.message_bytes() >= received_bytes_max) return;
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(first_bytes_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->is_reading_ = false;
                            if (self->has_ended_) return;
                            if (error) return self->end_after_peer();
                            self->received(size);
                          });
}

void Connection::received(std::size_t size) {
  if (is_leaving_) return read();
  const bool was_open = conversation_.is_open();
  heard_ = now();
  conversation_.take({first_bytes_.data(), size});
  // A first message is short, if it is honest: whoever sends more waits for its turn again and again.
  if (size == first_bytes_.size() && has_received_message_) read_at_once();
  if (!was_open && conversation_.is_open()) opened_ = heard_;
  if (conversation_.has_message()) has_received_message_ = true;
  if (conversation_.has_output()) flush();
  if (has_ended_) return;
  if (conversation_.failure()) return end(conversation_.failure()->message);
  if (!has_received_message_ && owner_) owner_->on_part(*this);
  if (has_ended_) return;
  read();
  const bool has_news = conversation_.has_message() || conversation_.is_open() != was_open;
  if (owner_ && has_news) owner_->on_news(*this);
}

// Reads what is there beyond the first bytes. The end of the stream is left to the next asynchronous read.
void Connection::read_at_once() {
  const std::span<char> buffer = shared_buffer();
  for (std::size_t left = read_bytes_a_turn; left > 0 && !conversation_.failure();) {
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(buffer.data(), std::min(buffer.size(), left)), error);
    if (error) return;
    conversation_.take({buffer.data(), size});
    if (size < buffer.size() || conversation_.message_bytes() >= received_bytes_max) return;
    left -= std::min(left, size);
  }
}

// ---- Output

void Connection::queue(std::string frame) {
  Queued queued;
  std::string header;
  append_frame_header(header, FrameKind::message, frame.size());
  std::copy(header.begin(), header.end(), queued.header.begin());
  queued.header_bytes = header.size();
  queued.body = std::move(frame);
  queued_bytes_ += queued.size();
  queue_.push_back(std::move(queued));
}

void Connection::flush() {
  if (has_ended_) return;
  const TimePoint present = now();
  // A PING that is due soon travels with what leaves anyway: it costs the peer no turn of its own.
  if (!queue_.empty() && wants_ping(present, limits_.ping_after / 2)) ping(present);
  if (conversation_.has_output() && has_room()) {
    queue_.push_back(Queued{{}, 0, conversation_.take_output()});
    queued_bytes_ += queue_.back().size();
  }
  if (!is_waiting_to_write_ && !write()) wait_until_writable();
  if (is_leaving_ && queue_.empty()) say_last();
}

void Connection::leave() {
  if (has_ended_ || is_leaving_) return;
  is_leaving_ = true;
  conversation_.discard_messages();
  if (!is_reading_) read();
  flush();
}

// Tells the peer that nothing follows. The end comes when read() hears the peer's own: if the socket were closed before
// the peer has read, what is on the way could be lost.
void Connection::say_last() {
  if (leaving_since_ != never) return;
  leaving_since_ = now();
  error_code ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
}

bool Connection::finish() {
  if (!has_ended_) write();
  return has_ended_ || queue_.empty();
}

bool Connection::write() {
  while (!queue_.empty()) {
    std::array<asio::const_buffer, pieces_max> pieces;
    std::size_t count = 0;
    std::size_t skip = written_of_first_;
    for (auto queued = queue_.begin(); queued != queue_.end() && count + 2 <= pieces_max; ++queued) {
      const asio::const_buffer header(queued->header.data(), queued->header_bytes);
      pieces[count++] = header + skip;
      pieces[count++] = asio::buffer(queued->body) + (skip - std::min(skip, header.size()));
      skip = 0;
    }
    error_code error;
    const std::size_t written = socket_.write_some(std::span(pieces.data(), count), error);
    if (would_block(error)) return false;
    if (error) {
      // The peer has closed the connection, perhaps after a last frame: the end comes when all was read.
      queue_.clear();
      queued_bytes_ = written_of_first_ = 0;
      return true;
    }
    drop_written(written);
  }
  return true;
}

void Connection::drop_written(std::size_t size) {
  blocked_since_ = never;
  queued_bytes_ -= size;
  written_of_first_ += size;
  while (!queue_.empty() && written_of_first_ >= queue_.front().size()) {
    written_of_first_ -= queue_.front().size();
    queue_.pop_front();
  }
}

void Connection::wait_until_writable() {
  if (blocked_since_ == never) blocked_since_ = now();
  is_waiting_to_write_ = true;
  socket_.async_wait(StreamSocket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->is_waiting_to_write_ = false;
    if (self->has_ended_ || error) return;
    const bool had_room = self->has_room();
    self->flush();
    if (!had_room && self->has_room() && self->owner_) self->owner_->on_room(*self);
  });
}

// ---- Time

std::optional<std::string> Connection::overdue(TimePoint now) const {
  if (opened_ == never) {
    if (now - started_ >= limits_.handshake) return "it does not finish ZMTP's handshake";
  } else if (limits_.first_frame > Duration::zero() && !has_received_message_) {
    if (now - opened_ >= limits_.first_frame) return "it sends no first frame";
  }
  if (leaving_since_ != never && now - leaving_since_ >= limits_.handshake) return "it does not close the connection";
  if (blocked_since_ != never && now - blocked_since_ >= limits_.blocked) return "it takes nothing";
  // A connection that is not read cannot be heard.
  if (is_reading_ && now - heard_ >= limits_.silence) return "it is silent";
  return {};
}

TimePoint Connection::check(TimePoint now) {
  if (has_ended_) return never;
  if (std::optional<std::string> reason = overdue(now)) {
    end(std::move(*reason));
    return never;
  }
  if (wants_ping(now, limits_.ping_after)) {
    ping(now);
    flush();
  }
  return now + std::min({limits_.handshake, limits_.ping_after, limits_.blocked}) / 2;
}

void Connection::end_after_peer() {
  has_peer_closed_ = true;
  end("it closed the connection");
}

bool Connection::wants_ping(TimePoint now, Duration silence) const noexcept {
  return is_open() && !is_leaving_ && now - std::max(heard_, pinged_) >= silence;
}

void Connection::ping(TimePoint now) {
  pinged_ = now;
  conversation_.ping();
}

void Connection::end(std::string reason) {
  if (has_ended_) return;
  reason_ = std::move(reason);
  has_ended_ = true;
  error_code ignored;
  // An ERROR that was written before reaches the peer although it may still be sending.
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
  socket_.close(ignored);
  if (owner_) owner_->on_news(*this);
}

}  // namespace hoiku::link::zmtp
