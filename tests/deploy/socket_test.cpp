// The talk's robot from end to end: a sensor that speaks WebSocket, the bridge, the broker, the robot.
//
// The recorded feed is a named pipe. The test writes the next digit when it has seen the effect of the previous one, so
// that nothing depends on time: a reader of newest values never gets two at once.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "services/websocket.hpp"
#include "tests/wire/program.hpp"
#include "tests/wire/wire.hpp"

namespace hoiku {
namespace {

using services::WebSocket;
using testing::HasSubstr;
using wire_tests::Ended;
using wire_tests::Folder;
using wire_tests::Program;
using Lines = std::vector<std::string>;

// A feed: sends what is written to it, until it is closed.
class FeedPipe {
 public:
  explicit FeedPipe(std::string path) : path_(std::move(path)) { EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0); }
  ~FeedPipe() { end(); }
  const std::string& path() const { return path_; }
  void write(const std::string& lines) {
    // Opens for reading too, so that it does not wait for the sensor.
    if (descriptor_ < 0) descriptor_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_EQ(::write(descriptor_, lines.data(), lines.size()), static_cast<ssize_t>(lines.size()));
  }
  void end() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  std::string path_;
  int descriptor_ = -1;
};

class Socket : public testing::Test {
 protected:
  // Listens at a free port, or at that of a previous sensor.
  static Program start_sensor(Lines arguments, const std::string& address = "127.0.0.1:0") {
    arguments.insert(arguments.end(), {"--listen", address, "--interval", "0ms"});
    return Program(SOCKET_SENSOR_PATH, arguments);
  }
  static std::string url_of(Program& sensor) {
    const std::string line = sensor.wait_for_output("listening at ");
    return line.substr(line.find("ws://"));
  }
  static std::string address_of(const std::string& url) {
    const std::string rest = url.substr(std::string("ws://").size());
    return rest.substr(0, rest.find('/'));
  }
  // Starts all programs of a talk; the bridge is connected.
  struct Talk {
    Talk(const std::string& address, const FeedPipe& feed, const std::string& variant)
        : hoikud(HOIKUD_PATH, {"--listen", address}),
          endpoint(wire_tests::endpoint_of(hoikud)),
          sensor(start_sensor({"--replay", feed.path()})),
          url(url_of(sensor)),
          robot(ROBOT_PATH, {"--endpoint", endpoint}),
          bridge(SOCKET_BRIDGE_PATH, {"--feed", url, "--endpoint", endpoint, "--variant", variant}) {
      bridge.wait_for_line("listening to " + url);
    }
    Program hoikud;
    std::string endpoint;
    Program sensor;
    std::string url;
    Program robot;
    Program bridge;
  };
  static void expect_end(Program& program, int signal) {
    program.signal(signal);
    EXPECT_EQ(program.wait(), -signal) << program.standard_error();
  }

  Folder folder_;
};

Task<std::string> hear(WebSocket& socket, std::size_t digits) {
  std::string heard;
  while (heard.size() < digits) {
    const auto message = co_await socket.receive();
    if (!message) break;
    heard += *message;
  }
  co_return heard;
}

TEST_F(Socket, MovesTheRobotAsTheTalkDoes) {
  FeedPipe feed(folder_.path("feed"));
  Talk talk("ipc://" + folder_.path("broker.sock"), feed, "us");
  Program& robot = talk.robot;

  robot.wait_for_output("(event1='idle', event2='idle')");
  feed.write("1\n");
  robot.wait_for_output("(event1='😢 1', event2='idle')");
  feed.write("2\n");
  robot.wait_for_output("(event1='😢 1', event2='😆 2')");
  feed.write("2\n3\n");  // the second 2 changes nothing, so there is nothing to wait for
  robot.wait_for_output("(event1='😢 3', event2='😆 2')");
  feed.write("3\n4\n");
  robot.wait_for_output("(event1='😢 3', event2='😆 4')");

  feed.end();
  EXPECT_EQ(talk.sensor.wait(), 0) << talk.sensor.standard_error();
  EXPECT_THAT(talk.bridge.wait_for_line("lost ws://"), HasSubstr("(the feed has ended); trying again"));
  expect_end(talk.bridge, SIGTERM);
  expect_end(robot, SIGTERM);
  EXPECT_EQ(robot.standard_output(),
            "doing something cute 🤖 v=CompositeValue(event1='idle', event2='idle')\n"
            "doing something cute 🤖 v=CompositeValue(event1='😢 1', event2='idle')\n"
            "doing something cute 🤖 v=CompositeValue(event1='😢 1', event2='😆 2')\n"
            "doing something cute 🤖 v=CompositeValue(event1='😢 3', event2='😆 2')\n"
            "doing something cute 🤖 v=CompositeValue(event1='😢 3', event2='😆 4')\n");
  EXPECT_THAT(talk.bridge.standard_output(),
              HasSubstr("Received message: 2\nReceived message: 2\nReceived message: 3\n"));
}

// One line for each digit that differs: both topics change in one commit.
TEST_F(Socket, MovesTheOtherTalksRobotAsThatDoes) {
  FeedPipe feed(folder_.path("feed"));
  Talk talk("ipc://" + folder_.path("broker.sock"), feed, "jp");
  Program& robot = talk.robot;

  robot.wait_for_output("(event1='👶', event2='🍼')");
  feed.write("1\n");
  robot.wait_for_output("(event1='👶 :1…', event2='')");
  feed.write("2\n");
  robot.wait_for_output("(event1='', event2='🍼 :2…')");
  feed.write("2\n4\n");
  robot.wait_for_output("(event1='', event2='🍼 :4…')");
  feed.write("3\n");
  robot.wait_for_output("(event1='👶 :3…', event2='')");
  expect_end(robot, SIGTERM);
  EXPECT_EQ(robot.standard_output(),
            "doing something cute 🤖 v=CompositeValue(event1='👶', event2='🍼')\n"
            "doing something cute 🤖 v=CompositeValue(event1='👶 :1…', event2='')\n"
            "doing something cute 🤖 v=CompositeValue(event1='', event2='🍼 :2…')\n"
            "doing something cute 🤖 v=CompositeValue(event1='', event2='🍼 :4…')\n"
            "doing something cute 🤖 v=CompositeValue(event1='👶 :3…', event2='')\n");
}

TEST_F(Socket, TheBridgeOutlivesItsFeedAndItsBroker) {
  const std::string endpoint = "ipc://" + folder_.path("broker.sock");
  FeedPipe one(folder_.path("one"));
  FeedPipe two(folder_.path("two"));
  auto hoikud = std::make_unique<Program>(HOIKUD_PATH, Lines{"--listen", endpoint});
  wire_tests::endpoint_of(*hoikud);
  auto sensor = std::make_unique<Program>(SOCKET_SENSOR_PATH, Lines{"--listen", "127.0.0.1:0", "--replay", one.path()});
  const std::string url = url_of(*sensor);
  Program bridge(SOCKET_BRIDGE_PATH, {"--feed", url, "--endpoint", endpoint});
  const auto expect_value = [&](const std::string& topic, const std::string& value) {
    const Ended waited = wire_tests::run_to_its_end(
        HOIKU_PATH, {"wait", topic, "value == '" + value + "'", "--timeout", "30s", "--endpoint", endpoint});
    EXPECT_EQ(waited.status, 0) << waited.error;
  };
  one.write("5\n");
  expect_value("robot/sad", "😢 5");

  hoikud->signal(SIGKILL);
  hoikud->wait();
  hoikud = std::make_unique<Program>(HOIKUD_PATH, Lines{"--listen", endpoint});
  wire_tests::endpoint_of(*hoikud);
  expect_value("robot/sad", "😢 5");  // which no digit has changed since
  expect_value("robot/happy", "idle");

  sensor->signal(SIGKILL);
  sensor->wait();
  EXPECT_THAT(bridge.wait_for_line("lost ws://"), testing::EndsWith("; trying again"));
  sensor = std::make_unique<Program>(SOCKET_SENSOR_PATH, Lines{"--listen", address_of(url), "--replay", two.path()});
  EXPECT_EQ(url_of(*sensor), url);
  two.write("8\n");
  expect_value("robot/happy", "😆 8");
  expect_end(bridge, SIGINT);
}

TEST_F(Socket, EveryClientHearsOneStream) {
  FeedPipe feed(folder_.path("feed"));
  Program sensor = start_sensor({"--replay", feed.path()});
  const auto url = services::parse_websocket_url(url_of(sensor));
  ASSERT_TRUE(url);
  wire_tests::run_within_patience([&]() -> Task<> {
    WebSocket first = co_await WebSocket::connect(*url);
    feed.write("1\n2\n");
    const std::string alone = co_await hear(first, 2);
    { const WebSocket vanishes = co_await WebSocket::connect(*url); }
    WebSocket second = co_await WebSocket::connect(*url);
    feed.write("3\n4\n");
    feed.end();
    // Both clients get the goodbye too; otherwise they would wait for a third digit.
    const std::string late = co_await hear(second, 3);
    const std::string same = co_await hear(first, 3);
    EXPECT_EQ(alone, "12");
    EXPECT_EQ(late, "34");
    EXPECT_EQ(same, "34");
  });
  EXPECT_EQ(sensor.wait(), 0) << sensor.standard_error();
}

TEST_F(Socket, EqualSeedsGiveEqualStreams) {
  Lines heard;
  for (const char* seed : {"7", "7", "8"}) {
    Program sensor = start_sensor({"--seed", seed});
    const auto url = services::parse_websocket_url(url_of(sensor));
    ASSERT_TRUE(url);
    wire_tests::run_within_patience([&]() -> Task<> {
      WebSocket client = co_await WebSocket::connect(*url);
      heard.push_back(co_await hear(client, 40));
    });
  }
  EXPECT_EQ(heard[0].size(), 40u);
  EXPECT_EQ(heard[0], heard[1]);
  EXPECT_NE(heard[0], heard[2]);
}

// More digits than a client may be behind: a client that listens keeps up with a feed without pauses.
TEST_F(Socket, AFileIsHeardFromItsBeginningToItsEnd) {
  std::string recorded, digits;
  for (int i = 0; i < 600; ++i) {
    digits += static_cast<char>('0' + i % 10);
    recorded += std::to_string(i % 10) + (i % 2 == 0 ? " 0ms\n" : "\n");
  }
  const std::string path = folder_.path("long.feed");
  std::ofstream(path) << recorded;
  Program sensor = start_sensor({"--replay", path});
  const auto url = services::parse_websocket_url(url_of(sensor));
  ASSERT_TRUE(url);
  wire_tests::run_within_patience([&]() -> Task<> {
    WebSocket client = co_await WebSocket::connect(*url);
    const std::string heard = co_await hear(client, digits.size() + 1);
    EXPECT_EQ(heard, digits);
  });
  EXPECT_EQ(sensor.wait(), 0) << sensor.standard_error();
}

TEST_F(Socket, ASignalEndsTheSensorWithAGoodbye) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    FeedPipe feed(folder_.path("feed" + std::to_string(signal)));
    Program sensor = start_sensor({"--replay", feed.path()});
    const auto url = services::parse_websocket_url(url_of(sensor));
    ASSERT_TRUE(url);
    wire_tests::run_within_patience([&]() -> Task<> {
      WebSocket client = co_await WebSocket::connect(*url);
      sensor.signal(signal);
      const auto message = co_await client.receive();  // throws where it was only hung up on
      EXPECT_EQ(message, std::nullopt);
    });
    EXPECT_EQ(sensor.wait(), -signal);
    EXPECT_EQ(sensor.standard_error(), "");
  }
}

// Expects one line on stderr with the reason.
void expect_complaint(const char* program, const Lines& arguments, int status, const std::string& part) {
  const Ended ended = wire_tests::run_to_its_end(program, arguments);
  EXPECT_EQ(ended.status, status) << ended.error;
  EXPECT_THAT(ended.error, HasSubstr(part));
  EXPECT_EQ(std::count(ended.error.begin(), ended.error.end(), '\n'), 1) << ended.error;
}

TEST_F(Socket, TheSensorSaysWhyItCannotBegin) {
  const auto refused = [](const Lines& arguments, int status, const std::string& part) {
    expect_complaint(SOCKET_SENSOR_PATH, arguments, status, part);
  };
  Program sensor = start_sensor({});
  const std::string taken = address_of(url_of(sensor));
  refused({"--listen", taken}, 1, "cannot listen at " + taken + ": Address already in use");
  refused({"--listen", "nowhere:1"}, 1, "cannot listen at nowhere:1: the host must be an IP address");
  refused({"--listen", "8888"}, 2, "'8888' is not an address");
  refused({"--interval", "5"}, 2, "'5' is not an interval");
  refused({"--replay", folder_.path("none")}, 1, folder_.path("none") + ": No such file or directory");
  const std::string path = folder_.path("wrong.feed");
  std::ofstream(path) << "1\n2 500ms\nthree\n";
  refused({"--listen", "127.0.0.1:0", "--replay", path}, 1, path + ": line 3: 'three' is not a digit from 0 to 9");
}

TEST_F(Socket, TheBridgeSaysWhyItCannotBegin) {
  expect_complaint(SOCKET_BRIDGE_PATH, {"--feed", "wss://a:1/"}, 2, "'wss://a:1/' is not a feed");
  expect_complaint(SOCKET_BRIDGE_PATH, {"--variant", "uk"}, 2, "'uk' is neither us nor jp");
  expect_complaint(SOCKET_BRIDGE_PATH, {"--endpoint", "7411"}, 2, "'7411' is not an endpoint");
}

}  // namespace
}  // namespace hoiku
