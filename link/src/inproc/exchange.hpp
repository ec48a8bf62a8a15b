// exchange.hpp: where the ends of the links inside of one process meet: a broker under a name, and its clients.
//
// Promises   what link.hpp promises of frames and endings. Queues are bounded as ZeroMQ's are. Nothing waits here: who
//            found nothing, or no room, is rung when that has changed.
// Thread     any; each end may run on a loop of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hoiku/async/doorbell.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::link {

class InprocExchange {
 public:
  // One client's connection. It belongs to the exchange's lock; a client only holds it.
  struct Connection {
    Doorbell::Button client;
    std::uint64_t peer = 0;          // given with its first frame
    std::size_t unread = 0;          // of its frames, in the inbox
    bool wants_room = false;         // it found the inbox full, for its part
    std::deque<std::string> frames;  // for it
    bool ended = false;              // it hears so when it has taken those
  };

  struct Taken {
    std::optional<std::string> frame;
    bool ended = false;  // nothing will come any more
  };

  // Makes one known under its name, or gives nothing where that is taken.
  static std::shared_ptr<InprocExchange> open(const std::string& name, Doorbell::Button server,
                                              std::size_t frame_bytes_max);
  // The one that is known under that name, or nothing.
  static std::shared_ptr<InprocExchange> find(const std::string& name);

  InprocExchange(std::string name, Doorbell::Button server, std::size_t frame_bytes_max)
      : name_(std::move(name)), server_(std::move(server)), frame_bytes_max_(frame_bytes_max) {}

  // ---- The broker's end
  std::optional<ServerLink::Input> take_input();
  SendResult send_down(std::uint64_t peer, const ServerLink::MakeFrame& make);
  void close();

  // ---- A client's end
  std::shared_ptr<Connection> connect(Doorbell::Button client);  // nothing where the broker has just closed
  // sent: the frame was moved from. gone: the connection has ended.
  SendResult send_up(const std::shared_ptr<Connection>& connection, std::string& frame);
  Taken take(Connection& connection);
  void leave(Connection& connection);

 private:
  void end(Connection& connection);  // for both; the broker is told after what the client has sent

  const std::string name_;
  const Doorbell::Button server_;
  const std::size_t frame_bytes_max_;

  std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_peer_ = 0;
  std::deque<ServerLink::Input> inbox_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> peers_;  // those that have not ended
  std::unordered_map<Connection*, std::weak_ptr<Connection>> strangers_;  // who has not said anything yet
};

}  // namespace hoiku::link
