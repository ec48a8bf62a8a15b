#include "link/src/zmtp/conversation.hpp"

#include <gmock/gmock.h>

#include "conversation_pair.hpp"

namespace hoiku::link::zmtp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Gives each the output of the other until both are silent.
void talk(Conversation& one, Conversation& other) {
  while (one.has_output() || other.has_output()) {
    other.take(one.take_output());
    one.take(other.take_output());
  }
}

TEST(ZmtpConversation, BothEndsOpenEachOther) {
  Conversation client = conversation_of(Role::client);
  Conversation server = conversation_of(Role::server);
  EXPECT_TRUE(client.has_output());
  EXPECT_FALSE(client.is_open());
  talk(client, server);
  EXPECT_TRUE(client.is_open());
  EXPECT_TRUE(server.is_open());
  EXPECT_FALSE(client.failure());
  EXPECT_FALSE(server.failure());
}

TEST(ZmtpConversation, MessagesArriveWholeAndInOrder) {
  Conversation server = open_conversation();
  const std::string large(300, 'x');
  server.take(frame_of("one") + frame_of("") + frame_of(large));
  EXPECT_THAT(messages_of(server), ElementsAre("one", "", large));
  EXPECT_EQ(server.next_message(), std::nullopt);
}

TEST(ZmtpConversation, MessagesMayFollowTheHandshakeAtOnce) {
  Conversation server = conversation_of(Role::server);
  server.take(client_beginning() + frame_of("hello"));
  EXPECT_THAT(messages_of(server), ElementsAre("hello"));
}

TEST(ZmtpConversation, PiecesOfAnySizeMakeNoDifference) {
  const std::string all = client_beginning() + frame_of("hello") +
                          write_command("PING", std::string("\x00\x0A", 2) + "context") +
                          frame_of(std::string(700, 'y')) + frame_of("end");
  for (std::size_t size = 1; size <= all.size(); size += size < 20 ? 1 : 97) {
    Conversation server = conversation_of(Role::server);
    for (std::size_t at = 0; at < all.size(); at += size) server.take(std::string_view(all).substr(at, size));
    EXPECT_FALSE(server.failure()) << size;
    EXPECT_THAT(messages_of(server), ElementsAre("hello", std::string(700, 'y'), "end")) << size;
    EXPECT_EQ(server.held_bytes(), 0U) << size;
  }
}

TEST(ZmtpConversation, APingIsAnsweredWithItsContext) {
  Conversation server = open_conversation();
  server.take(write_command("PING", std::string("\x00\x0A", 2) + "sixteen bytes .."));
  EXPECT_TRUE(server.has_output());
  EXPECT_EQ(server.take_output(), write_command("PONG", "sixteen bytes .."));
  server.take(write_command("PING", std::string("\x00\x00", 2)));
  EXPECT_EQ(server.take_output(), write_command("PONG", ""));
}

TEST(ZmtpConversation, ManyPingsGetOneAnswer) {
  Conversation server = open_conversation();
  for (char c = 'a'; c <= 'z'; ++c) server.take(write_command("PING", std::string("\0\0", 2) + c));
  EXPECT_EQ(server.take_output(), write_command("PONG", "z"));
  EXPECT_FALSE(server.has_output());
}

TEST(ZmtpConversation, PingsGoBothWays) {
  Conversation client = conversation_of(Role::client);
  Conversation server = conversation_of(Role::server);
  talk(client, server);
  client.ping();
  server.ping();
  talk(client, server);
  EXPECT_FALSE(client.failure());
  EXPECT_FALSE(server.failure());
  EXPECT_THAT(messages_of(client), IsEmpty());
}

TEST(ZmtpConversation, AnIdentityIsIgnored) {
  std::string data;
  append_property(data, "socket-type", "DEALER");
  append_property(data, "Identity", "the broker's own");
  append_property(data, "X-Of-A-Later-Version", "");
  Conversation server = conversation_of(Role::server);
  server.take(write_greeting(Greeting{"NULL", false}) + write_command("READY", data));
  EXPECT_TRUE(server.is_open());
}

}  // namespace
}  // namespace hoiku::link::zmtp
