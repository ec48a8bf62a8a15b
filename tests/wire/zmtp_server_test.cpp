// A broker's end of our own link, beside peers that speak ZMTP badly, slowly or not at all: each is dropped, and harms
// no other.
#include <gmock/gmock.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "hoiku/async/asio.hpp"
#include "hoiku/async/sleep.hpp"
#include "link/src/zmtp/command.hpp"
#include "link/src/zmtp/frame_header.hpp"
#include "link/src/zmtp/greeting.hpp"
#include "link/src/zmtp/link.hpp"
#include "link/src/zmtp/stream_address.hpp"
#include "stranger.hpp"
#include "wire.hpp"

namespace hoiku::wire_tests {
namespace {

namespace asio = boost::asio;
namespace zmtp = link::zmtp;
using asio::ip::tcp;
using Input = link::ServerLink::Input;

constexpr std::size_t frame_bytes_max = 100'000;
// The peers of these tests have nothing to wait for.
constexpr zmtp::TimeLimits soon{
    .handshake = 40ms, .first_frame = 40ms, .ping_after = 20ms, .silence = 80ms, .blocked = 40ms};
constexpr zmtp::TimeLimits late{.handshake = 1h, .first_frame = 1h, .ping_after = 1h, .silence = 1h, .blocked = 1h};

class ZmtpServer : public testing::Test {
 protected:
  void listen(const zmtp::TimeLimits& limits = late) {
    server_ = link::make_zmtp_server_link({"tcp://127.0.0.1:*"}, {.frame_bytes_max = frame_bytes_max},
                                          std::make_shared<Signal>(), limits);
  }

  tcp::endpoint door() const { return {asio::ip::address_v4::loopback(), port_of(server_->endpoints().at(0))}; }

  // Connects, and sends `bytes`.
  Task<tcp::socket> stranger(std::string bytes) {
    tcp::socket socket(current_io_context());
    co_await socket.async_connect(door(), use_task);
    co_await asio::async_write(socket, asio::buffer(bytes), use_task);
    co_return std::move(socket);
  }

  // Reads until the server ends the connection. Returns what it said.
  static Task<std::string> rest_of(tcp::socket& socket) {
    std::string all;
    std::string piece(1000, '\0');
    for (;;) {
      const auto [error, size] = co_await socket.async_read_some(asio::buffer(piece), asio::as_tuple(use_task));
      all.append(piece, 0, size);
      if (error) co_return all;
    }
  }

  // Returns what a server says to a stranger until it ends the connection.
  std::string farewell_to(const std::string& bytes, const zmtp::TimeLimits& limits = late) {
    std::string all;
    run_within_patience([&]() -> Task<> {
      listen(limits);
      tcp::socket socket = co_await stranger(bytes);
      all = co_await rest_of(socket);
      EXPECT_FALSE(server_->try_receive()) << "the broker hears of a peer that never spoke";
      server_.reset();
    });
    return all;
  }

  // Waits until the broker is told that `peer` has disconnected.
  Task<> expect_disconnect(std::uint64_t peer) {
    const Input input = co_await server_->receive();
    EXPECT_EQ(input.peer, peer);
    EXPECT_FALSE(input.frame);
  }

  std::unique_ptr<link::ServerLink> server_;
};

TEST_F(ZmtpServer, StrangersGetAGreetingAndTheEnd) {
  for (const char* words : {"GET / HTTP/1.1\r\nHost: robot\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "\x16\x03\x01"})
    EXPECT_THAT(farewell_to(words), testing::StartsWith("\xFF"));
  EXPECT_EQ(farewell_to(std::string("\x01\x00", 2)).size(), zmtp::greeting_bytes);
}

TEST_F(ZmtpServer, TheOperatorIsToldOfStrangersAndOfPeersThatWereCutOff) {
  using Note = link::ServerLink::Note;
  run_within_patience([&]() -> Task<> {
    listen();
    tcp::socket stranger_socket = co_await stranger("GET / HTTP/1.1\r\nHost: robot\r\n\r\n");
    const std::string address = zmtp::address_text(stranger_socket.local_endpoint());
    co_await rest_of(stranger_socket);
    EXPECT_FALSE(server_->try_receive());
    const std::vector<Note> strangers = server_->take_notes();
    EXPECT_EQ(strangers.size(), 1U);
    EXPECT_EQ(strangers.at(0).kind, Note::Kind::stranger_refused);
    EXPECT_EQ(strangers.at(0).address, address);
    EXPECT_THAT(strangers.at(0).reason, testing::HasSubstr("HTTP"));

    tcp::socket peer = co_await stranger(client_beginning() + message_of("hello"));
    const Input hello = co_await server_->receive();
    EXPECT_EQ(server_->address_of(hello.peer), zmtp::address_text(peer.local_endpoint()));
    co_await asio::async_write(peer, asio::buffer(std::string("\x03")), use_task);  // the header of a second part
    co_await asio::async_write(peer, asio::buffer(std::string("\x01x")), use_task);
    co_await expect_disconnect(hello.peer);
    const std::vector<Note> peers = server_->take_notes();
    EXPECT_EQ(peers.size(), 1U);
    EXPECT_EQ(peers.at(0).kind, Note::Kind::connection_cut);
    EXPECT_EQ(server_->address_of(hello.peer), "");

    // A peer that leaves by itself, as a health check does, is no news.
    { const tcp::socket check = co_await stranger(""); }
    tcp::socket next = co_await stranger(client_beginning() + message_of("hello"));
    co_await server_->receive();
    EXPECT_TRUE(server_->take_notes().empty());
    server_.reset();
  });
}

TEST_F(ZmtpServer, WithoutDescriptorsItClosesWhatItCannotTakeAndSaysSoOnce) {
  if (!Shortage::is_possible) GTEST_SKIP() << "the sanitizer needs descriptors";
  run_within_patience([&]() -> Task<> {
    listen();
    std::vector<tcp::socket> sockets;
    for (int i = 0; i < 3; ++i) sockets.emplace_back(current_io_context(), tcp::v4());
    {
      const Shortage shortage;
      for (tcp::socket& socket : sockets) {
        co_await socket.async_connect(door(), use_task);
        const std::string said = co_await rest_of(socket);
        EXPECT_EQ(said, "");
      }
    }
    const auto notes = server_->take_notes();
    EXPECT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes.at(0).kind, link::ServerLink::Note::Kind::out_of_descriptors);
    EXPECT_THAT(notes.at(0).reason, testing::HasSubstr("new connections are closed"));
    tcp::socket peer = co_await stranger(client_beginning() + message_of("hello"));
    const Input hello = co_await server_->receive();
    EXPECT_EQ(hello.frame, "hello");
    server_.reset();
  });
}

TEST_F(ZmtpServer, AnotherSocketTypeIsToldWhy) {
  std::string data;
  zmtp::append_property(data, "Socket-Type", "SUB");
  EXPECT_THAT(farewell_to(zmtp::write_greeting({"NULL", false}) + zmtp::write_command("READY", data)),
              testing::HasSubstr("DEALER-is-wanted"));
}

TEST_F(ZmtpServer, APeerThatDoesNotSpeakIsDropped) {
  farewell_to("", soon);
  farewell_to(client_beginning().substr(0, 40), soon);
  farewell_to(zmtp::write_greeting({"NULL", false}), soon);
  farewell_to(client_beginning(), soon);  // and never sends a frame
}

TEST_F(ZmtpServer, APeerThatBecomesSilentIsAskedAndDropped) {
  run_within_patience([&]() -> Task<> {
    auto limits = late;
    limits.ping_after = 20ms;
    limits.silence = 500ms;
    listen(limits);
    tcp::socket socket = co_await stranger(client_beginning() + message_of("hello"));
    const Input hello = co_await server_->receive();
    EXPECT_EQ(hello.frame, "hello");
    const std::string all = co_await rest_of(socket);
    EXPECT_THAT(all, testing::HasSubstr("PING"));
    co_await expect_disconnect(hello.peer);
    server_.reset();
  });
}

TEST_F(ZmtpServer, APeerThatTakesNothingIsDropped) {
  run_within_patience([&]() -> Task<> {
    auto limits = late;
    limits.blocked = 40ms;
    listen(limits);
    tcp::socket socket = co_await stranger(client_beginning() + message_of("hello"));
    const Input hello = co_await server_->receive();
    while (server_->try_send(hello.peer, std::string(frame_bytes_max, 'x')) == link::SendResult::sent) {
    }
    co_await expect_disconnect(hello.peer);
    EXPECT_EQ(server_->try_send(hello.peer, "late"), link::SendResult::closed);
    server_.reset();
  });
}

TEST_F(ZmtpServer, WhatIsWrongEndsTheConnectionAfterTheFramesBefore) {
  std::string too_large;
  append_frame_header(too_large, zmtp::FrameKind::message, frame_bytes_max + 1);
  for (const std::string& wrong :
       {std::string("\x01\x01x", 3), too_large, std::string("\x04\x05\x04PING", 7), std::string("\x80", 1)}) {
    run_within_patience([&]() -> Task<> {
      listen();
      tcp::socket socket = co_await stranger(client_beginning() + message_of("hello") + wrong + message_of("ignored"));
      const Input hello = co_await server_->receive();
      EXPECT_EQ(hello.frame, "hello");
      co_await expect_disconnect(hello.peer);
      co_await rest_of(socket);
      server_.reset();
    });
  }
}

TEST_F(ZmtpServer, APeerThatIsDroppedHearsTheLastWordAndNobodyHearsIt) {
  run_within_patience([&]() -> Task<> {
    listen();
    tcp::socket socket = co_await stranger(client_beginning() + message_of("hello") + message_of("ignored"));
    const Input hello = co_await server_->receive();
    EXPECT_EQ(server_->try_send(hello.peer, "you are refused"), link::SendResult::sent);
    server_->drop(hello.peer);
    const std::string heard = co_await rest_of(socket);
    EXPECT_THAT(heard, testing::EndsWith("you are refused"));
    const std::string more = message_of("ignored, too");
    co_await asio::async_write(socket, asio::buffer(more), use_task);
    socket.close();
    co_await expect_disconnect(hello.peer);
    server_.reset();
  });
}

TEST_F(ZmtpServer, APeerThatIsDroppedAndStaysIsClosed) {
  run_within_patience([&]() -> Task<> {
    auto limits = late;
    limits.handshake = 500ms;
    listen(limits);
    tcp::socket socket = co_await stranger(client_beginning() + message_of("hello"));
    const Input hello = co_await server_->receive();
    server_->drop(hello.peer);
    co_await expect_disconnect(hello.peer);
    server_.reset();
  });
}

TEST_F(ZmtpServer, UnfinishedFirstFramesTakeALimitedMemory) {
  run_within_patience([&]() -> Task<> {
    server_ = link::make_zmtp_server_link({"tcp://127.0.0.1:*"}, {.frame_bytes_max = 4'000'000},
                                          std::make_shared<Signal>(), late);
    std::string most;
    append_frame_header(most, zmtp::FrameKind::message, 4'000'000);
    most += std::string(3'000'000, 'x');
    std::vector<tcp::socket> strangers;
    for (int i = 0; i < 5; ++i) strangers.push_back(co_await stranger(client_beginning()));
    // A stranger is cut off in the middle, so writing may fail.
    for (tcp::socket& socket : strangers)
      co_await asio::async_write(socket, asio::buffer(most), asio::as_tuple(use_task));
    const std::string heard = co_await rest_of(strangers.back());
    EXPECT_FALSE(heard.empty());
    // An honest client is not disturbed.
    tcp::socket client = co_await stranger(client_beginning() + message_of("hello"));
    const Input hello = co_await server_->receive();
    EXPECT_EQ(hello.frame, "hello");
    server_.reset();
  });
}

TEST_F(ZmtpServer, AFloodOfPingsIsAnsweredAsFastAsItIsRead) {
  run_within_patience([&]() -> Task<> {
    listen();
    std::string pings;
    for (int i = 0; i < 20'000; ++i) pings += zmtp::write_command("PING", std::string(2, '\0') + "context");
    tcp::socket socket = co_await stranger(client_beginning() + message_of("hello") + pings + message_of("end"));
    const Input hello = co_await server_->receive();
    const Input end = co_await server_->receive();
    EXPECT_EQ(end.frame, "end");
    EXPECT_EQ(hello.peer, end.peer);
    server_.reset();
  });
}

TEST_F(ZmtpServer, ALoudPeerLeavesRoomForAQuietOne) {
  run_within_patience([&]() -> Task<> {
    listen();
    std::string flood = client_beginning();
    for (int i = 0; i < 10'000; ++i) flood += message_of("loud");
    tcp::socket loud = co_await stranger(flood);
    const Input first = co_await server_->receive();  // the rest has arrived with it
    EXPECT_EQ(first.frame, "loud");
    tcp::socket quiet = co_await stranger(client_beginning() + message_of("quiet"));
    int before = 0;
    for (Input input = first; input.frame != "quiet"; ++before) {
      co_await checkpoint();  // as a broker does after each turn: the quiet one's frame is read meanwhile
      input = co_await server_->receive();
    }
    EXPECT_LT(before, 5000) << "the quiet peer waits for the loud one";
    server_.reset();
  });
}

}  // namespace
}  // namespace hoiku::wire_tests
