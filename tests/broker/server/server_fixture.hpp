// server_fixture.hpp: a server on a virtual clock, with a link and a store that a test controls.
#pragma once

#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/server/server.hpp"
#include "broker/store/memory_store.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/codec.hpp"
#include "hoiku/testing/virtual_time.hpp"

namespace hoiku::broker {

using namespace std::chrono_literals;
using link::SendResult;
using link::ServerLink;
using proto::ClientFrame;
using proto::ServerFrame;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;

// The state of the link of a server, for the test.
struct Wire {
  std::deque<ServerLink::Input> inbox;
  std::map<std::uint64_t, std::vector<ServerFrame>> sent;
  std::map<std::uint64_t, int> tries;
  std::set<TimePoint> times;  // of all tries
  std::set<std::uint64_t> full;
  std::set<std::uint64_t> closed;
  std::map<std::uint64_t, std::string> addresses;
  std::vector<ServerLink::Note> notes;
  Signal activity;

  void arrive(std::uint64_t peer, std::string bytes) {
    inbox.push_back(ServerLink::Input{peer, std::move(bytes)});
    activity.notify();
  }
  void arrive(std::uint64_t peer, const ClientFrame& frame) { arrive(peer, proto::encode(frame)); }
  const ServerFrame& last(std::uint64_t peer) { return sent.at(peer).back(); }
};

class WireEnd final : public ServerLink {
 public:
  explicit WireEnd(Wire& wire) : wire_(wire) {}
  std::optional<Input> try_receive() override {
    if (wire_.inbox.empty()) return {};
    Input input = std::move(wire_.inbox.front());
    wire_.inbox.pop_front();
    return input;
  }
  Signal& activity() override { return wire_.activity; }
  SendResult offer(std::uint64_t peer, const MakeFrame& make) override {
    ++wire_.tries[peer];
    wire_.times.insert(now());
    if (wire_.closed.contains(peer)) return SendResult::closed;
    if (wire_.full.contains(peer)) return SendResult::full;
    wire_.sent[peer].push_back(*proto::decode_server_frame(make()));
    return SendResult::sent;
  }
  std::vector<Note> take_notes() override { return std::exchange(wire_.notes, {}); }
  std::string address_of(std::uint64_t peer) const override { return wire_.addresses[peer]; }

 private:
  Wire& wire_;
};

// Finishes records only when the test says so.
struct SlowStore final : Store {
  struct Desk {
    std::vector<Record> records;
    std::deque<StoreEvent> events;
    std::function<void()> wake;

    void tell(StoreEvent::Kind kind, std::string reason = {}) {
      events.push_back(StoreEvent{kind, records.empty() ? 0 : records.back().sequence, std::move(reason)});
      wake();
    }
  };
  explicit SlowStore(Desk& desk) : desk_(desk) {}
  void append(std::vector<Record> records) override {
    for (Record& record : records) desk_.records.push_back(std::move(record));
  }
  std::optional<StoreEvent> poll() override {
    if (desk_.events.empty()) return {};
    StoreEvent event = desk_.events.front();
    desk_.events.pop_front();
    return event;
  }
  void on_event(std::function<void()> wake) override { desk_.wake = std::move(wake); }

 private:
  Desk& desk_;
};

inline ClientFrame hello(std::uint8_t token, std::chrono::milliseconds timeout = 3s) {
  ClientFrame frame;
  frame.connection_number = 1;
  frame.hello.emplace();
  frame.hello->token.fill(token);
  frame.hello->client_name = "client-" + std::to_string(token);
  frame.hello->session_timeout = timeout;
  return frame;
}

inline ClientFrame heartbeat() {
  ClientFrame frame;
  frame.connection_number = 1;
  return frame;
}

inline ClientFrame set_frame(std::uint64_t number, const std::string& topic, Value value) {
  ClientFrame frame;
  frame.connection_number = 1;
  frame.number = number;
  proto::Set command;
  command.id = number;
  command.topic = topic;
  command.value = std::move(value);
  frame.commands.emplace_back(std::move(command));
  return frame;
}

class ServerTest : public testing::Test {
 protected:
  // Runs `talk` beside a serving broker.
  void with_broker(const std::function<Task<>(Server&)>& talk) {
    sim::run_virtual_or_throw([&]() -> Task<> {
      ServerOptions options;
      options.core.limits = limits_;
      options.core.instance_id = 7;
      options.log = [this](LogLevel, const std::string& line) { log_ += line + "\n"; };
      if (!store_) store_ = std::make_unique<MemoryStore>();
      Server broker(std::move(options), std::make_unique<WireEnd>(wire_), std::move(store_));
      co_await open_nursery([&](Nursery& nursery) -> Task<> {
        nursery.start_soon([&]() -> Task<> { co_await broker.serve(); });
        co_await talk(broker);
        nursery.cancel_scope().cancel();
      });
    });
  }

  Limits limits_;
  Wire wire_;
  std::unique_ptr<Store> store_;
  std::string log_;
};

}  // namespace hoiku::broker
