// Strangers that open connections and say nothing, too little, or break off, while an honest client works. The broker
// closes each of them.
#include <algorithm>
#include <array>
#include <iostream>
#include <vector>

#include "attacked_broker.hpp"
#include "hoiku/async/sleep.hpp"
#include "link/src/zmtp/command.hpp"
#include "link/src/zmtp/greeting.hpp"
#include "spoken.hpp"

namespace hoiku::wire_tests {
namespace {

namespace zmtp = link::zmtp;

// A process has a descriptor for each end of a connection, and some for itself.
std::size_t strangers_at_most(std::size_t wanted) {
  const std::size_t descriptors = allow_many_descriptors();
  const std::size_t possible = (descriptors - std::min<std::size_t>(descriptors, 200)) / 2;
  if (possible < wanted)
    std::cout << "only " << possible << " strangers instead of " << wanted << ": the hard limit of descriptors is "
              << descriptors << "\n";
  return std::min(wanted, possible);
}

std::string set_frame() { return command_frame(1, set_command(1, "strange", Value(std::string(300, 's')))); }

std::string ping() { return zmtp::write_command("PING", std::string(2, '\0') + "context"); }

using HostileConnections = AttackedBroker;

TEST_F(HostileConnections, FiveThousandThatSayNothingAreAllClosed) {
  survives(impatient, [&]() -> Task<> {
    std::vector<Stranger> strangers = co_await crowd(tcp(), strangers_at_most(5000), "");
    co_await expect_all_closed(strangers);
  });
}

TEST_F(HostileConnections, ThoseThatSayNothingOnAUnixSocketAreAllClosed) {
  survives(impatient, [&]() -> Task<> {
    std::vector<Stranger> strangers = co_await crowd(ipc(), strangers_at_most(3000), "");
    co_await expect_all_closed(strangers);
  });
}

// A new connection comes while the limit of newcomers is reached: the oldest makes room, at once.
TEST_F(HostileConnections, ThousandsThatWaitForEverMakeRoomForANewClient) {
  survives(patient, [&]() -> Task<> {
    const std::size_t count = strangers_at_most(2100);
    std::vector<Stranger> strangers = co_await crowd(tcp(), count, client_beginning());
    HonestClient late;
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      co_await late.start(nursery, tcp());
      nursery.cancel_scope().cancel();
    });
  });
}

TEST_F(HostileConnections, BytesOneByOneDoNotProlongTheHandshake) {
  survives(impatient, [&]() -> Task<> {
    co_await at_once(300, [&]() -> Task<> {
      Stranger stranger = co_await Stranger::connect(tcp());
      // The last byte would end the handshake. It never comes.
      co_await stranger.say_slowly(client_beginning().substr(0, client_beginning().size() - 1));
      co_await stranger.rest();
    });
  });
}

TEST_F(HostileConnections, BytesOneByOneDoNotProlongTheFirstFrame) {
  survives(impatient, [&]() -> Task<> {
    co_await at_once(300, [&]() -> Task<> {
      Stranger stranger = co_await Stranger::connect(tcp());
      co_await stranger.say(client_beginning() + announcement_of(4'000'000));
      for (bool is_said = true; is_said;) is_said = co_await stranger.say_slowly("x");
    });
  });
}

// A PING is a sign of life, and no first frame.
TEST_F(HostileConnections, PingsDoNotProlongTheFirstFrame) {
  survives(impatient, [&]() -> Task<> {
    co_await at_once(100, [&]() -> Task<> {
      Stranger stranger = co_await Stranger::connect(tcp());
      bool is_said = co_await stranger.say(client_beginning());
      while (is_said) {
        is_said = co_await stranger.say(ping());
        co_await checkpoint();
      }
    });
  });
}

TEST_F(HostileConnections, HundredsThatShakeHandsAndSayNothingMoreAreClosed) {
  survives(impatient, [&]() -> Task<> {
    for (const std::string& endpoint : endpoints()) {
      std::vector<Stranger> strangers = co_await crowd(endpoint, strangers_at_most(500), client_beginning());
      co_await expect_all_closed(strangers);
    }
  });
}

TEST_F(HostileConnections, WhoeverSaysThatNothingFollowsIsClosedAtOnce) {
  survives(patient, [&]() -> Task<> {
    const std::string greeting = zmtp::write_greeting({"NULL", false});
    const std::array<std::string, 6> beginnings{"",
                                                greeting.substr(0, 11),
                                                greeting,
                                                client_beginning(),
                                                client_beginning() + announcement_of(1000) + "half",
                                                client_beginning() + hello_of(1)};
    for (const std::string& endpoint : endpoints()) {
      for (const std::string& words : beginnings) {
        std::vector<Stranger> strangers = co_await crowd(endpoint, 30, words);
        for (Stranger& stranger : strangers) stranger.end_speech();
        co_await expect_all_closed(strangers);
      }
    }
  });
}

TEST_F(HostileConnections, AResetAtAnyByteLeavesNothing) {
  const auto conversation = [](std::size_t token) {
    return client_beginning() + hello_of(static_cast<std::uint8_t>(token)) + ping() + set_frame() + ping();
  };
  for (const std::size_t transport : {std::size_t{0}, std::size_t{1}}) {
    survives(patient, [&]() -> Task<> {
      for (std::size_t bytes = 0; bytes <= conversation(0).size(); ++bytes) {
        Stranger stranger = co_await Stranger::connect(endpoints().at(transport));
        co_await stranger.say(conversation(bytes % 256).substr(0, bytes));
        // Some resets meet a broker that has read and answered, others one that has not.
        if (bytes % 2 == 0) co_await stranger.hear(zmtp::greeting_bytes);
        stranger.reset();
      }
    });
  }
}

}  // namespace
}  // namespace hoiku::wire_tests
