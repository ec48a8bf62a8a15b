// Replays the corpus of the fuzzers, and what they found, in every build.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/targets.hpp"

namespace hoiku::fuzz {
namespace {

int replay(const std::string& folder, void (*target)(std::string_view)) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(CORPUS) / folder)) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    target(bytes);
    // Copies the bytes, so that a sanitizer notices a read beyond their end.
    for (const std::size_t length : {bytes.size() / 3, bytes.size() - bytes.size() / 10}) {
      const std::string cut = bytes.substr(0, length);
      target(cut);
    }
    ++count;
  }
  return count;
}

TEST(FuzzCorpus, FramesOfClients) { EXPECT_GT(replay("client_frame", client_frame), 5); }
TEST(FuzzCorpus, FramesOfBrokers) { EXPECT_GT(replay("server_frame", server_frame), 5); }
TEST(FuzzCorpus, Predicates) { EXPECT_GT(replay("predicate", predicate), 10); }
TEST(FuzzCorpus, Schemas) { EXPECT_GT(replay("schema", schema), 5); }
TEST(FuzzCorpus, MessagesInJson) { EXPECT_GT(replay("json", json), 5); }
TEST(FuzzCorpus, ZmtpPeers) { EXPECT_GT(replay("zmtp", zmtp), 5); }
TEST(FuzzCorpus, Messages) { EXPECT_GT(replay("message", message), 5); }

}  // namespace
}  // namespace hoiku::fuzz
