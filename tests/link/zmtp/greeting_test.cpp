#include "link/src/zmtp/greeting.hpp"

#include <gmock/gmock.h>

namespace hoiku::link::zmtp {
namespace {

using testing::HasSubstr;

std::string refusal_of(std::string_view bytes) {
  const auto greeting = read_greeting(bytes);
  return greeting ? "none" : greeting.failure().message;
}

TEST(ZmtpGreeting, IsReadAsItWasWritten) {
  for (const bool as_server : {false, true}) {
    const std::string bytes = write_greeting(Greeting{"CURVE", as_server});
    ASSERT_EQ(bytes.size(), greeting_bytes);
    const auto greeting = read_greeting(bytes + "what follows").value();
    ASSERT_TRUE(greeting);
    EXPECT_EQ(greeting->mechanism, "CURVE");
    EXPECT_EQ(greeting->as_server, as_server);
  }
}

TEST(ZmtpGreeting, HasTheBytesOfTheSpecification) {
  std::string expected = "\xFF";
  expected += std::string(8, '\0');
  expected += "\x7F\x03\x01NULL";
  expected += std::string(48, '\0');
  EXPECT_EQ(write_greeting(Greeting{"NULL", false}), expected);
}

TEST(ZmtpGreeting, IsWaitedForUntilItIsWhole) {
  const std::string bytes = write_greeting(Greeting{"NULL", false});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto greeting = read_greeting(std::string_view(bytes).substr(0, size));
    ASSERT_TRUE(greeting) << size;
    EXPECT_FALSE(*greeting) << size;
  }
}

TEST(ZmtpGreeting, AMechanismNameMayFillItsField) {
  const auto greeting = read_greeting(write_greeting(Greeting{"ABCDEFGHIJKLMNOPQRST", false})).value();
  EXPECT_EQ(greeting->mechanism, "ABCDEFGHIJKLMNOPQRST");
}

TEST(ZmtpGreeting, ALaterMinorOrMajorVersionIsTaken) {
  std::string bytes = write_greeting(Greeting{"NULL", false});
  for (const char* version : {"\x03\x02", "\x04\x00"}) {
    bytes.replace(10, 2, version, 2);
    EXPECT_TRUE(read_greeting(bytes).value());
  }
  bytes.replace(10, 2, std::string("\x03\x00", 2));  // libzmq 4.3.2
  EXPECT_TRUE(read_greeting(bytes).value());
}

TEST(ZmtpGreeting, OlderVersionsAreRefusedInWords) {
  const std::string signature = write_greeting(Greeting{}).substr(0, 10);
  EXPECT_THAT(refusal_of(signature + '\x01'), HasSubstr("ZMTP 2.0; 3.0 or newer is wanted"));
  EXPECT_THAT(refusal_of(signature + '\0'), HasSubstr("ZMTP 2.0"));
  EXPECT_THAT(refusal_of(std::string("\x01\x00", 2)), HasSubstr("ZMTP 1.0"));
  EXPECT_THAT(refusal_of(std::string("\x05\x00name", 6)), HasSubstr("ZMTP 1.0"));
  EXPECT_THAT(refusal_of(std::string("\xFF\x00\x00\x00\x00\x00\x40\x00\x01\x00", 10)), HasSubstr("ZMTP 1.0"));
}

TEST(ZmtpGreeting, StrangersAreToldApart) {
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: robot\r\n\r\n"), "it speaks HTTP, not ZMTP");
  EXPECT_EQ(refusal_of("HTTP/1.1 400 Bad Request\r\n"), "it speaks HTTP, not ZMTP");
  EXPECT_EQ(refusal_of("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), "it speaks SSH, not ZMTP");
  EXPECT_EQ(refusal_of("\x16\x03\x01\x02"), "it speaks TLS, not ZMTP");
  EXPECT_EQ(refusal_of(std::string("\x10\x12\x00\x04MQTT", 8)), "it speaks MQTT, not ZMTP");
  EXPECT_EQ(refusal_of("hoiku\n"), "it does not speak ZMTP: its first bytes are 'hoiku\\n'");
}

}  // namespace
}  // namespace hoiku::link::zmtp
