// exchange.hpp: joins the ends of the links inside one process: a broker under a name, and its clients.
//
// Promises   Frames and endings as link.hpp promises. Queues are bounded as ZeroMQ's are. No call waits: an end that
//            found no frame, or no room, is rung when that has changed.
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
  // A client's connection. The exchange's lock guards its members.
  struct Connection {
    Doorbell::Button client;
    std::uint64_t peer = 0;          // assigned with the first frame
    std::size_t unread = 0;          // the client's frames in the inbox
    bool wants_room = false;         // the client waits for room in the inbox
    std::deque<std::string> frames;  // for the client
    bool ended = false;              // the client hears of it after it has taken the frames
  };

  struct Taken {
    std::optional<std::string> frame;
    bool ended = false;  // no frame can come any more
  };

  // Makes an exchange and registers its name. Returns nullptr if the name is taken.
  static std::shared_ptr<InprocExchange> open(const std::string& name, Doorbell::Button server,
                                              std::size_t frame_bytes_max);
  // Returns the exchange of that name, or nullptr.
  static std::shared_ptr<InprocExchange> find(const std::string& name);

  InprocExchange(std::string name, Doorbell::Button server, std::size_t frame_bytes_max)
      : name_(std::move(name)), server_(std::move(server)), frame_bytes_max_(frame_bytes_max) {}

  // ---- The broker's end
  std::optional<ServerLink::Input> take_input();
  SendResult send_down(std::uint64_t peer, const ServerLink::MakeFrame& make);
  void close();

  // ---- A client's end
  std::shared_ptr<Connection> connect(Doorbell::Button client);  // nullptr if the broker has just closed
  // sent: the frame was moved from. closed: the connection has ended.
  SendResult send_up(const std::shared_ptr<Connection>& connection, std::string& frame);
  Taken take(Connection& connection);
  void close(Connection& connection);

 private:
  void end(Connection& connection);  // for both ends; the broker hears of it after the client's frames

  const std::string name_;
  const Doorbell::Button server_;
  const std::size_t frame_bytes_max_;

  std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_peer_ = 0;
  std::deque<ServerLink::Input> inbox_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> peers_;     // connections that have not ended
  std::unordered_map<Connection*, std::weak_ptr<Connection>> unidentified_;  // connections without a frame so far
};

}  // namespace hoiku::link
