#include "tests/sim/judge/witness/delivery_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/judge/story.hpp"

namespace hoiku::model {

void DeliveryJudge::check_delivery(Session& session, const proto::Delivery& delivery, const Moment& built) {
  ++evidence_.checked;
  const Transition& transition = *delivery.transition;
  const std::string what = fmt::format("#{} is sent {}: ", delivery.subscription, describe(transition));
  const auto found = session.readers.find(delivery.subscription);
  // Recognised for a reader that has left, too: its client knows the version now, and may ask for what came after it.
  std::string why;
  const auto index = model_.recognise(transition, why);
  if (found == session.readers.end()) {
    if (!session.was_there(delivery.subscription, built))
      return evidence_.complain(&session, what + "there is no such subscription");
    if (!index) evidence_.complain(&session, what + why);
    return;
  }
  Reader& reader = found->second;
  const auto& topics = reader.command.topics;
  const bool fits = topics.size() == 1 ? delivery.member == 0 && matches(topics[0], transition.topic)
                                       : delivery.member < topics.size() && topics[delivery.member] == transition.topic;
  if (!fits) return evidence_.complain(&session, what + "it did not ask for that");
  if (!index) return evidence_.complain(&session, what + why);
  const std::uint64_t revision = model_.topic(transition.topic).states[*index].revision;
  // A filtered reader may get the last state that passed although the topic has changed since.
  const bool goes_on = (reader.command.mode == proto::Mode::every || reader.command.filter) && reader.resumed_from;
  const std::uint64_t asked_for = goes_on                 ? *reader.resumed_from
                                  : reader.command.filter ? reader.opened_after
                                                          : reader.opened_at;
  if (revision < model_.topic(transition.topic).at(asked_for).revision)
    evidence_.complain(&session, what + "it is older than the subscription");
  if (reader.command.filter) {
    filters_.check_filter(session, reader, delivery, *index, what);
  } else if (delivery.filtered != 0 || delivery.count_baseline != 0) {
    evidence_.complain(&session, what + "it has no filter, and was told of one");
  }
  if (reader.command.interval.count() > 0) filters_.check_rate(session, reader, delivery, built, what);
  ++reader.told;
  if (reader.command.mode == proto::Mode::every) {
    if (++reader.sent + reader.unread > reader.taken + limits_.credit_transitions)
      evidence_.complain(&session, what + "it is beyond the credit");
    if (!reader.command.filter) check_order(session, reader, delivery, *index, what);
  }
  auto [seen, first] = reader.seen.try_emplace({delivery.member, transition.topic}, revision);
  // A topic that is forgotten during the snapshot makes it a whole one: that mentions what the reader has.
  const bool is_mentioned = model_.forgets() && reader.resumed_from && !reader.ended && revision == seen->second;
  if (!first && revision <= seen->second && !is_mentioned)
    evidence_.complain(&session, what + fmt::format("it was sent revision {} before", seen->second));
  seen->second = std::max(seen->second, revision);
}

// Promise 5: each state once and in order, except those that had left the history, which are counted.
void DeliveryJudge::check_order(Session& session, const Reader& reader, const proto::Delivery& delivery,
                                std::size_t index, const std::string& what) {
  if (delivery.transition->version.number == 0) return;
  std::string complaint;
  for (const std::size_t before : states_before(reader, delivery)) {
    complaint = complaint_of_gap(reader, delivery, before, index);
    if (complaint.empty()) return;
  }
  if (!complaint.empty()) evidence_.complain(&session, what + complaint);
}

// Which states of the topic this reader may have had before; none, if the snapshot begins with the current state.
std::vector<std::size_t> DeliveryJudge::states_before(const Reader& reader, const proto::Delivery& delivery) const {
  const Topic& topic = model_.topic(delivery.transition->topic);
  const auto seen = reader.seen.find({delivery.member, delivery.transition->topic});
  if (seen != reader.seen.end()) return {topic.index_at(seen->second)};
  if (reader.resumed_from) return {topic.index_at(*reader.resumed_from)};
  if (!reader.ended) return {};
  std::vector<std::size_t> found{topic.index_at(reader.ended_at)};
  // It may have been unset when its part of the snapshot was built, which is not reported.
  for (std::size_t at_end = topic.index_at(reader.met_by); at_end > found.front(); --at_end) {
    if (topic.states[at_end].value.is_null()) found.push_back(at_end);
  }
  return found;
}

// What is wrong with the states between `before` and `index`, which were not sent.
std::string DeliveryJudge::complaint_of_gap(const Reader& reader, const proto::Delivery& delivery, std::size_t before,
                                            std::size_t index) const {
  const Topic& topic = model_.topic(delivery.transition->topic);
  const std::size_t missing = index - before - 1;
  if (index <= before || missing == 0) return {};  // another check reports the former
  // A reader that resumes knows by itself what it has.
  const bool comes_back = reader.resumed_from && !reader.seen.contains({delivery.member, delivery.transition->topic});
  // The topic may have been removed while its reader was away, or forgotten with its history.
  const bool was_forgotten =
      (comes_back || model_.forgets()) && std::any_of(topic.states.begin() + static_cast<std::ptrdiff_t>(before) + 1,
                                                      topic.states.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                                                      [](const State& state) { return state.value.is_null(); });
  const std::size_t kept_from = topic.states.size() - std::min(topic.states.size(), limits_.history_transitions_max);
  if (before + 1 >= kept_from && !was_forgotten)
    return fmt::format("{} states before it were left out, and are in the history", missing);
  if (!comes_back && !was_forgotten && delivery.lagged != missing)
    return fmt::format("{} states before it were left out, and it was told {}", missing, delivery.lagged);
  return {};
}

void DeliveryJudge::check_composites(Session& session) {
  for (const auto& [id, reader] : session.readers) {
    if (reader.command.topics.size() > 1) check_composite(session, id, reader);
  }
}

// Checks that the members, as the reader knows them now, all had these states at one moment.
void DeliveryJudge::check_composite(Session& session, proto::RequestId id, const Reader& reader) {
  std::uint64_t newest = 0;
  std::uint64_t until = model_.revision() + 1;
  for (std::size_t i = 0; i < reader.command.topics.size(); ++i) {
    const Topic& topic = model_.topic(reader.command.topics[i]);
    const auto seen = reader.seen.find({static_cast<std::uint32_t>(i), reader.command.topics[i]});
    if (seen == reader.seen.end() && !reader.resumed_from) {
      if (!reader.seen.empty())
        evidence_.complain(&session, fmt::format("#{} is sent a composite without member {}", id, i));
      return;
    }
    const std::size_t index = topic.index_at(seen == reader.seen.end() ? *reader.resumed_from : seen->second);
    newest = std::max(newest, topic.states[index].revision);
    if (index + 1 < topic.states.size()) until = std::min(until, topic.states[index + 1].revision);
  }
  if (newest >= until)
    evidence_.complain(&session,
                       fmt::format("#{} shows a combination that never was: revisions {} and {}", id, newest, until));
}

void DeliveryJudge::check_snapshot_end(Session& session, const proto::SnapshotEnd& end, const Moment& built) {
  const auto found = session.readers.find(end.subscription);
  if (found == session.readers.end()) {
    if (!session.was_there(end.subscription, built))
      evidence_.complain(&session, fmt::format("the snapshot of #{} ends, which does not exist", end.subscription));
    return;
  }
  Reader& reader = found->second;
  if (reader.ended) evidence_.complain(&session, fmt::format("the snapshot of #{} ends twice", end.subscription));
  reader.ended = true;
  reader.ended_at = end.revision;
  reader.ended_step = evidence_.step;
  reader.met_by = model_.revision();
  if (end.whole && reader.command.filter)
    evidence_.complain(&session, "is told that a filtered snapshot is a whole one");
  if (end.whole) reader.resumed_from.reset();
  check_complete(session, reader, end.subscription, end.revision, "snapshot");
  if (end.revision < reader.opened_after)
    evidence_.complain(&session, fmt::format("the snapshot of #{} is of before it was asked for", end.subscription));
}

void DeliveryJudge::check_completeness(Session& session, std::uint64_t revision, const Moment& built) {
  for (const auto& [id, reader] : session.readers) {
    // A reader with an interval may have a state pending.
    if (reader.opened_step < built.step && reader.command.interval.count() == 0)
      check_complete(session, reader, id, revision, "completeness");
  }
}

void DeliveryJudge::check_readers(Session& session, TimePoint instant) {
  for (auto& [id, reader] : session.readers) {
    if (reader.sent + reader.unread >= reader.taken + limits_.credit_transitions)
      continue;  // mode every: out of credit
    if (!reader.ended) evidence_.complain(&session, fmt::format("the snapshot of #{} has not ended", id));
    reader.ended = true;
    check_complete(session, reader, id, model_.revision(), "the state", instant);
  }
}

// Checks that this reader has been sent everything up to `revision`.
void DeliveryJudge::check_complete(Session& session, const Reader& reader, proto::RequestId id, std::uint64_t revision,
                                   const char* what, std::optional<TimePoint> instant) {
  const bool pattern = reader.command.topics.size() == 1;
  const auto check = [&](std::uint32_t member, const std::string& name) {
    const Topic& topic = model_.topic(name);
    const auto owes = filters_.owed(reader, name, revision);
    if (!owes || (instant && filters_.may_rest(reader, {member, name}, *instant))) return;
    const State& needed = topic.states[*owes];
    const auto seen = reader.seen.find({member, name});
    if (seen != reader.seen.end() && seen->second >= needed.revision) return;
    if (seen == reader.seen.end()) {
      if (reader.resumed_from && topic.at(*reader.resumed_from).revision >= needed.revision) return;
      // A topic that was unset when its part of the snapshot was built is not reported.
      const auto from = topic.states.begin() + static_cast<std::ptrdiff_t>(topic.index_at(revision));
      const auto is_unset = [](const State& state) { return state.value.is_null(); };
      const bool found_by_pattern = pattern && name != reader.command.topics[0];
      if (!reader.resumed_from && found_by_pattern && std::any_of(from, topic.states.end(), is_unset)) return;
    }
    evidence_.complain(&session, fmt::format("{} of #{} to revision {}: was not told '{}' of revision {}", what, id,
                                             revision, name, needed.revision));
  };
  if (!pattern) {
    for (std::size_t i = 0; i < reader.command.topics.size(); ++i)
      check(static_cast<std::uint32_t>(i), reader.command.topics[i]);
    return;
  }
  for (const auto& [name, topic] : model_.topics()) {
    if (matches(reader.command.topics[0], name)) check(0, name);
  }
}

}  // namespace hoiku::model
