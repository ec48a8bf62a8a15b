// `hoiku bench`: its command line, its load in virtual time, and its lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/bench/bench_load.hpp"
#include "cli/options.hpp"
#include "hoiku/testing.hpp"

namespace hoiku::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::variant<Options, int> parse_bench(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"hoiku", "bench"});
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

BenchVerb verb_of(const std::vector<const char*>& arguments) {
  return std::get<BenchVerb>(std::get<Options>(parse_bench(arguments)).verb);
}

std::string complaint_about(const std::vector<const char*>& arguments) {
  ::testing::internal::CaptureStderr();
  const auto parsed = parse_bench(arguments);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::get<int>(parsed), usage) << said;
  return said;
}

// ---- The command line

TEST(BenchOptions, HaveDefaults) {
  const BenchVerb verb = verb_of({});
  EXPECT_EQ(verb.duration, 5s);
  EXPECT_EQ(verb.size, 16U);
  EXPECT_EQ(verb.readers, 1U);
  EXPECT_EQ(verb.topics, 1U);
  EXPECT_EQ(verb.mode, proto::Mode::every);
  EXPECT_EQ(verb.interval, 0s);
  EXPECT_FALSE(verb.set);
}

TEST(BenchOptions, AreRead) {
  const BenchVerb verb = verb_of({"--for", "200ms", "--size", "256", "--readers", "16", "--topics", "100", "--mode",
                                  "latest", "--rate", "1000", "--set"});
  EXPECT_EQ(verb.duration, 200ms);
  EXPECT_EQ(verb.size, 256U);
  EXPECT_EQ(verb.readers, 16U);
  EXPECT_EQ(verb.topics, 100U);
  EXPECT_EQ(verb.mode, proto::Mode::latest);
  EXPECT_EQ(verb.interval, 1ms);
  EXPECT_TRUE(verb.set);
  EXPECT_EQ(verb_of({"--rate", "2/min"}).interval, 30s);
}

TEST(BenchOptions, ThatMakeNoSenseAreRefused) {
  EXPECT_THAT(complaint_about({"--mode", "some"}), HasSubstr("there is no mode 'some': readers read every or latest"));
  EXPECT_THAT(complaint_about({"--rate", "fast"}), HasSubstr("'fast' is not a rate"));
  EXPECT_THAT(complaint_about({"--rate", "0"}), HasSubstr("is not a rate"));
  EXPECT_THAT(complaint_about({"--for", "soon"}), HasSubstr("soon"));
  EXPECT_THAT(complaint_about({"--size", "4"}), HasSubstr("--size"));
  EXPECT_THAT(complaint_about({"--readers", "0"}), HasSubstr("--readers"));
  EXPECT_THAT(complaint_about({"--topics", "-1"}), HasSubstr("--topics"));
}

// ---- The load

// Runs a load on a simulated bus whose network takes 1 ms each way. Returns the names of the topics that it has left.
std::vector<std::string> run_load(BenchLoad& load, Duration limit = 1h) {
  std::vector<std::string> left;
  sim::simulate_or_throw([&](sim::Simulation& world) -> Task<> {
    world.network().delay_all(1ms, 1ms);
    co_await move_on_after(limit, [&]() -> Task<> {
      co_await load.run([&](Nursery& nursery, std::string name) { return world.connect(nursery, client_name(name)); });
    });
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Bus bus = co_await world.connect(nursery, client_name("looker"));
      const std::vector<TopicInfo> all = co_await bus.list("**");
      for (const TopicInfo& topic : all) {
        if (!topic.state->value.is_null()) left.push_back(topic.state->topic);
      }
    });
  });
  return left;
}

BenchVerb at_a_rate(Duration interval) {
  BenchVerb verb;
  verb.duration = 1s;
  verb.interval = interval;
  return verb;
}

TEST(BenchLoad, CountsWhatEachReaderIsGiven) {
  BenchVerb verb = at_a_rate(10ms);
  verb.readers = 3;
  verb.topics = 7;
  BenchLoad load(verb, "bench/x");
  EXPECT_TRUE(run_load(load).empty());
  const BenchFigures figures = load.figures();
  EXPECT_EQ(figures.published, 100U);
  EXPECT_EQ(figures.delivered, 300U);
  EXPECT_EQ(figures.skipped, 0U);
  EXPECT_EQ(figures.lost(), 0U);
  EXPECT_TRUE(figures.is_complete);
}

TEST(BenchLoad, SeveralValuesAreDueInOneTickOfAHighRate) {
  BenchLoad load(at_a_rate(100us), "bench/x");
  run_load(load);
  EXPECT_GE(load.figures().published, 9'990U);
  EXPECT_LE(load.figures().published, 10'000U);
  EXPECT_EQ(load.figures().delivered, load.figures().published);
}

TEST(BenchLoad, AReaderOfTheLatestValueKnowsWhatItSkips) {
  BenchVerb verb = at_a_rate(100us);
  verb.mode = proto::Mode::latest;
  BenchLoad load(verb, "bench/x");
  run_load(load);
  const BenchFigures figures = load.figures();
  EXPECT_GT(figures.skipped, 0U);
  EXPECT_EQ(figures.delivered + figures.skipped, figures.published);
  EXPECT_TRUE(figures.is_complete);
}

TEST(BenchLoad, TheLatencyIsThatOfTheNetworkBothWays) {
  BenchLoad load(at_a_rate(10ms), "bench/x");
  run_load(load);
  const BenchFigures figures = load.figures();
  EXPECT_GE(figures.latencies.size(), 150U);
  EXPECT_EQ(percentile(figures.latencies, 0.5), 2ms);
}

TEST(BenchLoad, ASetAwaitsItsAcknowledgement) {
  BenchVerb verb;
  verb.duration = 1s;
  verb.set = true;
  BenchLoad load(verb, "bench/x");
  EXPECT_TRUE(run_load(load).empty());
  EXPECT_EQ(load.figures().published, 500U);  // a round trip takes 2 ms
  EXPECT_TRUE(load.figures().is_complete);
}

TEST(BenchLoad, AtFullSpeedNoReaderOfEveryTransitionLags) {
  BenchVerb verb;
  verb.duration = 20ms;
  verb.readers = 2;
  BenchLoad load(verb, "bench/x");
  run_load(load);
  const BenchFigures figures = load.figures();
  EXPECT_GT(figures.published, 0U);
  EXPECT_EQ(figures.skipped, 0U);
  EXPECT_EQ(figures.delivered, 2 * figures.published);
}

TEST(BenchLoad, CancelledItHasItsFiguresAndUnsetsItsTopics) {
  BenchVerb verb = at_a_rate(10ms);
  verb.duration = 1h;
  verb.topics = 100;
  BenchLoad load(verb, "bench/x");
  EXPECT_TRUE(run_load(load, 500ms).empty());
  EXPECT_TRUE(load.has_begun());
  EXPECT_GT(load.figures().published, 0U);
  EXPECT_LT(load.figures().publishing, 500ms);
  EXPECT_FALSE(load.figures().is_complete);
}

TEST(BenchLoad, CancelledBeforeItHasBegunItHasNothingToShow) {
  BenchLoad load(at_a_rate(10ms), "bench/x");
  EXPECT_TRUE(run_load(load, 1ms).empty());
  EXPECT_FALSE(load.has_begun());
}

// ---- The lines

BenchFigures some_figures() {
  BenchFigures figures;
  figures.readers = 2;
  figures.published = 1'234'567;
  figures.delivered = 2'469'134;
  figures.is_complete = true;
  figures.publishing = 5s;
  figures.reading = 5s;
  for (int i = 1; i <= 1000; ++i) figures.latencies.push_back(i * 10us);
  return figures;
}

TEST(BenchFigures, AreThreeLinesForAPerson) {
  EXPECT_EQ(bench_text(some_figures(), false),
            "published  246,913 messages/s (1,234,567 in 5.0 s, posted)\n"
            "delivered  493,827 deliveries/s to 2 readers (0 lagged, 0 lost)\n"
            "latency    p50 5.00 ms, p99 9.90 ms, p99.9 9.99 ms (of 1,000 values of a probe beside the load)");
}

TEST(BenchFigures, SayWhatIsMissing) {
  BenchFigures figures = some_figures();
  figures.mode = proto::Mode::latest;
  figures.acknowledged = true;
  figures.readers = 1;
  figures.delivered = 1'000'000;
  figures.skipped = 234'560;
  figures.is_complete = false;
  figures.latencies.clear();
  const std::string text = bench_text(figures, false);
  EXPECT_THAT(text, HasSubstr("each acknowledged"));
  EXPECT_THAT(text, HasSubstr("to 1 reader (234,560 conflated, 7 not there yet)"));
  EXPECT_THAT(text, HasSubstr("no value of the probe came back"));
}

TEST(BenchFigures, AreOneLineOfJson) {
  EXPECT_EQ(bench_text(some_figures(), true),
            R"({"seconds":5.000,"messages":1234567,"messages_per_s":246913,"readers":2,"deliveries":2469134,)"
            R"("deliveries_per_s":493827,"lagged":0,"lost":0,"complete":true,"probes":1000,"p50_us":5000.0,)"
            R"("p99_us":9900.0,"p999_us":9990.0})");
}

TEST(BenchFigures, OfNoTimeHaveNoRates) {
  const std::string text = bench_text(BenchFigures(), true);
  EXPECT_THAT(text, HasSubstr(R"("messages_per_s":0,)"));
  EXPECT_THAT(text, HasSubstr(R"("p50_us":0.0)"));
}

}  // namespace
}  // namespace hoiku::cli
