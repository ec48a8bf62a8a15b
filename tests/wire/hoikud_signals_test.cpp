// hoikud's signals and its log, as a process: what ends it, what reloads it, and what must not end it.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "program.hpp"
#include "spoken.hpp"
#include "wire.hpp"

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using wire_tests::endpoint_of;
using wire_tests::Folder;
using wire_tests::Program;
using wire_tests::run_within_patience;
using wire_tests::SpokenClient;

const std::vector<std::string> anywhere{"--listen", "tcp://127.0.0.1:*"};

void expect_service(const std::string& endpoint) {
  run_within_patience([&]() -> Task<> {
    SpokenClient client(endpoint, 1);
    const proto::ServerFrame welcome = co_await client.greet();
    EXPECT_TRUE(welcome.welcome.has_value());
  });
}

TEST(HoikudSignals, HangupReadsTheLogLevelAgainAndEndsNothing) {
  Folder folder;
  const std::string file = folder.path("hoikud.toml");
  std::ofstream(file) << "listen = ['tcp://127.0.0.1:*']\n";
  Program hoikud(HOIKUD_PATH, {"--config", file});
  const std::string endpoint = endpoint_of(hoikud);
  std::ofstream(file) << "log-level = 'loud'\n";
  hoikud.signal(SIGHUP);
  EXPECT_THAT(hoikud.wait_for_line("reload_refused"), HasSubstr("log-level is 'loud'"));
  std::ofstream(file) << "log-level = 'debug'\n";
  hoikud.signal(SIGHUP);
  EXPECT_THAT(hoikud.wait_for_line("reloaded"), HasSubstr("info reloaded log_level=debug"));
  expect_service(endpoint);
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
  EXPECT_THAT(hoikud.standard_error(), HasSubstr("info stopped "));
}

TEST(HoikudSignals, TheCommandLinesLogLevelStays) {
  Folder folder;
  const std::string file = folder.path("hoikud.toml");
  std::ofstream(file) << "log-level = 'error'\n";
  Program hoikud(HOIKUD_PATH, {"--config", file, "--listen", "tcp://127.0.0.1:*", "--log-level", "info"});
  endpoint_of(hoikud);
  hoikud.signal(SIGHUP);
  hoikud.wait_for_line("reloaded log_level=info");
}

TEST(HoikudSignals, StraySignalsEndNothing) {
  Program hoikud(HOIKUD_PATH, anywhere);
  const std::string endpoint = endpoint_of(hoikud);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ}) hoikud.signal(signal);
  expect_service(endpoint);
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
}

// As a background job of a script, or after nohup.
TEST(HoikudSignals, WhatItWasStartedToIgnoreItIgnores) {
  const auto interrupt = std::signal(SIGINT, SIG_IGN);
  const auto hangup = std::signal(SIGHUP, SIG_IGN);
  Program hoikud(HOIKUD_PATH, anywhere);
  std::signal(SIGINT, interrupt);
  std::signal(SIGHUP, hangup);
  endpoint_of(hoikud);
  hoikud.signal(SIGHUP);
  hoikud.signal(SIGINT);
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
  EXPECT_THAT(hoikud.standard_error(), testing::Not(HasSubstr("reload")));
}

TEST(HoikudSignals, ALogThatNobodyReadsStopsNeitherItsServiceNorItsEnd) {
  Program hoikud(HOIKUD_PATH, {"--listen", "tcp://127.0.0.1:*", "--log-level", "debug"});
  const std::string endpoint = endpoint_of(hoikud);
  hoikud.fill_pipes();
  hoikud.signal(SIGHUP);  // a line
  expect_service(endpoint);
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait_without_reading(), -SIGTERM);
}

TEST(HoikudSignals, ALogWhoseReaderHasGoneStopsNothing) {
  Program hoikud(HOIKUD_PATH, anywhere);
  const std::string endpoint = endpoint_of(hoikud);
  hoikud.close_pipes();
  hoikud.signal(SIGHUP);  // a line
  expect_service(endpoint);
  hoikud.signal(SIGTERM);
  EXPECT_EQ(hoikud.wait(), -SIGTERM);
}

}  // namespace
}  // namespace hoiku
