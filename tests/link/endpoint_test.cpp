#include "hoiku/link/endpoint.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace hoiku::link {
namespace {

using testing::HasSubstr;
using Kind = Endpoint::Kind;

Endpoint tcp(std::string host, std::uint16_t port) { return Endpoint{Kind::tcp, std::move(host), port, {}}; }

TEST(Endpoint, IsParsed) {
  EXPECT_EQ(parse_endpoint("tcp://127.0.0.1:7411", EndpointUse::connect).value(), tcp("127.0.0.1", 7411));
  EXPECT_EQ(parse_endpoint("tcp://robot.local:1", EndpointUse::connect).value(), tcp("robot.local", 1));
  EXPECT_EQ(parse_endpoint("tcp://[::1]:65535", EndpointUse::connect).value(), tcp("::1", 65535));
  EXPECT_EQ(parse_endpoint("ipc:///run/hoiku.sock", EndpointUse::connect).value(),
            (Endpoint{Kind::ipc, {}, 0, "/run/hoiku.sock"}));
  EXPECT_EQ(parse_endpoint(default_endpoint, EndpointUse::connect).value(), tcp("127.0.0.1", default_port));
}

TEST(Endpoint, AWildcardIsForListening) {
  EXPECT_EQ(parse_endpoint("tcp://*:7411", EndpointUse::listen).value(), tcp("*", 7411));
  EXPECT_EQ(parse_endpoint("tcp://127.0.0.1:*", EndpointUse::listen).value(), tcp("127.0.0.1", 0));
  EXPECT_EQ(parse_endpoint("tcp://127.0.0.1:0", EndpointUse::listen).value(), tcp("127.0.0.1", 0));
  for (const char* text : {"tcp://*:7411", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0"})
    EXPECT_FALSE(parse_endpoint(text, EndpointUse::connect)) << text;
}

TEST(Endpoint, LocalhostIsTheOnlyNameToListenAt) {
  for (const EndpointUse use : {EndpointUse::connect, EndpointUse::listen}) {
    for (const char* host : {"localhost", "LOCALHOST", "LocalHost"})
      EXPECT_EQ(parse_endpoint("tcp://" + std::string(host) + ":1", use).value(), tcp("localhost", 1));
  }
  for (const char* host : {"robot", "robot.local", "localhost.", "eth0", "127.0.0.256"}) {
    const auto endpoint = parse_endpoint("tcp://" + std::string(host) + ":1", EndpointUse::listen);
    ASSERT_FALSE(endpoint) << host;
    EXPECT_THAT(endpoint.failure().message, HasSubstr("a broker listens at an address of its machine, or * for all"));
  }
}

TEST(Endpoint, ALinkLocalAddressNeedsItsInterface) {
  EXPECT_EQ(parse_endpoint("tcp://[fe80::1%lo]:7411", EndpointUse::connect).value(), tcp("fe80::1%lo", 7411));
  for (const char* host : {"fe80::1", "fe80::1%"}) {
    const auto endpoint = parse_endpoint("tcp://[" + std::string(host) + "]:7411", EndpointUse::connect);
    ASSERT_FALSE(endpoint) << host;
    EXPECT_THAT(endpoint.failure().message, HasSubstr("needs its network interface, as in tcp://[fe80::1%eth0]:7411"));
  }
}

TEST(Endpoint, AMalformedOneIsNamedWithAReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "it begins with neither tcp:// nor ipc://"},
      {"7411", "it begins with neither tcp:// nor ipc://"},
      {"udp://127.0.0.1:7411", "it begins with neither tcp:// nor ipc://"},
      {"TCP://127.0.0.1:7411", "it begins with neither tcp:// nor ipc://"},
      {"tcp://", "the port is missing"},
      {"tcp://127.0.0.1", "the port is missing"},
      {"tcp://[::1]", "the port is missing"},
      {"tcp://:7411", "the host is missing"},
      {"tcp://127.0.0.1:", "the port is not a number"},
      {"tcp://127.0.0.1:-1", "the port is not a number"},
      {"tcp://127.0.0.1:65536", "the port is not a number"},
      {"tcp://127.0.0.1:74111111111111111111", "the port is not a number"},
      {"tcp://127.0.0.1:7411 ", "the port is not a number"},
      {"tcp://127.0.0.1:0x10", "the port is not a number"},
      {"tcp://::1:7411", "an IPv6 address needs brackets"},
      {"tcp://[::1:7411", "the bracket of the IPv6 address is not closed"},
      {"tcp://[robot]:7411", "the text in brackets is not an IPv6 address"},
      {"tcp://ro bot:7411", "the host is neither an address nor a name"},
      {"tcp://a;127.0.0.1:7411", "the host is neither an address nor a name"},
      {"ipc://", "the path is missing"},
      {"ipc://*", "ipc needs a path"},
      {"inproc://", "the name is missing"},
      {"inproc://a robot", "consists of printable ASCII characters"},
      {"inproc://rob\x1bt", "consists of printable ASCII characters"},
  };
  for (const auto& [text, reason] : cases) {
    const auto endpoint = parse_endpoint(text, EndpointUse::connect);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.failure().code, ErrorCode::invalid_argument);
    EXPECT_THAT(endpoint.failure().message, HasSubstr(reason)) << text;
    EXPECT_THAT(endpoint.failure().message, HasSubstr("it looks like tcp://127.0.0.1:7411 or ipc:///run/hoiku.sock"));
  }
}

TEST(Endpoint, APathHasALimit) {
  EXPECT_TRUE(parse_endpoint("ipc://" + std::string(ipc_path_bytes_max, 'x'), EndpointUse::listen));
  EXPECT_FALSE(parse_endpoint("ipc://" + std::string(ipc_path_bytes_max + 1, 'x'), EndpointUse::listen));
}

TEST(Endpoint, ANameInsideOfTheProcessHasALimit) {
  EXPECT_TRUE(parse_endpoint("inproc://" + std::string(inproc_name_bytes_max, 'x'), EndpointUse::listen));
  EXPECT_FALSE(parse_endpoint("inproc://" + std::string(inproc_name_bytes_max + 1, 'x'), EndpointUse::listen));
}

TEST(Endpoint, AProgramThatTalksToOtherProcessesRefusesInproc) {
  const auto inproc = parse_endpoint("inproc://robot", EndpointUse::connect);
  ASSERT_TRUE(inproc);
  EXPECT_EQ(inproc->kind, Endpoint::Kind::inproc);
  EXPECT_EQ(inproc->path, "robot");
  for (const EndpointUse use : {EndpointUse::connect, EndpointUse::listen}) {
    const auto refused = parse_network_endpoint("inproc://robot", use);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.failure().code, ErrorCode::invalid_argument);
    EXPECT_EQ(refused.failure().message,
              "'inproc://robot' cannot be reached from another process: use tcp:// or ipc://");
    EXPECT_TRUE(parse_network_endpoint("ipc:///run/hoiku.sock", use));
    EXPECT_FALSE(parse_network_endpoint("nonsense", use));
  }
}

TEST(Endpoint, AMessageShowsNoControlCharactersAndNotTooMuch) {
  const auto endpoint = parse_endpoint("\x1b[2J\n" + std::string(100'000, 'x'), EndpointUse::connect);
  ASSERT_FALSE(endpoint);
  EXPECT_LT(endpoint.failure().message.size(), 400U);
  EXPECT_EQ(endpoint.failure().message.find('\x1b'), std::string::npos);
  EXPECT_EQ(endpoint.failure().message.find('\n'), std::string::npos);
}

// The tests of this program share its environment.
class EndpointVariable : public testing::Test {
 protected:
  void SetUp() override { TearDown(); }
  void TearDown() override { ::unsetenv("HOIKU_ENDPOINT"); }
  static std::string with(const char* text) {
    ::setenv("HOIKU_ENDPOINT", text, 1);
    const Result<std::string> endpoint = endpoint_from_environment();
    return endpoint ? *endpoint : "error: " + endpoint.failure().message;
  }
};

TEST_F(EndpointVariable, EmptyIsAsNotSet) {
  EXPECT_EQ(endpoint_from_environment().value(), default_endpoint);
  for (const char* blank : {"", " ", "\t \r\n"}) EXPECT_EQ(with(blank), default_endpoint);
}

TEST_F(EndpointVariable, BlanksAroundItAreNoPartOfIt) {
  EXPECT_EQ(with("ipc:///run/hoiku.sock"), "ipc:///run/hoiku.sock");
  EXPECT_EQ(with(" \ttcp://robot:1\r\n"), "tcp://robot:1");
  EXPECT_EQ(with("ipc:///run/my bus"), "ipc:///run/my bus");
}

TEST_F(EndpointVariable, AnErrorNamesIt) {
  EXPECT_THAT(with("robot:1"), HasSubstr("error: the variable HOIKU_ENDPOINT: 'robot:1' is not an endpoint"));
  EXPECT_THAT(with("tcp://*:1"), HasSubstr("error: the variable HOIKU_ENDPOINT: "));
  EXPECT_THAT(with("inproc://bus"), HasSubstr("error: the variable HOIKU_ENDPOINT: "));
}

TEST(Endpoint, LoopbackIsReachableFromThisMachineOnly) {
  for (const char* text : {"inproc://a", "ipc:///run/a", "tcp://127.0.0.1:1", "tcp://127.255.0.3:1",
                           "tcp://localhost:1", "tcp://[::1]:1", "tcp://[::ffff:127.0.0.1]:1"})
    EXPECT_TRUE(is_loopback(parse_endpoint(text, EndpointUse::listen).value())) << text;
  for (const char* text :
       {"tcp://*:1", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://10.0.0.1:1", "tcp://[::ffff:10.0.0.1]:1"})
    EXPECT_FALSE(is_loopback(parse_endpoint(text, EndpointUse::listen).value())) << text;
  for (const char* text : {"tcp://robot:1", "tcp://localhost.evil:1", "tcp://127.0.0.1.evil:1"})
    EXPECT_FALSE(is_loopback(parse_endpoint(text, EndpointUse::connect).value())) << text;
}

}  // namespace
}  // namespace hoiku::link
