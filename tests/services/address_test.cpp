#include "services/address.hpp"

#include <gtest/gtest.h>

namespace hoiku::services {
namespace {

SocketAddress address(std::string host, std::uint16_t port) {
  SocketAddress made;
  made.host = std::move(host);
  made.port = port;
  return made;
}

TEST(Address, IsAHostAndAPort) {
  EXPECT_EQ(parse_address("127.0.0.1:8888"), address("127.0.0.1", 8888));
  EXPECT_EQ(parse_address("[::1]:0"), address("::1", 0));
  EXPECT_EQ(address_text(address("::1", 80)), "[::1]:80");
  EXPECT_EQ(address_text(address("localhost", 80)), "localhost:80");
}

TEST(Address, IsNotGuessed) {
  for (const char* text :
       {"", "8888", ":8888", "localhost", "localhost:", "a:65536", "a:-1", "a:1x", "::1:80", "a b:1"})
    EXPECT_EQ(parse_address(text), std::nullopt) << text;
}

TEST(Address, OfAWebSocketMayHaveAPath) {
  const auto bare = parse_websocket_url("ws://localhost:8888");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->address, address("localhost", 8888));
  EXPECT_EQ(bare->path, "/");
  const auto longer = parse_websocket_url("ws://[::1]:80/feed/left");
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->address, address("::1", 80));
  EXPECT_EQ(longer->path, "/feed/left");
}

TEST(Address, OfAWebSocketIsNotGuessedEither) {
  for (const char* text : {"", "localhost:8888", "wss://a:1/", "http://a:1/", "ws://a/", "ws://a:0/", "ws://a:1/b c",
                           "ws://a:1/\r\nHost: b"})
    EXPECT_EQ(parse_websocket_url(text), std::nullopt) << text;
}

}  // namespace
}  // namespace hoiku::services
