// witness.hpp: observes the broker's end of the network: every frame, in the order in which the broker receives and
// sends it. It checks the sent frames against the model: promises 1, 2, 4 and 8 of docs/promises.md, filters and rates,
// the numbering of frames, and that each request is answered once and at once.
//
// After each instant (when time moves on) every session that is connected and keeps up must have been sent everything:
// so it finds a forgotten reader or a late answer where it happens, not only at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hoiku/testing/network.hpp"
#include "tests/sim/judge/model.hpp"

namespace hoiku::model {

class Witness final : public sim::NetworkObserver {
 public:
  // `tell` prints one line for each event, for people to read; it may be empty. `limits` are the broker's.
  explicit Witness(std::function<void(const std::string&)> tell = {}, Limits limits = {})
      : tell_(std::move(tell)), limits_(limits) {}

  void broker_received(std::uint64_t peer, std::string_view frame) override;
  void broker_lost(std::uint64_t peer) override;
  void broker_sent(std::uint64_t peer, std::string_view frame) override;
  void broker_was_full(std::uint64_t peer) override;
  // Hears of each record that the store gets, in the order of the log, before any of it is sent.
  void broker_committed(const std::vector<Transition>& record);
  void broker_listens() override;
  void broker_killed() override;
  void was_cut(const std::string& client, Duration duration) override;
  void was_cut_one_way(const std::string& client, sim::End deaf, Duration duration) override;
  void broke_unnoticed(const std::string& client, sim::End unaware, Duration duration) override;

  // Checks that every connected client knows everything, after writers have stopped and no frame is in flight.
  void check_at_rest();
  // Returns how many waits the broker has at rest.
  std::size_t waits_at_rest() const;
  // Returns a sentence for each fault, with the time and the client's name.
  const std::vector<std::string>& complaints() const { return complaints_; }
  const Model& model() const { return model_; }
  // Returns true if these topics had these values at one moment, under this broker or an earlier one.
  bool ever(const std::vector<std::string>& topics, const std::vector<Value>& values) const;
  // Returns the state with this version, or nullptr.
  const State* find(const std::string& topic, const Version& version) const;
  // Returns whether the state with this version passes a filter; empty if there was no such state.
  std::optional<bool> passes(const std::string& topic, const Version& version, const Predicate& filter) const;
  // Returns how many states between the two do not pass; empty if they are of different epochs.
  std::optional<std::uint64_t> not_passing(const std::string& topic, const Version& from, const Version& to,
                                           const Predicate& filter) const;
  std::uint64_t steps() const { return step_; }
  std::uint64_t checked() const { return checked_; }  // deliveries and answers that were compared with the model
  void tell(const std::string& line) const;

 private:
  struct Moment {
    std::uint64_t step = 0;
    TimePoint at{};
  };
  using Key = std::pair<std::uint32_t, std::string>;  // member and topic
  // The time at which a delivery was built. Over a broken connection only its bounds are known.
  struct Cut {
    TimePoint earliest{};
    TimePoint latest{};
    std::uint64_t connection_number = 0;
  };
  struct Reader {
    proto::Subscribe command;
    std::uint64_t opened_at = 0;     // revision
    std::uint64_t opened_after = 0;  // the revision before that instant, all of which was visible then
    std::uint64_t opened_step = 0;
    std::optional<std::uint64_t> resumed_from;
    bool ended = false;
    std::uint64_t ended_at = 0;         // revision
    std::uint64_t sent = 0;             // mode every: transitions
    std::uint64_t taken = 0;            // as the client reported
    std::map<Key, std::uint64_t> seen;  // the revision sent last
    std::map<Key, Cut> cuts;            // for readers with an interval
    std::uint64_t met_by = 0;           // the revision at the end of its snapshot: it had all topics by then
    std::uint64_t told = 0;             // deliveries
    // Counts over earlier frames: deliveries of topics that it had been sent before, and the counts in them.
    std::uint64_t told_on = 0;
    std::uint64_t told_filtered = 0;
    std::uint64_t told_lagged = 0;
    std::set<Key> counted;  // their topics
  };
  struct Waiter {
    proto::Wait command;
    TimePoint armed{};
    std::uint64_t earliest = 0;  // armed at one of these revisions, which are of one instant
    std::uint64_t latest = 0;
    std::uint64_t step = 0;
  };
  // A wait for a transition.
  struct ChangeWaiter {
    proto::WaitTransition command;
    TimePoint armed{};
    std::uint64_t earliest = 0;  // as above: without `after`, it counts from one of these
    std::uint64_t latest = 0;
    bool told_from = false;  // the broker has sent where it counts from
  };
  struct Request {
    enum class Kind { set, commit, get, list, readers, declare };
    Kind kind = Kind::set;
    std::vector<std::string> topics;         // one, or those of a commit; for a list: its pattern
    std::vector<Model::SetResult> expected;  // for a write: one for each topic, or the one error
    std::uint64_t earliest = 0;              // for a get or list: it shows states from then on
    TimePoint at{};
  };
  // A lease, and what the client has to hear of it.
  struct LeaseWatch {
    std::optional<ErrorCode> refused;  // the lease never begins
    bool is_told = false;              // the client has heard that it has begun, or why not
    bool is_lost = false;
    TimePoint at{};  // of the last of these
  };
  struct Session {
    proto::SessionToken token{};
    std::string name;
    std::optional<std::uint64_t> peer;
    std::uint64_t connection_number = 0;
    std::uint64_t first_connection = 0;
    std::chrono::milliseconds timeout{0};
    TimePoint last_heard{};
    bool resumed = false;        // the answer to its last hello
    bool tie = false;            // silent for exactly its timeout: either is right
    bool expired = false;        // its wills were executed
    bool welcomed = false;       // on this connection
    std::uint64_t received = 0;  // client frames that count
    std::uint64_t sent = 0;
    std::uint64_t resent = 0;  // on this connection
    std::uint64_t acknowledged = 0;
    std::map<std::uint64_t, std::string> kept;  // frames as they were first sent
    std::optional<Moment> full;                 // when a frame was built that may still wait for room
    std::map<proto::RequestId, Request> requests;
    std::map<proto::RequestId, Reader> readers;
    std::map<proto::RequestId, Waiter> waiters;
    std::map<proto::RequestId, ChangeWaiter> change_waiters;
    std::map<proto::RequestId, LeaseWatch> leases;
    std::map<proto::RequestId, TimePoint> gone;  // closed readers and cancelled waits, and when
  };

  template <class F>
  void for_each_model(F visit) const {
    visit(model_);
    for (const Model& model : earlier_models_) visit(model);
  }
  void step();
  std::string time_in_words(TimePoint at) const;  // since the beginning of the history
  void complain(const Session* session, const std::string& text);
  Session* session_of(std::uint64_t peer);

  void hello(std::uint64_t peer, const proto::ClientFrame& frame);
  void take(Session& session, const proto::Command& command);
  void welcome(Session& session, const proto::ServerFrame& frame);
  void check_repeated(Session& session, const proto::ServerFrame& frame);
  void check_fresh(Session& session, const proto::ServerFrame& frame);
  void check_delivery(Session& session, const proto::Delivery& delivery, const Moment& cut);
  // Returns true if a frame of that moment may still contain a closed reader or a cancelled wait.
  static bool was_there(const Session& session, proto::RequestId id, const Moment& cut);
  // ---- witness_filters.cpp
  bool passes(const Reader& reader, const std::string& topic, std::size_t state) const;
  // Returns how many of the states between these two indices do not pass; 0 without a filter.
  std::uint64_t not_passing(const Reader& reader, const std::string& topic, std::size_t after, std::size_t until) const;
  void check_filter(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                    const std::string& what);
  void check_counts(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t before,
                    std::size_t index, const std::string& what);
  void check_counted_from(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                          const std::string& what);
  void check_rate(Session& session, Reader& reader, const proto::Delivery& delivery, const Moment& cut,
                  const std::string& what);
  // Returns the index of the latest state up to `revision` that the reader must have been sent; empty if none.
  std::optional<std::size_t> owed(const Reader& reader, const std::string& topic, std::uint64_t revision) const;
  bool may_rest(const Reader& reader, const Key& key, TimePoint instant) const;
  bool may_have_been_forgotten(const Topic& topic, std::size_t after, std::size_t until) const;
  void count_told(Session& session, const proto::ServerFrame& frame);
  void check_readers(Session& session, proto::RequestId id, const proto::Answer& answer, const Moment& cut);
  void check_own_row(Session& session, proto::RequestId id, const Reader& reader, const proto::ReaderRow& row);

  void check_order(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                   const std::string& what);
  void check_composite(Session& session, proto::RequestId id, const Reader& reader);
  // A reader that is within its interval at `instant` may get the state later.
  void check_complete(Session& session, const Reader& reader, proto::RequestId id, std::uint64_t revision,
                      const char* what, std::optional<TimePoint> instant = {});
  void check_answer(Session& session, const proto::Answer& answer, const Moment& cut);
  void check_write(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer);
  void check_get(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer);
  void check_list(Session& session, proto::RequestId id, const Request& request, const proto::Answer& answer);
  void check_wait(Session& session, proto::RequestId id, const Transition* match, std::optional<ErrorCode> error);
  // ---- witness_ownership.cpp
  bool has_expired(const proto::SessionToken& token, TimePoint at) const;
  void take_ownership(Session& session, const proto::Command& command);
  void lose(const Model::Lease& lease);
  bool check_lease(Session& session, proto::RequestId id, const proto::Answer& answer);
  void check_leases_are_told(Session& session);
  // ---- witness_changes.cpp
  // Returns the indices of the states from which it may count. Empty: only the error is right.
  std::vector<std::size_t> origins(const ChangeWaiter& waiter) const;
  bool may_be_lagged(const ChangeWaiter& waiter) const;
  bool may_have_matched(const ChangeWaiter& waiter) const;
  bool is_overdue(const ChangeWaiter& waiter, TimePoint instant) const;
  void check_change_answer(Session& session, proto::RequestId id, const proto::Answer& answer);

  void check_instant(TimePoint instant);
  void check_session(Session& session, TimePoint instant);
  bool may_have_matched(const Waiter& waiter) const;
  // Returns true if the hold ended by its time, before any transition of this instant.
  bool hold_has_fired(const Waiter& waiter) const;
  bool wait_is_overdue(const Waiter& waiter, TimePoint instant) const;

  Model model_;
  std::vector<Model> earlier_models_;
  std::map<proto::SessionToken, Session> sessions_;
  std::map<std::uint64_t, proto::SessionToken> peers_;
  std::optional<std::uint64_t> run_;
  std::vector<std::uint64_t> earlier_runs_;
  std::uint64_t step_ = 0;
  std::uint64_t checked_ = 0;
  std::optional<TimePoint> begin_;
  TimePoint instant_{};
  std::vector<std::string> complaints_;
  std::function<void(const std::string&)> tell_;
  Limits limits_;
};

}  // namespace hoiku::model
