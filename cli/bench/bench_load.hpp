// bench_load.hpp: the load of `hoiku bench`: a publisher, readers, and a probe whose values measure the latency.
//
// Promises   Its topics are below a prefix that nobody else has, and are unset when it ends, also if it is cancelled.
//            Readers of every transition lose nothing: the publisher stays within a window before the slowest.
// Lifetime   outlives run().
// Thread     the loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/bench/bench_figures.hpp"
#include "cli/options.hpp"
#include "hoiku/hoiku.hpp"

namespace hoiku::cli {

class BenchLoad {
 public:
  // Connects a Bus with this name; the sessions of publisher, probe and readers are separate.
  using Connect = std::function<Task<Bus>(Nursery& nursery, std::string name)>;

  // The load is on topics below `prefix`.
  BenchLoad(BenchVerb verb, std::string prefix);

  // Runs the load once, for the verb's time.
  Task<> run(Connect connect);

  // Whether something was published: only then are the figures worth a line.
  bool has_begun() const { return began_ != TimePoint{}; }
  // The figures so far.
  BenchFigures figures() const;

 private:
  struct Reading {
    std::uint64_t delivered = 0;
    std::uint64_t skipped = 0;
  };

  Task<> prepare(Bus bus);
  Task<> measure(const Connect& connect, Bus bus);
  Task<> publish(Bus bus);
  Task<> publish_all(Bus bus, TimePoint end);
  Task<> publish_at_a_rate(TimePoint end);
  Task<> put_next();
  Task<> wait_for_readers();
  Task<> probe(Bus bus);
  Task<> read_probe(Bus bus);
  Task<> read(Bus bus, Reading& reading);
  Task<> unset_all(Bus bus);
  void take(const AnyTransition& transition, Reading& reading);
  void note_progress();
  Bytes value_of(std::uint64_t number) const;
  // How far a publisher may be ahead of a reader of every transition.
  std::uint64_t window() const;
  void end_now();

  BenchVerb verb_;
  std::string prefix_;
  std::vector<Topic<Bytes>> topics_;
  std::vector<Reading> readings_;
  AsyncValue<std::uint64_t> ready_{0};    // readers that have subscribed
  AsyncValue<std::uint64_t> slowest_{0};  // values of which the slowest reader knows
  std::uint64_t published_ = 0;
  std::vector<Duration> latencies_;
  TimePoint began_{};
  TimePoint published_at_{};  // when the broker had applied all
  TimePoint ended_{};
  bool is_complete_ = false;
};

}  // namespace hoiku::cli
