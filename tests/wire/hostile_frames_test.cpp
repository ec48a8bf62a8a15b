// Strangers that send what no client sends, or more than one may, while an honest client works. The broker ends each of
// these connections at once, and holds little of what they send.
#include <gmock/gmock.h>

#include <array>

#include "attacked_broker.hpp"
#include "hoiku/async/sleep.hpp"
#include "link/src/zmtp/command.hpp"
#include "link/src/zmtp/greeting.hpp"
#include "spoken.hpp"

namespace hoiku::wire_tests {
namespace {

namespace zmtp = link::zmtp;

constexpr std::size_t mebibyte = 1'048'576;
// The broker may take so much for a while, whatever strangers do.
constexpr std::size_t growth_max = 48 * mebibyte;

// The names that ZeroMQ's library gives to those that name themselves not at all.
std::string routing_id(std::uint32_t number) {
  std::string id(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) id += static_cast<char>(number >> shift & 0xFF);
  return id;
}

using HostileFrames = AttackedBroker;
using HostileFloods = AttackedHoikud;

TEST_F(HostileFrames, ARoutingIdThatIsClaimedTwiceIsNobodysName) {
  survives(patient, [&]() -> Task<> {
    constexpr std::uint32_t first_of_libzmq = 0x6b8b4567;
    for (const std::string& endpoint : endpoints()) {
      std::vector<Stranger> claimants;
      for (std::uint32_t i = 0; i < 100; ++i) {
        const bool is_named = i % 2 == 0;
        const std::string id = is_named ? routing_id(first_of_libzmq + i / 4) : "";
        claimants.push_back(co_await Stranger::connect(endpoint));
        co_await claimants.back().say(client_beginning_with_id(id) + hello_of(static_cast<std::uint8_t>(i)));
      }
      for (Stranger& claimant : claimants) {
        claimant.end_speech();
        const std::string heard = co_await claimant.rest();
        EXPECT_GT(heard.size(), broker_beginning().size()) << "it was not welcomed";
      }
    }
  });
}

TEST_F(HostileFrames, RoutingIdsOfMebibytesAreRefusedAtTheirHeader) {
  survives(patient, [&]() -> Task<> {
    const std::string beginning = client_beginning_with_id(std::string(4 * mebibyte, 'i'));
    for (const std::string& endpoint : endpoints()) {
      for (int i = 0; i < 20; ++i) {
        Stranger stranger = co_await Stranger::connect(endpoint);
        const bool is_said = co_await stranger.say(beginning);
        EXPECT_FALSE(is_said) << "the broker has taken all of it";
      }
    }
  });
}

TEST_F(HostileFrames, AnOlderProtocolIsRefusedByItsFirstBytes) {
  survives(patient, [&]() -> Task<> {
    const std::string version_1 = std::string("\x01\x00", 2) + std::string(mebibyte, 'i');
    const std::string long_1 =
        "\xFF" + std::string(6, '\0') + "\x40" + std::string(2, '\0') + std::string(mebibyte, 'i');
    const std::string version_2 = "\xFF" + std::string(8, '\0') + "\x7F\x01\x05" + std::string(mebibyte, 'i');
    for (const std::string& words : {version_1, long_1, version_2}) {
      for (const std::string& endpoint : endpoints()) {
        std::vector<Stranger> strangers = co_await crowd(endpoint, 50, words);
        co_await expect_all_closed(strangers);
      }
    }
  });
}

TEST_F(HostileFrames, AShortPingEndsTheConnectionUnanswered) {
  survives(patient, [&]() -> Task<> {
    const std::string short_ping = zmtp::write_command("PING", "");
    for (const std::string& words : {client_beginning() + short_ping, client_beginning() + hello_of(1) + short_ping}) {
      std::vector<Stranger> strangers = co_await crowd(tcp(), 100, words);
      for (Stranger& stranger : strangers) {
        const std::string heard = co_await stranger.rest();
        EXPECT_THAT(heard, testing::Not(testing::HasSubstr("PONG")));
      }
    }
  });
}

TEST_F(HostileFrames, WhoeverReadsNothingIsClosed) {
  // On a slow machine the session of one may expire first: then it has to take its leave in time, too.
  auto limits = impatient;
  limits.blocked = 100ms;
  survives(limits, [&]() -> Task<> {
    const std::string pong = zmtp::write_command("PONG", "");
    std::uint8_t token = 0;
    co_await at_once(20, [&]() -> Task<> {
      Stranger deaf = co_await Stranger::connect(ipc());  // the kernel takes little of what a Unix socket does not read
      std::string words = client_beginning() + hello_of(++token) +
                          command_frame(1, set_command(1, "large", Value(std::string(400'000, 'x'))));
      for (std::uint64_t number = 2; number < 12; ++number) {
        proto::Get get;
        get.id = number;
        get.topic = "large";
        words += command_frame(number, get);
      }
      for (bool is_said = true; is_said; words = pong) {
        is_said = co_await deaf.say(words);
        co_await checkpoint();
      }
    });
  });
}

TEST_F(HostileFloods, PartsWithoutEndAreCutOffAtTheSecond) {
  const std::string parts = repeated(std::string("\x01\x00", 2), 2'000'000);
  const std::size_t growth = survives("tcp", 0, [&](std::string endpoint) -> Task<> {
    for (int i = 0; i < 20; ++i) {
      const std::string hello = i % 2 == 0 ? "" : hello_of(static_cast<std::uint8_t>(i));
      Stranger stranger = co_await Stranger::connect(endpoint);
      co_await stranger.say(client_beginning() + hello + parts);
      co_await stranger.rest();
    }
  });
  EXPECT_LE(growth, growth_max);
}

TEST_F(HostileFloods, TheLargestFramesWithoutAHelloTakeLittle) {
  const std::string largest = message_of(std::string(4 * mebibyte, '\0'));
  const std::size_t growth = survives("tcp", 0, [&](std::string endpoint) -> Task<> {
    co_await at_once(20, [&]() -> Task<> {
      for (int i = 0; i < 5; ++i) {
        Stranger stranger = co_await Stranger::connect(endpoint);
        bool is_said = co_await stranger.say(client_beginning());
        for (int frames = 0; is_said && frames < 3; ++frames) is_said = co_await stranger.say(largest);
      }
    });
  });
  EXPECT_LE(growth, growth_max);
}

// Such a frame is nobody's, and the broker ignores it.
TEST_F(HostileFloods, FramesWithoutContentTakeLittle) {
  const std::string empty_frames = repeated(message_of(""), 2'000'000);
  std::uint8_t token = 0;
  const std::size_t growth = survives("tcp", 0, [&](std::string endpoint) -> Task<> {
    co_await at_once(20, [&]() -> Task<> {
      Stranger stranger = co_await Stranger::connect(endpoint);
      const bool is_said = co_await stranger.say(client_beginning() + hello_of(++token));
      if (is_said) co_await stranger.say(empty_frames);
    });
  });
  EXPECT_LE(growth, growth_max + 20 * 2 * mebibyte);
}

TEST_F(HostileFloods, WhenAllDescriptorsAreTakenThoseInsideAreServed) {
  for (const std::string transport : {"tcp", "ipc"}) {
    survives(transport, 64, [&](std::string endpoint) -> Task<> {
      // The broker answers those that it can take, and closes the others.
      std::vector<Stranger> strangers = co_await crowd(endpoint, 100, client_beginning());
      std::size_t closed = 0;
      for (Stranger& stranger : strangers) {
        const std::string heard = co_await stranger.hear(1);
        if (heard.empty()) ++closed;
      }
      EXPECT_GE(closed, 40U);
      EXPECT_LT(closed, 100U);
    });
  }
}

}  // namespace
}  // namespace hoiku::wire_tests
