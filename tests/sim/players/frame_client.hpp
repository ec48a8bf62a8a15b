// frame_client.hpp: a client that sends bare frames, on purpose ruder than the real one: it reads slowly, acknowledges
// late, closes without a goodbye, repeats frames, comes back under an old name. It keeps the rules of message.hpp, so
// the broker owes it everything, which the Witness checks. It shares no code with client/.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hoiku/async.hpp"
#include "hoiku/link/link.hpp"
#include "hoiku/proto/message.hpp"
#include "hoiku/proto/slot_table.hpp"
#include "tests/sim/players/dice.hpp"

namespace hoiku::model {

class FrameClient {
 public:
  FrameClient(std::shared_ptr<link::Connector> connector, std::string name, Dice dice,
              std::chrono::milliseconds session_timeout);

  // The broker forgets removed topics: then this client avoids what depends on whether it has forgotten one already.
  void expect_forgetting() { forgetting_ = true; }
  // Acts at random for `duration`, over any number of connections.
  Task<> live(Duration duration);
  // Sends no more commands, reads and acknowledges everything, and stays connected.
  Task<> listen(Duration duration);
  Task<> say_goodbye();

  // Returns a sentence for each fault of the broker that only its client can see.
  const std::vector<std::string>& complaints() const { return complaints_; }
  std::uint64_t commands() const { return last_id_; }

 private:
  struct Open {
    std::vector<std::string> topics;
    bool is_wait = false;
    bool ended = false;
    bool is_every = false;
    std::uint64_t unread = 0;     // mode every: when it subscribed
    std::uint64_t delivered = 0;  // mode every
    std::uint64_t renewed = 0;
  };
  Task<> be_connected(Duration duration, bool active);
  Task<> connect();
  Task<> act();
  Task<> send(proto::ClientFrame frame);
  Task<> send_commands(std::vector<proto::Command> commands);
  Task<> read(std::size_t frames_max);
  void take(const proto::ServerFrame& frame);
  void begin_session();
  void new_token();
  proto::ClientFrame frame(std::uint64_t number) const;
  proto::Command random_command();
  proto::WaitTransition random_wait_transition();
  proto::Wait random_wait();
  std::chrono::nanoseconds random_patience();
  proto::Command random_ownership();
  std::optional<proto::RequestId> random_of(const std::vector<proto::RequestId>& ids);
  std::vector<proto::Command> packed(std::vector<proto::Command> commands);
  proto::Set random_set();
  Version random_version(const std::string& topic);
  proto::Commit random_commit();
  proto::Subscribe random_subscribe();
  std::optional<proto::RequestId> random_open(bool wait);
  std::vector<proto::Command> renewals();  // for everything that was delivered

  std::shared_ptr<link::Connector> connector_;
  std::unique_ptr<link::Link> link_;
  std::string name_;
  Dice dice_;
  Dice packing_;  // of its own: how writes are packed changes nothing of what a history does
  proto::Hello hello_;
  bool hasty_ = false;  // acknowledges at once, in this history
  bool forgetting_ = false;

  std::uint64_t connection_number_ = 0;
  std::uint64_t session_since_ = 0;  // the connection with which the session began; 0: no session
  bool greeted_ = false;             // on this connection
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  proto::SlotTable slots_;
  std::map<std::uint32_t, std::string> numbers_;  // of topics
  std::uint64_t told_ = 0;                        // acknowledged frames
  std::deque<proto::ClientFrame> kept_;
  std::optional<std::vector<proto::ClientFrame>> to_repeat_;
  TimePoint last_sent_{};

  proto::RequestId last_id_ = 0;
  std::map<proto::RequestId, Open> open_;
  std::vector<proto::RequestId> leases_;           // requested and not released
  std::map<proto::RequestId, std::string> lists_;  // the patterns of lists that were asked for
  std::vector<proto::List> pages_;                 // that are still to be asked for
  std::map<std::string, Version> versions_;
  std::set<std::string> unset_;  // topics whose version is that of an unset state
  std::uint64_t run_ = 0;
  std::uint64_t complete_through_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace hoiku::model
