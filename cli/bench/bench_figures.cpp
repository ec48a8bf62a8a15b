#include "cli/bench/bench_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hoiku::cli {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

double microseconds(Duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

// Per second; 0 if no time has passed.
double rate(std::uint64_t count, Duration time) {
  return time > Duration(0) ? static_cast<double>(count) / seconds(time) : 0;
}

// 1234567 as 1,234,567.
std::string grouped(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, ",");
  }
  return digits;
}

std::string grouped(std::uint64_t number) { return grouped(static_cast<double>(number)); }

std::string milliseconds(Duration time) { return fmt::format("{:.2f} ms", microseconds(time) / 1000); }

std::string_view skipped_word(const BenchFigures& figures) {
  return figures.mode == proto::Mode::every ? "lagged" : "conflated";
}

std::string latency_line(const BenchFigures& figures) {
  const auto& all = figures.latencies;
  if (all.empty()) return "latency    no value of the probe came back";
  return fmt::format("latency    p50 {}, p99 {}, p99.9 {} (of {} values of a probe beside the load)",
                     milliseconds(percentile(all, 0.5)), milliseconds(percentile(all, 0.99)),
                     milliseconds(percentile(all, 0.999)), grouped(all.size()));
}

}  // namespace

std::uint64_t BenchFigures::lost() const {
  const std::uint64_t expected = published * readers;
  return expected - std::min(expected, delivered + skipped);
}

Duration percentile(const std::vector<Duration>& latencies, double share) {
  if (latencies.empty()) return Duration(0);
  std::vector<Duration> sorted = latencies;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

std::string bench_text(const BenchFigures& figures, bool json) {
  const double messages = rate(figures.published, figures.publishing);
  const double deliveries = rate(figures.delivered, figures.reading);
  if (json) {
    const auto us = [&](double share) { return microseconds(percentile(figures.latencies, share)); };
    return fmt::format(
        R"({{"seconds":{:.3f},"messages":{},"messages_per_s":{:.0f},"readers":{},"deliveries":{},)"
        R"("deliveries_per_s":{:.0f},"{}":{},"lost":{},"complete":{},"probes":{},"p50_us":{:.1f},"p99_us":{:.1f},)"
        R"("p999_us":{:.1f}}})",
        seconds(figures.publishing), figures.published, messages, figures.readers, figures.delivered, deliveries,
        skipped_word(figures), figures.skipped, figures.lost(), figures.is_complete ? "true" : "false",
        figures.latencies.size(), us(0.5), us(0.99), us(0.999));
  }
  return fmt::format("published  {} messages/s ({} in {:.1f} s, {})\n", grouped(messages), grouped(figures.published),
                     seconds(figures.publishing), figures.acknowledged ? "each acknowledged" : "posted") +
         fmt::format("delivered  {} deliveries/s to {} reader{} ({} {}, {} {})\n", grouped(deliveries), figures.readers,
                     figures.readers == 1 ? "" : "s", grouped(figures.skipped), skipped_word(figures),
                     grouped(figures.lost()), figures.is_complete ? "lost" : "not there yet") +
         latency_line(figures);
}

}  // namespace hoiku::cli
