// Whatever a peer sends, its conversation fails with a reason, at the first byte that shows it, and holds little.
#include <gmock/gmock.h>

#include "conversation_pair.hpp"

namespace hoiku::link::zmtp {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

std::string failure_of(const Conversation& conversation) {
  return conversation.failure() ? conversation.failure()->message : "none";
}

std::string failure_after_greeting(std::string_view bytes, Role role = Role::server) {
  Conversation conversation = conversation_of(role);
  conversation.take(write_greeting(Greeting{"NULL", false}));
  conversation.take(bytes);
  return failure_of(conversation);
}

std::string failure_when_open(std::string_view bytes) {
  Conversation conversation = open_conversation();
  conversation.take(bytes);
  return failure_of(conversation);
}

std::string ready_of(std::string_view type) {
  std::string data;
  append_property(data, "Socket-Type", type);
  return write_command("READY", data);
}

// A frame's header with a size that no body follows.
std::string announced(FrameKind kind, std::uint64_t body_bytes) {
  std::string header;
  append_frame_header(header, kind, body_bytes);
  return header;
}

TEST(ZmtpHostilePeer, AFailureIsFinal) {
  Conversation conversation = conversation_of(Role::server);
  conversation.take("GET / HTTP/1.1\r\n");
  EXPECT_EQ(failure_of(conversation), "it speaks HTTP, not ZMTP");
  conversation.take(client_beginning() + frame_of("hello"));
  EXPECT_EQ(failure_of(conversation), "it speaks HTTP, not ZMTP");
  EXPECT_FALSE(conversation.is_open());
  EXPECT_THAT(messages_of(conversation), IsEmpty());
  EXPECT_EQ(conversation.held_bytes(), 0U);
}

TEST(ZmtpHostilePeer, MessagesBeforeAFailureStay) {
  Conversation conversation = open_conversation();
  conversation.take(frame_of("one") + '\x01');
  EXPECT_THAT(failure_of(conversation), HasSubstr("several parts"));
  EXPECT_THAT(messages_of(conversation), ElementsAre("one"));
}

TEST(ZmtpHostilePeer, AnotherMechanismIsRefused) {
  Conversation conversation = conversation_of(Role::server);
  conversation.take(write_greeting(Greeting{"PLAIN", false}));
  EXPECT_EQ(failure_of(conversation), "it wants the mechanism 'PLAIN'; NULL is wanted");
}

TEST(ZmtpHostilePeer, AnotherSocketTypeIsRefusedAndToldSo) {
  Conversation conversation = conversation_of(Role::server);
  conversation.take_output();
  conversation.take(write_greeting(Greeting{"NULL", false}) + ready_of("REQ"));
  EXPECT_EQ(failure_of(conversation), "it is a socket of type 'REQ'; DEALER is wanted");
  EXPECT_THAT(conversation.take_output(), EndsWith("ERROR.it-is-a-socket-of-type-'REQ';-DEALER-is-wanted"));
  EXPECT_EQ(failure_after_greeting(ready_of("DEALER"), Role::client),
            "it is a socket of type 'DEALER'; ROUTER is wanted");
}

TEST(ZmtpHostilePeer, AReadyWithoutProperPropertiesIsRefused) {
  EXPECT_THAT(failure_after_greeting(write_command("READY", "")), HasSubstr("without the type"));
  EXPECT_THAT(failure_after_greeting(write_command("READY", "\x05")), HasSubstr("without proper properties"));
  EXPECT_THAT(failure_after_greeting(write_command("READY", std::string("\x01x\x00\x00\x00\x09short", 11))),
              HasSubstr("without proper properties"));
  EXPECT_THAT(failure_after_greeting(write_command("READY", std::string("\x01x\xFF\xFF\xFF\xFF", 6))),
              HasSubstr("without proper properties"));
  EXPECT_THAT(failure_after_greeting(write_command("READY", std::string("\x00\x00\x00\x00\x00", 5))),
              HasSubstr("without proper properties"));
}

TEST(ZmtpHostilePeer, AnErrorOfItsOwnIsQuoted) {
  EXPECT_EQ(failure_after_greeting(write_command("ERROR",
                                                 "\x03"
                                                 "bad"),
                                   Role::client),
            "it refuses the connection: 'bad'");
  EXPECT_EQ(failure_after_greeting(write_command("ERROR", ""), Role::client),
            "it refuses the connection: it gives no reason");
}

TEST(ZmtpHostilePeer, AMessageOrAnotherCommandBeforeTheHandshakeIsRefused) {
  EXPECT_THAT(failure_after_greeting(frame_of("hello")), HasSubstr("before the handshake is done"));
  EXPECT_THAT(failure_after_greeting(write_command("PING", std::string(2, '\0'))), HasSubstr("where READY is wanted"));
  EXPECT_THAT(failure_after_greeting(write_command("HELLO", "")), HasSubstr("'HELLO'"));
}

TEST(ZmtpHostilePeer, AFrameOverTheLimitIsRefusedAtItsHeader) {
  EXPECT_EQ(failure_when_open(announced(FrameKind::message, message_limit)), "none");
  EXPECT_EQ(failure_when_open(announced(FrameKind::message, message_limit + 1)),
            "it sends a frame of 1001 bytes; 1000 are allowed");
  EXPECT_THAT(failure_when_open(announced(FrameKind::message, ~0ULL)), HasSubstr("1000 are allowed"));
  EXPECT_EQ(failure_when_open(announced(FrameKind::command, command_bytes_max + 1)),
            "it sends a command of 513 bytes; 512 are allowed");
  EXPECT_THAT(failure_after_greeting(announced(FrameKind::command, command_bytes_max + 1)), HasSubstr("512"));
}

TEST(ZmtpHostilePeer, CommandsThatAreNoneAreRefused) {
  EXPECT_THAT(failure_when_open(frame_of("", FrameKind::command)), HasSubstr("without a name"));
  EXPECT_THAT(failure_when_open(frame_of(std::string("\x00", 1), FrameKind::command)), HasSubstr("without a name"));
  EXPECT_THAT(failure_when_open(frame_of("\x09PING", FrameKind::command)), HasSubstr("without a name"));
  EXPECT_THAT(failure_when_open(write_command("PING", "")), HasSubstr("'PING' of 0 bytes"));
  EXPECT_THAT(failure_when_open(write_command("PING", std::string(19, 'x'))), HasSubstr("'PING' of 19 bytes"));
  EXPECT_THAT(failure_when_open(write_command("PONG", std::string(17, 'x'))), HasSubstr("'PONG' of 17 bytes"));
  EXPECT_THAT(failure_when_open(write_command("SUBSCRIBE", "all")), HasSubstr("'SUBSCRIBE'"));
}

TEST(ZmtpHostilePeer, EmptyMessagesCountAsTheMemoryThatTheyTake) {
  Conversation conversation = open_conversation();
  for (int i = 0; i < 1000; ++i) conversation.take(frame_of(""));
  EXPECT_EQ(conversation.message_bytes(), 1000 * sizeof(std::string));
  messages_of(conversation);
  EXPECT_EQ(conversation.message_bytes(), 0U);
}

TEST(ZmtpHostilePeer, AnAnnouncedBodyTakesNoMemoryBeforeItComes) {
  constexpr std::size_t limit = 4'000'000;
  Conversation conversation = open_conversation(limit);
  conversation.take(announced(FrameKind::message, limit));
  EXPECT_EQ(conversation.held_bytes(), 0U);
  const std::string piece(1000, 'x');
  for (std::size_t sent = piece.size(); sent < limit; sent += piece.size()) {
    conversation.take(piece);
    ASSERT_LE(conversation.held_bytes(), 2 * sent);
  }
  conversation.take(piece);
  EXPECT_EQ(conversation.next_message()->size(), limit);
  EXPECT_EQ(conversation.held_bytes(), 0U);
}

}  // namespace
}  // namespace hoiku::link::zmtp
