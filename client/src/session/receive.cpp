// receive.cpp: the part of session.hpp that applies the broker's frames.
#include <algorithm>
#include <utility>

#include "client/src/session/session.hpp"
#include "hoiku/proto/size.hpp"

namespace hoiku::client {
namespace {

// A frame smaller than this could not hold a topic name of the maximum length.
constexpr std::size_t frame_bytes_min = std::size_t{64} << 10;

Failure violation(const std::string& what) {
  return {ErrorCode::protocol_violation, "the broker broke the protocol: " + what};
}

bool carries_content(const proto::ServerFrame& frame) {
  return !frame.deliveries.empty() || !frame.runs.empty() || !frame.snapshot_ends.empty() || !frame.answers.empty();
}

// An answer may have been encoded without the state that it is about.
bool is_complete(const proto::Answer& answer) {
  if (const auto* got = std::get_if<proto::GetDone>(&answer)) return got->current != nullptr;
  if (const auto* matched = std::get_if<proto::WaitDone>(&answer)) return matched->match != nullptr;
  if (const auto* matched = std::get_if<proto::TransitionDone>(&answer)) return matched->match != nullptr;
  return true;
}

}  // namespace

Result<Received> Session::receive(proto::ServerFrame frame, std::size_t frame_bytes, TimePoint now) {
  Received received;
  if (state_ == State::disconnected) return received;
  // A broker that could not read the Hello does not know the connection's number when it rejects it.
  const bool current = frame.connection_number == connection_number_ || (frame.fatal && frame.connection_number == 0);
  if (!current) return received;

  if (frame.fatal) {
    if (state_ == State::established) received.posts_settled = posted_.settle(frame.settled);
    lose_session(received);
    disconnected();
    received.fatal = frame.fatal;
    return received;
  }
  if (state_ == State::greeting) {
    if (!frame.welcome) return violation("its first frame is not a welcome");
    Result<void> accepted = accept_welcome(frame, now, received);
    if (!accepted) return accepted.failure();
  } else if (frame.welcome) {
    return violation("it sent a second welcome");
  } else if (!kept_.acknowledge(frame.acknowledged)) {
    return violation("it acknowledged a frame that was not sent");
  }

  if (frame.number == 0) {
    if (carries_content(frame)) return violation("a frame with content has no number");
    received.posts_settled = std::max(received.posts_settled, posted_.settle(frame.settled));
    return received;
  }
  // Before the frame counts as taken: it is applied whole, or not at all.
  if (frame.number == incoming_.last() + 1) {
    if (Result<void> checked = slots_.check(frame); !checked) return checked.failure();
  }
  using Verdict = proto::ReceivedFrames::Verdict;
  const Verdict verdict = incoming_.accept(frame.number);
  if (verdict == Verdict::gap) return violation("a frame is missing before number " + std::to_string(frame.number));
  acknowledgement_.received(frame_bytes, now);
  if (verdict == Verdict::duplicate) return received;

  apply_deliveries(frame, received);
  if (frame.complete_through != 0) completeness_ = {frame.complete_through, completeness_.statements + 1};
  for (const proto::Answer& answer : frame.answers) apply_answer(answer, now, received);
  // Posts that were refused, an earlier answer has named.
  received.posts_settled = std::max(received.posts_settled, posted_.settle(frame.settled));
  // An answer may have ended a request that had news in the same frame.
  if (!frame.answers.empty()) std::erase_if(received.news, [this](auto id) { return !requests_.contains(id); });
  return received;
}

Result<void> Session::accept_welcome(const proto::ServerFrame& frame, TimePoint now, Received& received) {
  const proto::Welcome& welcome = *frame.welcome;
  // A session that began with another connection is not ours. The Hello of a connection that we dropped may arrive
  // after our session has ended, and begin a session that only the broker knows.
  const bool is_ours = first_connection_ != 0 && welcome.resumed && welcome.first_connection == first_connection_;
  if (is_ours) {
    if (!kept_.acknowledge(frame.acknowledged)) return violation("it acknowledged a frame that was not sent");
    received.session = SessionNews::resumed;
  } else {
    lose_session(received);
    rearm(welcome.instance_id, now, received);
    received.session = !ever_welcomed_                       ? SessionNews::opened
                       : welcome.instance_id != instance_id_ ? SessionNews::restarted
                                                             : SessionNews::lost;
  }
  kept_.rewind();

  state_ = State::established;
  first_connection_ = welcome.first_connection;
  ever_welcomed_ = true;
  instance_id_ = welcome.instance_id;
  last_sent_ = now;
  adopt_limits(welcome);
  reject_oversized_commands(received);
  return {};
}

void Session::adopt_limits(const proto::Welcome& welcome) {
  const Limits& limits = options_.limits;
  const auto timeout = welcome.session_timeout.count() > 0 ? welcome.session_timeout : limits.session_timeout_default;
  // Clamped, so that no broker makes a heartbeat that takes all our time or overflows a clock.
  heartbeat_every_ =
      std::chrono::nanoseconds(std::clamp(timeout, limits.session_timeout_min, limits.session_timeout_max)) / 3;
  if (welcome.value_bytes_max != 0) value_bytes_max_ = welcome.value_bytes_max;
  if (welcome.frame_bytes_max != 0) {
    frame_bytes_max_ = std::max<std::size_t>(welcome.frame_bytes_max, frame_bytes_min);
  }
  if (welcome.credit_transitions != 0) credit_ = welcome.credit_transitions;
}

// Another broker may have lower limits than the one for which a command was accepted, and would drop the connection.
void Session::reject_oversized_commands(Received& received) {
  const auto oversized = queue_.take_if([this](const proto::Command& command) {
    return packer_.bytes_of(command) + proto::frame_overhead_bytes > frame_bytes_max_;
  });
  const Failure why{ErrorCode::too_large, "the request does not fit into a frame of the broker, which has at most " +
                                              std::to_string(frame_bytes_max_) + " bytes"};
  for (const proto::Command& command : oversized) {
    const auto* sets = std::get_if<proto::Sets>(&command);
    const proto::RequestId first = proto::id_of(command);
    const proto::RequestId end = first + (sets == nullptr ? 1 : sets->size());
    if (const auto* schema = std::get_if<proto::RegisterSchema>(&command)) registered_.erase(schema->message_type);
    for (proto::RequestId id = first; id < end; ++id) {
      received.completions.push_back(Completion::failed(id, why));
      posted_.remove(id);
      requests_.erase(id);
    }
  }
}

void Session::apply_deliveries(proto::ServerFrame& frame, Received& received) {
  const auto announce = [&](proto::RequestId id, Subscription& subscription) {
    if (subscription.announce()) received.news.push_back(id);
  };
  // Calls put(subscription), which returns whether its reader has something new, unless it was closed meanwhile.
  const auto deliver = [&](proto::RequestId id, const auto& put) {
    Subscription* found = subscription(id);
    if (!found) return;
    if (put(*found)) announce(id, *found);
    renew_credit(id, *found);
  };
  slots_.read_checked(
      frame,
      [&](const proto::SlotTable::Slot& slot, proto::Run& run) {
        deliver(slot.subscription, [&](Subscription& to) { return to.put(std::move(run), slot); });
      },
      [&](const proto::Delivery& delivery) {
        deliver(delivery.subscription, [&](Subscription& to) { return to.put(delivery); });
      });
  for (const proto::SnapshotEnd& end : frame.snapshot_ends) {
    Subscription* found = subscription(end.subscription);
    if (found && found->end_snapshot(end, instance_id_, completeness_)) announce(end.subscription, *found);
  }
  for (const proto::RequestId id : received.news) subscription(id)->end_frame();
}

void Session::apply_answer(const proto::Answer& answer, TimePoint now, Received& received) {
  const proto::RequestId id = proto::id_of(answer);
  if (posted_.contains(id) && !posted_.is_unsent(id) && std::holds_alternative<proto::Failed>(answer)) {
    posted_.remove(id);
    received.completions.push_back(Completion{id, answer});
    return;
  }
  const auto found = requests_.find(id);
  // A cancelled wait may be answered late.
  if (found == requests_.end() || found->second.stage != Request::Stage::sent) return;
  Request& request = found->second;
  auto* wait = request.get_if<proto::WaitTransition>();
  if (const auto* armed = std::get_if<proto::TransitionArmed>(&answer); armed && wait) {
    // A new session has to count from this version, so that no transition in between is missed.
    wait->after = armed->version;
    return;
  }
  if (request.properties.is_one_shot()) --in_flight_;
  if (keep_after_answer(id, request, answer, now, received)) return;

  if (request.abandoned) {
    --abandoned_;
  } else if (request.properties.is_answered_by(answer) && is_complete(answer)) {
    received.completions.push_back(Completion{id, answer});
  } else {
    received.completions.push_back(Completion::failed(id, violation("the answer does not fit the request")));
  }
  requests_.erase(found);
}

// Declarations, schemas and leases are kept after their answer, to be sent again in a new session. Returns whether this
// request is.
bool Session::keep_after_answer(proto::RequestId id, Request& request, const proto::Answer& answer, TimePoint now,
                                Received& received) {
  if (auto* declare = request.get_if<proto::Declare>()) {
    if (!std::holds_alternative<proto::Done>(answer)) {
      const auto declared = declared_.find(declare->topic);
      if (declared != declared_.end() && declared->second == id) declared_.erase(declared);
      return false;
    }
    // An abandoned declaration is in force at the broker as well.
    if (std::exchange(request.abandoned, false)) {
      --abandoned_;
    } else {
      received.completions.push_back(Completion{id, answer});
    }
    keep_declaration(id, *declare);
    return true;
  }
  if (const auto* undeclare = request.get_if<proto::Undeclare>()) {
    // A later declaration stays.
    const auto declared = declared_.find(undeclare->topic);
    if (std::holds_alternative<proto::Done>(answer) && declared != declared_.end() && declared->second < id) {
      requests_.erase(declared->second);
      declared_.erase(declared);
    }
    return false;
  }
  if (const auto* schema = request.get_if<proto::RegisterSchema>()) {
    if (std::holds_alternative<proto::Done>(answer)) return true;
    registered_.erase(schema->message_type);
    return false;
  }
  if (auto* own = request.get_if<proto::Own>(); own && std::holds_alternative<proto::Owned>(answer)) {
    own->take_over = false;  // in a new session, does not evict a client that has taken the topic over meanwhile
    if (own->lasting.count() > 0 && request.until == never) request.until = saturating_add(now, own->lasting);
    received.news.push_back(id);
    return true;
  }
  return false;
}

// One declaration per topic is kept: the latest one, completed by what the earlier ones said.
void Session::keep_declaration(proto::RequestId id, proto::Declare& declared) {
  proto::RequestId& kept = declared_.try_emplace(declared.topic, id).first->second;
  if (kept == id) return;
  const auto earlier = requests_.find(kept);
  const proto::Declare& before = *earlier->second.get_if<proto::Declare>();
  if (!declared.deadline) declared.deadline = before.deadline;
  if (!declared.history) declared.history = before.history;
  requests_.erase(earlier);
  kept = id;
}

}  // namespace hoiku::client
