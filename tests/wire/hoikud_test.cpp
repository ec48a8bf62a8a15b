// hoikud as a process: its command line, its signals, its log.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "program.hpp"
#include "spoken.hpp"
#include "wire.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using wire_tests::Ended;
using wire_tests::endpoint_of;
using wire_tests::Folder;
using wire_tests::Program;
using wire_tests::run_within_patience;
using wire_tests::SpokenClient;

Ended run_to_its_end(const std::vector<std::string>& arguments) {
  return wire_tests::run_to_its_end(HOIKUD_PATH, arguments);
}

TEST(Hoikud, AfterSigtermItTellsItsClientsAndDiesOfIt) {
  Program hoikud(HOIKUD_PATH, {"--listen", "tcp://127.0.0.1:*"});
  const std::string endpoint = endpoint_of(hoikud);
  run_within_patience([&]() -> Task<> {
    SpokenClient client(endpoint, 1);
    const proto::ServerFrame welcome = co_await client.greet();
    EXPECT_TRUE(welcome.welcome.has_value());
    co_await client.say(wire_tests::set_command(1, "battery", Value(true)));
    co_await client.receive_more();
    hoikud.signal(SIGTERM);
    const proto::ServerFrame last = co_await client.receive_more();
    EXPECT_TRUE(last.fatal && last.fatal->code == ErrorCode::unavailable);
  });
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
  EXPECT_THAT(hoikud.standard_error(),
              ContainsRegex("info session_opened session=client-1-[0-9a-f]+ address=127.0.0.1:"));
  EXPECT_THAT(hoikud.standard_error(), HasSubstr("info drained sessions=1 "));
  EXPECT_THAT(hoikud.standard_error(), EndsWith("info stopped topics=1 commits=1\n"));
  EXPECT_EQ(hoikud.standard_output(), "");
}

TEST(Hoikud, AfterSigintItDiesOfItToo) {
  Program hoikud(HOIKUD_PATH, {"--listen", "tcp://127.0.0.1:*"});
  endpoint_of(hoikud);
  hoikud.signal(SIGINT);
  EXPECT_EQ(hoikud.wait(), -SIGINT);
  EXPECT_THAT(hoikud.standard_error(), HasSubstr("info stopped "));
}

TEST(Hoikud, AClientThatDoesNotReadDoesNotDelayShutdown) {
  Program hoikud(HOIKUD_PATH, {"--listen", "tcp://127.0.0.1:*"});
  const std::string endpoint = endpoint_of(hoikud);
  run_within_patience([&]() -> Task<> {
    SpokenClient client(endpoint, 1);
    co_await client.greet();
    co_await client.say(wire_tests::subscribe_command(1, "**"));
    for (std::uint64_t i = 2; i < 300; ++i)
      co_await client.say(wire_tests::set_command(i, "big", Value(std::string(10'000 + i, 'x'))));
    hoikud.signal(SIGTERM);
    EXPECT_EQ(hoikud.wait(), -SIGTERM);
  });
}

TEST(Hoikud, ASecondBrokerAtTheSameAddressIsRefused) {
  Folder folder;
  for (const std::string& wanted : {std::string("tcp://127.0.0.1:*"), "ipc://" + folder.path("broker.sock")}) {
    Program first(HOIKUD_PATH, {"--listen", wanted});
    const std::string endpoint = endpoint_of(first);
    const Ended second = run_to_its_end({"--listen", endpoint});
    EXPECT_EQ(second.status, 1);
    EXPECT_EQ(second.error,
              "error: cannot listen at " + endpoint +
                  ": another program listens there, perhaps a broker: stop it, or choose another address\n");
    first.signal(SIGTERM);
    EXPECT_EQ(first.wait(), -SIGTERM);
  }
}

TEST(Hoikud, StartsAgainWhereItsPredecessorWasKilled) {
  Folder folder;
  const std::string endpoint = "ipc://" + folder.path("broker.sock");
  for (int i = 0; i < 3; ++i) {
    Program hoikud(HOIKUD_PATH, {"--listen", endpoint});
    EXPECT_EQ(endpoint_of(hoikud), endpoint);
    run_within_patience([&]() -> Task<> {
      SpokenClient client(endpoint, 1);
      co_await client.greet();
      hoikud.signal(SIGKILL);
      bool cut = false;
      try {
        for (;;) co_await client.receive();
      } catch (const link::LinkClosed&) {
        cut = true;
      }
      EXPECT_TRUE(cut);
    });
    EXPECT_EQ(hoikud.wait(), -SIGKILL);
  }
}

TEST(Hoikud, ListensAtSeveralEndpoints) {
  Folder folder;
  const std::string ipc = "ipc://" + folder.path("broker.sock");
  Program hoikud(HOIKUD_PATH, {"--listen", "tcp://127.0.0.1:*", "--listen", ipc, "--session-timeout", "1500ms"});
  const std::string tcp = endpoint_of(hoikud);
  EXPECT_THAT(tcp, StartsWith("tcp://127.0.0.1:"));
  hoikud.wait_for_line("endpoint=" + ipc);
  run_within_patience([&]() -> Task<> {
    std::uint8_t token = 0;
    for (const std::string& endpoint : {tcp, ipc}) {
      SpokenClient client(endpoint, ++token);
      const proto::ServerFrame answer = co_await client.greet();
      EXPECT_TRUE(answer.welcome && answer.welcome->session_timeout == 1500ms);
    }
  });
}

TEST(Hoikud, RefusesNonLocalEndpointsWithoutInsecure) {
  for (const char* endpoint : {"tcp://*:*", "tcp://0.0.0.0:*", "tcp://192.168.0.1:7411", "tcp://[::]:7411"}) {
    const Ended refused = run_to_its_end({"--listen", endpoint});
    EXPECT_EQ(refused.status, 2) << endpoint;
    EXPECT_EQ(refused.error,
              std::string("error: refusing to listen at ") + endpoint +
                  ", which other machines can reach, since anybody there could read and write every topic: "
                  "if that network is trusted, start hoikud with --insecure\n");
  }
  Program allowed(HOIKUD_PATH, {"--listen", "tcp://*:*", "--insecure"});
  EXPECT_THAT(endpoint_of(allowed), StartsWith("tcp://*:"));
  allowed.signal(SIGTERM);
  EXPECT_EQ(allowed.wait(), -SIGTERM);
}

TEST(Hoikud, RefusesEndpointsThatNoOtherProcessCanReach) {
  const Ended refused = run_to_its_end({"--listen", "inproc://robot"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.error, "error: 'inproc://robot' cannot be reached from another process: use tcp:// or ipc://\n");
}

TEST(Hoikud, ListensOnLoopbackByDefault) {
  for (const char* endpoint : {"tcp://127.0.0.1:*", "tcp://127.1.2.3:*", "tcp://localhost:*"}) {
    Program hoikud(HOIKUD_PATH, {"--listen", endpoint});
    EXPECT_THAT(endpoint_of(hoikud), StartsWith("tcp://127."));
    hoikud.signal(SIGTERM);
    EXPECT_EQ(hoikud.wait(), -SIGTERM);
  }
}

TEST(Hoikud, AWrongCommandLineGetsOneSentenceAndStatusTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--nonsense"}, "--nonsense"},
      {{"nonsense"}, "nonsense"},
      {{"--listen"}, "--listen"},
      {{"--listen", "7411"}, "'7411' is not an endpoint: it begins with neither tcp:// nor ipc://"},
      {{"--listen", "tcp://127.0.0.1"}, "the port is missing"},
      {{"--listen", "tcp://127.0.0.1:99999"}, "the port is not a number from 1 to 65535"},
      {{"--listen", "tcp://:7411"}, "the host is missing"},
      {{"--listen", "ipc://"}, "the path is missing"},
      {{"--listen", "ipc://" + std::string(200, 'x')}, "a socket's path has at most 107"},
      {{"--log-level", "chatty"}, "--log-level"},
      {{"--session-timeout", "3"}, "--session-timeout"},
      {{"--session-timeout", "soon"}, "--session-timeout"},
      {{"--session-timeout", "1ms"}, "--session-timeout must be between 100ms and 24h"},
      {{"--session-timeout", "-3s"}, "--session-timeout"},
      {{"--topics-max", "0"}, "--topics-max"},
      {{"--sessions-max", "many"}, "--sessions-max: 'many' is not a whole number from 1 to 4294967295"},
      {{"--config", "/nowhere/hoikud.toml"}, "/nowhere/hoikud.toml cannot be read: No such file or directory"},
      {{"--config", "/"}, "the configuration file / cannot be read: Is a directory"},
      {{"--config", "/dev/zero"}, "the configuration file /dev/zero has more than 1 MiB"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Ended ended = run_to_its_end(arguments);
    EXPECT_EQ(ended.status, 2) << expected;
    EXPECT_THAT(ended.error, StartsWith("error: "));
    EXPECT_THAT(ended.error, HasSubstr(expected));
    EXPECT_EQ(std::count(ended.error.begin(), ended.error.end(), '\n'), 1) << ended.error;
    EXPECT_EQ(ended.output, "");
  }
}

TEST(Hoikud, TheCommandLineOverridesTheConfigurationFile) {
  Folder folder;
  const std::string file = folder.path("hoikud.toml");
  const std::string socket = "ipc://" + folder.path("broker.sock");
  std::ofstream(file) << "listen = ['" << socket << "']\nsession-timeout = '1500ms'\n[limits]\ntopics-max = 1\n";
  Program hoikud(HOIKUD_PATH, {"--config", file, "--topics-max", "2"});
  EXPECT_EQ(endpoint_of(hoikud), socket);
  run_within_patience([&]() -> Task<> {
    SpokenClient client(socket, 1);
    const proto::ServerFrame welcome = co_await client.greet();
    EXPECT_TRUE(welcome.welcome && welcome.welcome->session_timeout == 1500ms);
    std::vector<bool> failed;
    for (std::uint64_t i = 1; i <= 3; ++i) {
      co_await client.say(wire_tests::set_command(i, "topic-" + std::to_string(i), Value(true)));
      const proto::ServerFrame frame = co_await client.receive_more();
      failed.push_back(std::holds_alternative<proto::Failed>(frame.answers.at(0)));
    }
    EXPECT_THAT(failed, testing::ElementsAre(false, false, true));
  });
}

TEST(Hoikud, ServesOverTheLinkThatItIsTold) {
  for (const LinkKind kind : link_kinds()) {
    SCOPED_TRACE(to_string(kind));
    Program hoikud(HOIKUD_PATH, {"--listen", "tcp://127.0.0.1:*", "--link", std::string(to_string(kind))});
    const std::string endpoint = endpoint_of(hoikud);
    run_within_patience([&]() -> Task<> {
      SpokenClient client(endpoint, 1);
      const proto::ServerFrame welcome = co_await client.greet();
      EXPECT_TRUE(welcome.welcome);
      co_await client.say(wire_tests::set_command(1, "topic", Value(true)));
      const proto::ServerFrame frame = co_await client.receive_more();
      EXPECT_TRUE(std::holds_alternative<proto::SetDone>(frame.answers.at(0)));
    });
  }
  EXPECT_EQ(run_to_its_end({"--link", "tcp"}).error,
            "error: --link: 'tcp' is not one of " + link_kinds_text() + " (see hoikud --help)\n");
}

TEST(Hoikud, GivesASocketItsMode) {
  Folder folder;
  const std::string path = folder.path("broker.sock");
  Program hoikud(HOIKUD_PATH, {"--listen", "ipc://" + path, "--socket-mode", "600"});
  EXPECT_EQ(endpoint_of(hoikud), "ipc://" + path);
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THAT(run_to_its_end({"--socket-mode", "rw"}).error, HasSubstr("--socket-mode: 'rw' is not a mode"));
  EXPECT_THAT(run_to_its_end({"--listen", "ipc://" + path, "--socket-group", "no such"}).error,
              HasSubstr("there is no group 'no such'"));
}

TEST(Hoikud, AnErrorInAFileIsOneSentenceWithItsPosition) {
  Folder folder;
  const std::string file = folder.path("hoikud.toml");
  std::ofstream(file) << "insecure = false\n\n[limits]\ntopics-max = 'many'\n";
  const Ended ended = run_to_its_end({"--config", file});
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.error, "error: " + file +
                             ":4:14: limits.topics-max is a string; it has to be a whole number from 1 to "
                             "4294967295\n");
  EXPECT_EQ(ended.output, "");
}

TEST(Hoikud, ThePrintedConfigurationReadsBackTheSame) {
  Folder folder;
  const std::string file = folder.path("hoikud.toml");
  const Ended first =
      run_to_its_end({"--listen", "tcp://*:7500", "--insecure", "--session-timeout", "1500ms", "--topics-max", "7",
                      "--values-bytes-max", "1000", "--log-level", "warn", "--print-config"});
  EXPECT_EQ(first.status, 0) << first.error;
  EXPECT_THAT(first.output, HasSubstr("values-bytes-max = 1000 "));
  EXPECT_THAT(first.output, HasSubstr("listen = [\"tcp://*:7500\"]"));
  std::ofstream(file) << first.output;
  const Ended second = run_to_its_end({"--config", file, "--print-config"});
  EXPECT_EQ(second.status, 0) << second.error;
  EXPECT_EQ(second.output, first.output);
  // A flag can be taken back too.
  EXPECT_THAT(run_to_its_end({"--config", file, "--insecure=false"}).error, HasSubstr("refusing to listen"));
}

TEST(Hoikud, AMissingFolderIsNamed) {
  Folder folder;
  const Ended ended = run_to_its_end({"--listen", "ipc://" + folder.path("none/broker.sock")});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.error, HasSubstr("the directory " + folder.path("none") + " does not exist"));
}

TEST(Hoikud, HelpAndVersionGoToStandardOutput) {
  const Ended help = run_to_its_end({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.error, "");
  for (const char* part : {"--listen", "--insecure", "--log-level", "--session-timeout", "--version", "--config",
                           "Examples:", "hoikud --listen ipc:///run/hoiku.sock", "tcp://127.0.0.1:7411"})
    EXPECT_THAT(help.output, HasSubstr(part));
  const Ended version = run_to_its_end({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.output, StartsWith("hoikud "));
}

TEST(Hoikud, TheLogLevelIsObeyed) {
  Folder folder;
  const std::string path = folder.path("broker.sock");
  Program hoikud(HOIKUD_PATH, {"--listen", "ipc://" + path, "--log-level", "error"});
  run_within_patience([&]() -> Task<> {
    // At this log level hoikud does not say when it is ready.
    SpokenClient client("ipc://" + path, 1);
    for (bool is_welcome = false; !is_welcome;) {
      try {
        const proto::ServerFrame answer = co_await client.greet();
        is_welcome = answer.welcome.has_value();
      } catch (const link::LinkClosed&) {
      }
    }
  });
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
  EXPECT_EQ(hoikud.standard_error(), "");
}

}  // namespace
}  // namespace hoiku
