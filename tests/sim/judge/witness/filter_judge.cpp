#include "tests/sim/judge/witness/filter_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/judge/meaning.hpp"
#include "tests/sim/judge/story.hpp"

namespace hoiku::model {
namespace {

// An unset topic may have been removed, with its history and its counts.
bool may_have_been_forgotten(const Topic& topic, std::size_t after, std::size_t until) {
  for (std::size_t i = after; i <= until && i < topic.states.size(); ++i) {
    if (i > 0 && topic.states[i].value.is_null()) return true;
  }
  return false;
}

}  // namespace

bool FilterJudge::passes(const Reader& reader, const std::string& topic, std::size_t state) const {
  return !reader.command.filter || model_.passes(*reader.command.filter, topic, state);
}

std::uint64_t FilterJudge::not_passing(const Reader& reader, const std::string& topic, std::size_t after,
                                       std::size_t until) const {
  std::uint64_t count = 0;
  for (std::size_t i = after + 1; i < until; ++i) count += passes(reader, topic, i) ? 0 : 1;
  return count;
}

void FilterJudge::check_filter(Session& session, const Reader& reader, const proto::Delivery& delivery,
                               std::size_t index, const std::string& what) {
  const std::string& name = delivery.transition->topic;
  const Topic& topic = model_.topic(name);
  // The type of a removed topic is not known.
  const bool is_unset = topic.states[index].value.is_null() &&
                        holds(*reader.command.filter, Value(), Value(), topic.states[index].quality);
  if (!passes(reader, name, index) && !is_unset) evidence_.complain(&session, what + "it does not pass the filter");
  const auto seen = reader.seen.find({delivery.member, name});
  if (seen != reader.seen.end()) {
    const std::size_t before = topic.index_at(seen->second);
    if (delivery.count_baseline != 0 && !may_have_been_forgotten(topic, before, index))
      evidence_.complain(&session, what + "it was told twice from where to count");
    check_counts(session, reader, delivery, before, index, what);
  } else if (reader.resumed_from) {
    check_count_baseline(session, reader, delivery, index, what);
  } else {
    // The reader had the topic by the end of its snapshot, and not before it was opened.
    const std::size_t from = topic.index_at(reader.opened_after);
    if (may_have_been_forgotten(topic, from, index)) return;
    const std::uint64_t most = not_passing(reader, name, from, index);
    const std::uint64_t least = reader.ended ? not_passing(reader, name, topic.index_at(reader.met_by), index) : 0;
    if (delivery.filtered + delivery.lagged < least || delivery.filtered > most)
      evidence_.complain(&session,
                         what + fmt::format("{} did not pass before it, and it was told {}", most, delivery.filtered));
  }
}

// Checks the counts between the last delivery and this one.
void FilterJudge::check_counts(Session& session, const Reader& reader, const proto::Delivery& delivery,
                               std::size_t before, std::size_t index, const std::string& what) {
  const std::string& name = delivery.transition->topic;
  const Topic& topic = model_.topic(name);
  if (index <= before || may_have_been_forgotten(topic, before, index)) return;
  const std::uint64_t missing = index - before - 1;
  const std::uint64_t filtered = not_passing(reader, name, before, index);
  const bool is_every = reader.command.mode == proto::Mode::every;
  const bool is_right = delivery.lagged == 0 ? delivery.filtered == filtered && (!is_every || filtered == missing)
                                             : is_every && delivery.filtered <= filtered &&
                                                   delivery.filtered + delivery.lagged == missing;
  if (!is_right) {
    return evidence_.complain(
        &session, what + fmt::format("of {} before it {} did not pass, and it was told {} and {} lagged", missing,
                                     filtered, delivery.filtered, delivery.lagged));
  }
  // A predicate of the old value needs the state before.
  const std::size_t kept_from = topic.states.size() - std::min(topic.states.size(), limits_.history_transitions_max);
  const std::size_t needed = before + (uses_old_value(*reader.command.filter) ? 0 : 1);
  if (delivery.lagged != 0 && needed >= kept_from)
    evidence_.complain(&session, what + "what it was told as lagged is in the history");
}

void FilterJudge::check_count_baseline(Session& session, const Reader& reader, const proto::Delivery& delivery,
                                       std::size_t index, const std::string& what) {
  const std::string& name = delivery.transition->topic;
  const Topic& topic = model_.topic(name);
  const std::size_t before = topic.index_at(*reader.resumed_from);
  if (before == 0 || index <= before || may_have_been_forgotten(topic, before, index)) return;
  const auto& version = topic.states[before].version;
  if (delivery.count_baseline != 0) {
    if (version && version->number != delivery.count_baseline)
      evidence_.complain(&session, what + fmt::format("it counts from {}, and should from {}", delivery.count_baseline,
                                                      version->number));
    return check_counts(session, reader, delivery, before, index, what);
  }
  const std::size_t kept_from = topic.states.size() - std::min(topic.states.size(), limits_.history_transitions_max);
  // A reader of the latest begins anew if removed topics were forgotten.
  const bool may_begin_anew = model_.forgets() && reader.command.mode == proto::Mode::latest;
  if (before >= kept_from && !may_begin_anew) evidence_.complain(&session, what + "it is not told from where to count");
  if (delivery.filtered > not_passing(reader, name, before, index))
    evidence_.complain(&session, what + "not so many were filtered");
}

void FilterJudge::check_rate(Session& session, Reader& reader, const proto::Delivery& delivery, const Moment& built,
                             const std::string& what) {
  const Reader::Key key{delivery.member, delivery.transition->topic};
  const auto known = reader.builds.find(key);
  // A frame that had to wait for room was built in between: the one that waited first may have been another.
  Reader::Build made{built.at, now(), session.connection_number};
  if (known == reader.builds.end()) {
    // The delivery may have been in flight over an earlier connection.
    if (session.connection_number != session.first_connection) made.earliest = TimePoint::min();
  } else {
    const Reader::Build& before = known->second;
    const Topic& topic = model_.topic(key.second);
    const auto seen = reader.seen.find(key);
    const std::size_t index = topic.index_at(delivery.transition->revision);
    // A removed topic begins again.
    const bool is_anew =
        seen != reader.seen.end() && may_have_been_forgotten(topic, topic.index_at(seen->second), index);
    if (!is_anew && before.earliest != TimePoint::min() && now() - before.earliest < reader.command.interval)
      evidence_.complain(&session,
                         what + fmt::format("it comes {} after the one before", seconds(now() - before.earliest)));
    if (before.connection_number != session.connection_number) {
      const bool has_rested = before.earliest != TimePoint::min() && !is_anew;
      made.earliest = has_rested ? before.earliest + reader.command.interval : before.earliest;
    }
  }
  reader.builds[key] = made;
}

bool FilterJudge::may_rest(const Reader& reader, const Reader::Key& key, TimePoint instant) const {
  const auto known = reader.builds.find(key);
  return known != reader.builds.end() && instant - known->second.latest < reader.command.interval;
}

std::optional<std::size_t> FilterJudge::owed(const Reader& reader, const std::string& name,
                                             std::uint64_t revision) const {
  const Topic& topic = model_.topic(name);
  std::size_t newest = topic.index_at(revision);
  if (!reader.command.filter) return newest;
  while (newest > 0 && !passes(reader, name, newest)) --newest;
  // A pattern does not report unset topics.
  if (newest == 0) return std::nullopt;
  if (topic.states[newest].value.is_null()) return std::nullopt;
  if (may_have_been_forgotten(topic, newest, topic.states.size())) return std::nullopt;
  // The reader need not know what was over before it had the topic; a reader that resumes gets what the history has.
  const bool is_plain = name == reader.command.topics.front();
  const std::uint64_t met_by = is_plain ? reader.opened_at : reader.ended ? reader.met_by : model_.revision();
  const bool is_every = reader.command.mode == proto::Mode::every;
  if (topic.states[newest].revision > met_by && !is_every) return newest;
  const std::size_t kept_from = topic.states.size() - std::min(topic.states.size(), limits_.history_transitions_max);
  const std::size_t needed = newest - (uses_old_value(*reader.command.filter) ? 1 : 0);
  const bool is_present = newest + 1 == topic.states.size();
  if (is_every && !is_present) return std::nullopt;  // it may have lagged, which is judged elsewhere
  if (reader.resumed_from) {
    const bool is_told = topic.states[newest].revision > *reader.resumed_from && needed >= kept_from;
    return is_told ? std::optional(newest) : std::nullopt;
  }
  return is_present && needed >= kept_from ? std::optional(newest) : std::nullopt;
}

}  // namespace hoiku::model
