// paths.cpp: the way of a write through publisher, broker and readers, in one thread and without sockets: what each of
// the three spends on it, in nanoseconds and in allocations. bench/guard.py counts the instructions of the same
// scenarios.
//
//   bench_paths                      all scenarios, a line each
//   bench_paths SCENARIO [ROUNDS]    one of them
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "broker/core/core.hpp"
#include "broker/store/memory_store.hpp"
#include "client/src/bus/posts.hpp"
#include "client/src/session/session.hpp"
#include "hoiku/proto/codec.hpp"

namespace {
std::uint64_t allocations = 0;
}

// The three functions are not inlined: g++ 12 would warn that memory of malloc() is given to `delete`, or the other way
// around.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace hoiku {
namespace {

using Clock = std::chrono::steady_clock;

struct Scenario {
  std::string_view name;
  std::size_t writes = 256;  // in a round, which is one frame of the publisher's
  std::size_t bytes = 16;
  std::size_t topics = 1;
  std::size_t readers = 1;
  proto::Mode mode = proto::Mode::every;
  bool posts = true;
  std::size_t waits = 0;  // armed ones with thresholds that are not reached
};

constexpr std::array scenarios{
    Scenario{.name = "post"},
    Scenario{.name = "post-256-bytes", .bytes = 256},
    Scenario{.name = "post-1000-topics", .topics = 1000},
    Scenario{.name = "fan-out", .readers = 16},
    Scenario{.name = "set", .posts = false},
    Scenario{.name = "single", .writes = 1, .posts = false},
    Scenario{.name = "latest", .mode = proto::Mode::latest},
    Scenario{.name = "waits", .waits = 1000},
};

enum Party : std::uint8_t { publisher, broker_side, reader, parties };

class Path {
 public:
  explicit Path(const Scenario& scenario) : scenario_(scenario), core_(core_options()) {
    for (std::size_t i = 0; i <= scenario.readers; ++i) clients_.push_back(std::make_unique<Client>(options(i)));
    for (std::size_t i = 0; i < scenario.topics; ++i) topics_.push_back(fmt::format("t/{}", i));
    for (auto& client : clients_) client->session.connected(now_);
    for (int i = 0; i < 3; ++i) turn();
    for (std::size_t i = 1; i < clients_.size(); ++i) {
      proto::Subscribe command;
      command.topics = {scenario.topics == 1 ? topics_.front() : "t/*"};
      command.mode = scenario.mode;
      clients_[i]->subscription = *clients_[i]->session.submit(std::move(command));
    }
    for (std::size_t i = 0; i < scenario.waits; ++i) {
      proto::Wait command;
      command.topic = topics_[i % topics_.size()];
      command.predicate = *Predicate::parse(fmt::format("value > {}", 1'000'000'000 + i));
      static_cast<void>(clients_.back()->session.submit(std::move(command)));
    }
    for (int i = 0; i < 3; ++i) turn();
  }

  // Writes once round, until every reader has everything.
  void run_round() {
    begin(publisher);
    for (std::size_t i = 0; i < scenario_.writes; ++i) write();
    end(publisher);
    do turn();
    while (!to_broker_.empty());
    now_ += std::chrono::microseconds(100);
    ++rounds_;
  }
  void forget_costs() {
    costs_ = {};
    rounds_ = 0;
    taken_ = 0;
    bytes_up_ = bytes_down_ = 0;
  }

  void print() const {
    const double writes = static_cast<double>(rounds_ * scenario_.writes);
    double all = 0;
    double allocated = 0;
    fmt::print("{:18}", scenario_.name);
    for (std::size_t i = 0; i < parties; ++i) {
      const double nanoseconds = static_cast<double>(costs_[i].time.count()) / writes;
      const double made = static_cast<double>(costs_[i].allocations) / writes;
      constexpr std::array<std::string_view, parties> names{"publisher", "broker", "readers"};
      fmt::print(" {} {:7.1f} ns {:6.2f}", names[i], nanoseconds, made);
      all += nanoseconds;
      allocated += made;
    }
    fmt::print("  all {:7.1f} ns {:6.2f} allocations; {:5.1f} bytes up, {:6.1f} down; {:4.2f} taken\n", all, allocated,
               static_cast<double>(bytes_up_) / writes, static_cast<double>(bytes_down_) / writes,
               static_cast<double>(taken_) / writes);
  }

 private:
  struct Client {
    explicit Client(client::SessionOptions session_options) : session(std::move(session_options)) {}
    client::Session session;
    proto::RequestId subscription = 0;
  };
  struct Cost {
    std::chrono::nanoseconds time{0};
    std::uint64_t allocations = 0;
  };

  static broker::CoreOptions core_options() {
    broker::CoreOptions options;
    options.instance_id = 7;
    options.epoch_seed = 9;
    return options;
  }
  static client::SessionOptions options(std::size_t number) {
    client::SessionOptions options;
    options.token[0] = static_cast<std::uint8_t>(number + 1);
    options.client_name = number == 0 ? "publisher" : "reader";
    return options;
  }

  void begin(Party) {
    began_ = Clock::now();
    allocated_before_ = allocations;
  }
  void end(Party party) {
    costs_[party].time += Clock::now() - began_;
    costs_[party].allocations += allocations - allocated_before_;
  }
  broker::Instant instant() const { return {now_, WallTime(std::chrono::microseconds(1'700'000'000'000'000))}; }

  void write() {
    std::string content(scenario_.bytes, 'x');
    std::memcpy(content.data(), &written_, sizeof(written_));
    const std::string& topic = topics_[written_++ % topics_.size()];
    const std::size_t bytes = topic.size() + content.size();
    Value value(Bytes(std::move(content)));
    client::Session& session = clients_.front()->session;
    if (scenario_.posts) {
      if (!posts_.has_room(bytes)) std::abort();
      posts_.add(session.post(topic, value).value(), bytes, "");
      return;
    }
    proto::Set command;
    command.topic = topic;
    command.value = std::move(value);
    session.submit(std::move(command)).value();
  }

  void turn() {
    for (std::size_t i = 0; i < clients_.size(); ++i) take_frames(i);
    take_input();
    commit();
    send_output();
    for (auto& [client, bytes] : to_clients_) receive(client, bytes);
    to_clients_.clear();
    for (std::size_t i = 0; i < clients_.size(); ++i) take_frames(i);
  }

  void take_frames(std::size_t number) {
    const Party party = number == 0 ? publisher : reader;
    begin(party);
    while (const auto frame = clients_[number]->session.take_frame(now_)) {
      to_broker_.emplace_back(number, proto::encode(*frame));
      if (number == 0) bytes_up_ += to_broker_.back().second.size();
    }
    end(party);
  }

  void take_input() {
    begin(broker_side);
    for (const auto& [number, bytes] : to_broker_) {
      auto frame = proto::decode_client_frame(bytes);
      if (!frame) std::abort();
      core_.receive(broker::PeerId{number + 1}, std::move(*frame), instant());
    }
    to_broker_.clear();
    core_.advance(instant());
    end(broker_side);
  }

  void commit() {
    begin(broker_side);
    for (;;) {
      std::vector<broker::Record> records = core_.take_records();
      if (!records.empty()) store_.append(std::move(records));
      const auto stored = store_.poll();
      if (!stored) break;
      core_.committed(stored->sequence, instant());
    }
    end(broker_side);
  }

  void send_output() {
    begin(broker_side);
    while (const auto out = core_.take_output(instant())) {
      to_clients_.emplace_back(static_cast<std::size_t>(out->peer) - 1, proto::encode(*out->frame));
      if (to_clients_.back().first != 0) bytes_down_ += to_clients_.back().second.size();
    }
    static_cast<void>(core_.take_events());
    end(broker_side);
  }

  void receive(std::size_t number, const std::string& bytes) {
    const Party party = number == 0 ? publisher : reader;
    Client& client = *clients_[number];
    begin(party);
    auto frame = proto::decode_server_frame(bytes);
    if (!frame) std::abort();
    const auto received = client.session.receive(std::move(*frame), bytes.size(), now_);
    if (!received) std::abort();
    if (number == 0) {
      posts_.settle_through(received->posts_settled);
    } else {
      while (const auto item = client.session.take(client.subscription)) {
        if (!item->transition) continue;
        taken_ += item->transition->value.payload_bytes() == scenario_.bytes ? 1 : 0;
      }
    }
    end(party);
  }

  const Scenario scenario_;
  TimePoint now_{std::chrono::seconds(100)};
  broker::Core core_;
  broker::MemoryStore store_;
  std::vector<std::unique_ptr<Client>> clients_;  // first the publisher, then the readers
  client::Posts posts_;
  std::vector<std::string> topics_;
  std::uint64_t written_ = 0;
  std::vector<std::pair<std::size_t, std::string>> to_broker_;
  std::vector<std::pair<std::size_t, std::string>> to_clients_;

  std::array<Cost, parties> costs_;
  std::size_t rounds_ = 0;
  std::uint64_t taken_ = 0;
  std::size_t bytes_up_ = 0;
  std::size_t bytes_down_ = 0;
  Clock::time_point began_;
  std::uint64_t allocated_before_ = 0;
};

void run(const Scenario& scenario, std::size_t rounds) {
  Path path(scenario);
  for (std::size_t i = 0; i < rounds / 4 + 1; ++i) path.run_round();
  path.forget_costs();
  for (std::size_t i = 0; i < rounds; ++i) path.run_round();
  path.print();
}

}  // namespace
}  // namespace hoiku

int main(int count, char** arguments) {
  constexpr std::size_t writes = 250'000;
  for (const hoiku::Scenario& scenario : hoiku::scenarios) {
    if (count > 1 && scenario.name != arguments[1]) continue;
    const std::size_t rounds = writes / (scenario.writes == 1 ? 10 : scenario.writes) / scenario.readers;
    hoiku::run(scenario, count > 2 ? std::strtoul(arguments[2], nullptr, 10) : rounds);
  }
}
