// bench.cpp: measures a broker under a load, and prints what came of it, also when it is interrupted.
#include <random>

#include <fmt/format.h>

#include "cli/bench/bench_load.hpp"
#include "cli/standard_output.hpp"
#include "cli/verbs.hpp"

namespace hoiku::cli {
namespace {

// A prefix that nobody else has.
std::string new_prefix() {
  std::random_device source;
  return fmt::format("bench/{:08x}", source());
}

}  // namespace

Task<int> bench(const Options& options, Duration connecting) {
  BenchLoad load(std::get<BenchVerb>(options.verb), new_prefix());
  BenchLoad::Connect connect = [&](Nursery& nursery, std::string name) {
    return Bus::connect(nursery, options.endpoint, client_name(std::move(name)), connect_timeout(connecting));
  };
  const auto show = [&]() -> Task<> {
    if (load.has_begun()) co_await print(bench_text(load.figures(), options.json));
  };
  co_await finally(load.run(connect), show);
  co_return done;
}

}  // namespace hoiku::cli
