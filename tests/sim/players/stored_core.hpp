// stored_core.hpp: a core whose store confirms records as late as the caller wants, and clients that exchange frames
// with it by hand, without a network.
//
// StoredCore judges what holds for every store (promises 1, 4, 5 and 8 of docs/promises.md): no state is sent before
// the store has its record, the versions of a topic rise, a reader of every transition is sent each one, and each
// request is answered once. What differs between two stores is the caller's to compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/core.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/slot_table.hpp"

namespace hoiku::model {

class StoredCore {
 public:
  using Answers = std::map<proto::RequestId, proto::Answer>;

  // `name` begins each complaint. The clients are connected.
  StoredCore(std::string name, const broker::CoreOptions& options, std::size_t clients);

  // Versions in conditions and in waits get the epoch that their topic has here.
  void send(std::size_t client, std::vector<proto::Command> commands);
  void break_connection(std::size_t client);  // and opens the next one; the session goes on
  void pass(Duration time) { now_ += time; }
  // Ends a turn: the store confirms the oldest `records` records that it has not confirmed, and every client takes what
  // is sent to it.
  void turn(std::size_t records);
  // Confirms everything, and takes turns until no client is sent anything more.
  void settle();
  // The store has lost its log to another broker: nothing more is confirmed, and the core shuts down.
  void shut_down();

  std::size_t unconfirmed() const noexcept { return unconfirmed_.size(); }
  const broker::Core& core() const noexcept { return *core_; }
  // The final answers of a client: those that come once a request.
  const Answers& answers(std::size_t client) const { return clients_.at(client).answers; }
  // The version of the topic that the client was sent last by any subscription, or {0, 0}.
  Version known_version(std::size_t client, const std::string& topic) const;
  // Asks for a topic's committed state.
  Transition get(const std::string& topic);
  const std::vector<std::string>& complaints() const noexcept { return complaints_; }

 private:
  struct Reader {
    proto::Subscribe command;
    std::map<std::string, Version> versions;  // the last one of each topic that was sent
  };
  struct Client {
    proto::SessionToken token{};
    proto::SlotTable slots;
    broker::PeerId peer{};
    std::uint64_t connection_number = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::deque<proto::ClientFrame> kept;
    std::uint64_t posted_in = 0;  // the last frame with a post
    std::uint64_t settled = 0;
    std::map<std::uint64_t, std::uint64_t> posts;  // by the frames that have nothing else: their last records
    Answers answers;
    std::map<proto::RequestId, Reader> readers;
    std::map<std::string, Version> known;
    bool is_rejected = false;
  };

  broker::Instant at() const;
  void connect(Client& client);
  void add_epoch(std::optional<Version>& version, const std::string& topic) const;
  void take_records();
  void take_output();
  void take(Client& client, const proto::ServerFrame& frame);
  void take_settled(Client& client, std::uint64_t settled);
  void take(Client& client, const proto::Delivery& delivery);
  void take(Client& client, const proto::Answer& answer);
  void check_confirmed(const Transition& transition, const std::string& what);
  void complain(std::string what) { complaints_.push_back(name_ + ": " + std::move(what)); }

  std::string name_;
  std::unique_ptr<broker::Core> core_;
  std::vector<Client> clients_;
  TimePoint now_{std::chrono::hours(1)};
  std::uint64_t peers_ = 0;
  std::deque<broker::Record> unconfirmed_;
  std::map<std::string, std::uint64_t> epochs_;  // by topic
  std::uint64_t confirmed_ = 0;                  // the newest revision that the store has
  std::uint64_t confirmed_sequence_ = 0;         // its newest record
  std::vector<std::string> complaints_;
};

}  // namespace hoiku::model
