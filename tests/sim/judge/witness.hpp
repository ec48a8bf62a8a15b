// witness.hpp: observes the broker's end of the network: every frame, in the order in which the broker receives and
// sends it. Its judges check the sent frames against the model: promises 1, 2, 4, 5, 6 and 8 of docs/promises.md,
// filters and rates, the numbering of frames, and that each request is answered once and at once.
//
// After each instant (when time moves on) every session that is connected and keeps up must have been sent everything:
// so it finds a forgotten reader or a late answer where it happens, not only at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hoiku/testing/network.hpp"
#include "tests/sim/judge/witness/answer_judge.hpp"
#include "tests/sim/judge/witness/delivery_judge.hpp"
#include "tests/sim/judge/witness/frame_judge.hpp"

namespace hoiku::model {

class Witness final : public sim::NetworkObserver {
 public:
  // `tell` prints one line for each event, for people to read; it may be empty. `limits` are the broker's.
  explicit Witness(std::function<void(const std::string&)> tell = {}, Limits limits = {})
      : evidence_(std::move(tell), limits) {}

  void broker_received(std::uint64_t peer, std::string_view frame) override;
  void broker_lost(std::uint64_t peer) override;
  void broker_sent(std::uint64_t peer, std::string_view frame) override;
  void broker_was_full(std::uint64_t peer) override;
  void broker_committed(const std::vector<Transition>& record) override;
  // The broker pauses: it neither reads, nor sends, nor looks at the time. Then a late turn begins.
  void broker_pauses();
  void late_turn_begins();
  void late_turn_ends();  // it has read all input, and has judged what was due; does nothing if no turn is late
  void broker_listens() override;
  void broker_killed() override;
  void was_cut(const std::string& client, Duration duration) override;
  void was_cut_one_way(const std::string& client, sim::End deaf, Duration duration) override;
  void broke_unnoticed(const std::string& client, sim::End unaware, Duration duration) override;

  // Whether no client was sent anything new for so long, and all have acknowledged everything.
  bool is_quiet_for(Duration time) const;
  // Checks that every connected client knows everything, after writers have stopped and no frame is in flight.
  void check_at_rest();
  // Returns how many waits the broker has at rest.
  std::size_t waits_at_rest() const;
  // Returns a sentence for each fault, with the time and the client's name.
  const std::vector<std::string>& complaints() const { return evidence_.complaints; }
  const Past& past() const { return evidence_.past; }
  std::uint64_t steps() const { return evidence_.step; }
  std::uint64_t checked() const { return evidence_.checked; }  // deliveries and answers, against the model

 private:
  void step();
  void hello(std::uint64_t peer, const proto::ClientFrame& frame);
  void take(Session& session, const proto::Command& command);
  void open(Session& session, const proto::Subscribe& command);
  void check_fresh(Session& session, const proto::ServerFrame& frame);
  void count_anew(Session& session, std::uint64_t from);
  void check_published_sessions();
  void check_instant(TimePoint instant);
  void check_session(Session& session, TimePoint instant);

  Evidence evidence_;
  Model& model_{evidence_.past.model()};
  FrameJudge frames_{evidence_};
  DeliveryJudge deliveries_{evidence_};
  WaitJudge waits_{evidence_};
  TransitionJudge transitions_{evidence_};
  LeaseJudge leases_{evidence_};
  SumJudge sums_{evidence_};
  AnswerJudge answers_{evidence_, waits_, transitions_, leases_, sums_};
  TimePoint instant_{};
  std::optional<TimePoint> paused_since_;
  TimePoint last_fresh_{};
};

}  // namespace hoiku::model
