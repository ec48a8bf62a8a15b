// seeds.hpp: selects the histories to run.
//
// HOIKU_SEED=n runs that history alone, HOIKU_SIM_HISTORIES=n runs n histories instead of 50, HOIKU_SIM_FIRST=n begins
// with history n, HOIKU_SIM_STORY=1 prints what happens, line by line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace hoiku::model {

inline std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (!text || !*text) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

// `telling`: later seeds that the tests run as well, because few histories show what these show.
inline std::vector<std::uint64_t> seeds_of_histories(const std::vector<std::uint64_t>& telling = {}) {
  if (const auto seed = number_from_environment("HOIKU_SEED")) return {*seed};
  const auto count = number_from_environment("HOIKU_SIM_HISTORIES");
  std::vector<std::uint64_t> seeds(count.value_or(50));
  std::iota(seeds.begin(), seeds.end(), number_from_environment("HOIKU_SIM_FIRST").value_or(1));
  if (!count) seeds.insert(seeds.end(), telling.begin(), telling.end());
  return seeds;
}

inline std::function<void(const std::string&)> story() {
  if (!number_from_environment("HOIKU_SIM_STORY")) return {};
  return [](const std::string& line) { std::printf("%s\n", line.c_str()); };
}

inline void print_replay(std::uint64_t seed, const char* program) {
  std::fprintf(stderr, "replay it: HOIKU_SEED=%llu HOIKU_SIM_STORY=1 build/dev/bin/%s\n",
               static_cast<unsigned long long>(seed), program);
}

}  // namespace hoiku::model
