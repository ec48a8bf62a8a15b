// The part of the witness that judges filters and rates: which reader must get a state, which must not get it yet, and
// whether the counts are right.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tests/sim/judge/story.hpp"
#include "tests/sim/judge/witness.hpp"

namespace hoiku::model {

bool Witness::passes(const Reader& reader, const std::string& topic, std::size_t state) const {
  return !reader.command.filter || model_.passes(*reader.command.filter, topic, state);
}

std::uint64_t Witness::not_passing(const Reader& reader, const std::string& topic, std::size_t after,
                                   std::size_t until) const {
  std::uint64_t count = 0;
  for (std::size_t i = after + 1; i < until; ++i) count += passes(reader, topic, i) ? 0 : 1;
  return count;
}

// An unset topic may have been removed, with its history and its counts.
bool Witness::may_have_been_forgotten(const Topic& topic, std::size_t after, std::size_t until) const {
  for (std::size_t i = after; i <= until && i < topic.states.size(); ++i) {
    if (i > 0 && topic.states[i].value.is_null()) return true;
  }
  return false;
}

void Witness::check_filter(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t index,
                           const std::string& what) {
  const std::string& name = delivery.transition->topic;
  const Topic& topic = model_.topic(name);
  // The type of a removed topic is not known.
  const bool is_unset = topic.states[index].value.is_null() && holds(*reader.command.filter, Value(), Value());
  if (!passes(reader, name, index) && !is_unset) complain(&session, what + "it does not pass the filter");
  const auto seen = reader.seen.find({delivery.member, name});
  if (seen != reader.seen.end()) {
    const std::size_t before = topic.index_at(seen->second);
    if (delivery.counted_from != 0 && !may_have_been_forgotten(topic, before, index))
      complain(&session, what + "it was told twice from where to count");
    check_counts(session, reader, delivery, before, index, what);
  } else if (reader.resumed_from) {
    check_counted_from(session, reader, delivery, index, what);
  } else {
    // The reader had the topic by the end of its snapshot, and not before it was opened.
    const std::size_t from = topic.index_at(reader.opened_after);
    if (may_have_been_forgotten(topic, from, index)) return;
    const std::uint64_t most = not_passing(reader, name, from, index);
    const std::uint64_t least = reader.ended ? not_passing(reader, name, topic.index_at(reader.met_by), index) : 0;
    if (delivery.filtered + delivery.lagged < least || delivery.filtered > most)
      complain(&session, what + fmt::format("{} did not pass before it, and it was told {}", most, delivery.filtered));
  }
}

// Checks the counts between the last delivery and this one.
void Witness::check_counts(Session& session, const Reader& reader, const proto::Delivery& delivery, std::size_t before,
                           std::size_t index, const std::string& what) {
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
    return complain(&session, what + fmt::format("of {} before it {} did not pass, and it was told {} and {} lagged",
                                                 missing, filtered, delivery.filtered, delivery.lagged));
  }
  // A predicate of the old value needs the state before.
  const std::size_t kept_from = topic.states.size() - std::min(topic.states.size(), limits_.history_transitions_max);
  const std::size_t needed = before + (reader.command.filter->uses_old_value() ? 0 : 1);
  if (delivery.lagged != 0 && needed >= kept_from)
    complain(&session, what + "what it was told as lagged is in the history");
}

void Witness::check_counted_from(Session& session, const Reader& reader, const proto::Delivery& delivery,
                                 std::size_t index, const std::string& what) {
  const std::string& name = delivery.transition->topic;
  const Topic& topic = model_.topic(name);
  const std::size_t before = topic.index_at(*reader.resumed_from);
  if (before == 0 || index <= before || may_have_been_forgotten(topic, before, index)) return;
  const auto& version = topic.states[before].version;
  if (delivery.counted_from != 0) {
    if (version && version->number != delivery.counted_from)
      complain(&session,
               what + fmt::format("it counts from {}, and should from {}", delivery.counted_from, version->number));
    return check_counts(session, reader, delivery, before, index, what);
  }
  const std::size_t kept_from = topic.states.size() - std::min(topic.states.size(), limits_.history_transitions_max);
  if (before >= kept_from) complain(&session, what + "it is not told from where to count");
  if (delivery.filtered > not_passing(reader, name, before, index))
    complain(&session, what + "not so many were filtered");
}

void Witness::check_rate(Session& session, Reader& reader, const proto::Delivery& delivery, const Moment& cut,
                         const std::string& what) {
  const Key key{delivery.member, delivery.transition->topic};
  const auto known = reader.cuts.find(key);
  // A frame that had to wait for room was built in between: the one that waited first may have been another.
  Cut made{cut.at, now(), session.connection_number};
  if (known == reader.cuts.end()) {
    // The delivery may have been in flight over an earlier connection.
    if (session.connection_number != session.first_connection) made.earliest = TimePoint::min();
  } else {
    const Cut& before = known->second;
    const Topic& topic = model_.topic(key.second);
    const auto seen = reader.seen.find(key);
    const std::size_t index = topic.index_at(delivery.transition->revision);
    // A removed topic begins again.
    const bool is_anew =
        seen != reader.seen.end() && may_have_been_forgotten(topic, topic.index_at(seen->second), index);
    if (!is_anew && before.earliest != TimePoint::min() && now() - before.earliest < reader.command.interval)
      complain(&session, what + fmt::format("it comes {} after the one before", seconds(now() - before.earliest)));
    if (before.connection_number != session.connection_number) {
      const bool has_rested = before.earliest != TimePoint::min() && !is_anew;
      made.earliest = has_rested ? before.earliest + reader.command.interval : before.earliest;
    }
  }
  reader.cuts[key] = made;
}

bool Witness::may_rest(const Reader& reader, const Key& key, TimePoint instant) const {
  const auto known = reader.cuts.find(key);
  return known != reader.cuts.end() && instant - known->second.latest < reader.command.interval;
}

std::optional<std::size_t> Witness::owed(const Reader& reader, const std::string& name, std::uint64_t revision) const {
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
  const std::size_t needed = newest - (reader.command.filter->uses_old_value() ? 1 : 0);
  const bool is_present = newest + 1 == topic.states.size();
  if (is_every && !is_present) return std::nullopt;  // it may have lagged, which is judged elsewhere
  if (reader.resumed_from) {
    const bool is_told = topic.states[newest].revision > *reader.resumed_from && needed >= kept_from;
    return is_told ? std::optional(newest) : std::nullopt;
  }
  return is_present && needed >= kept_from ? std::optional(newest) : std::nullopt;
}

std::optional<bool> Witness::passes(const std::string& topic, const Version& version, const Predicate& filter) const {
  std::optional<bool> passes;
  for_each_model([&](const Model& model) {
    const auto& states = model.topic(topic).states;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i].version == version && !passes) passes = model.passes(filter, topic, i);
    }
  });
  return passes;
}

std::optional<std::uint64_t> Witness::not_passing(const std::string& topic, const Version& from, const Version& to,
                                                  const Predicate& filter) const {
  std::optional<std::uint64_t> count;
  for_each_model([&](const Model& model) {
    const auto& states = model.topic(topic).states;
    const auto place = [&](const Version& version) {
      return std::find_if(states.begin(), states.end(), [&](const State& state) { return state.version == version; });
    };
    const auto first = place(from), last = place(to);
    if (first == states.end() || last == states.end() || last <= first) return;
    count = 0;
    for (auto state = first + 1; state < last; ++state)
      *count += model.passes(filter, topic, static_cast<std::size_t>(state - states.begin())) ? 0 : 1;
  });
  return count;
}

// A page of readers may have been built before the deliveries of its own frame.
void Witness::count_told(Session& session, const proto::ServerFrame& frame) {
  for (const auto& delivery : frame.deliveries) {
    const auto found = session.readers.find(delivery.subscription);
    if (found == session.readers.end()) continue;
    Reader& reader = found->second;
    if (!reader.counted.insert({delivery.member, delivery.transition->topic}).second) {
      ++reader.told_on;
      reader.told_filtered += delivery.filtered;
      reader.told_lagged += delivery.lagged;
    }
  }
}

void Witness::check_readers(Session& session, proto::RequestId id, const proto::Answer& answer, const Moment& cut) {
  const auto* done = std::get_if<proto::ReadersDone>(&answer);
  if (!done) return complain(&session, fmt::format("#{} got no readers", id));
  std::set<std::string> sessions;
  std::vector<const proto::ReaderRow*> own;
  for (const proto::ReaderRow& row : done->rows) {
    if (row.written != row.delivered + row.conflated + row.filtered + row.lagged + row.pending) {
      complain(&session,
               fmt::format("#{} shows a reader of {} that does not add up: {} = {} + {} + {} + {} + {}", id, row.client,
                           row.written, row.delivered, row.conflated, row.filtered, row.lagged, row.pending));
    }
    if (row.client != session.name) continue;
    sessions.insert(row.session);
    own.push_back(&row);
  }
  // The page was built at `cut`; commands since then are known here already.
  if (cut.step != step_) return;
  // An earlier session of the same name may still exist.
  if (sessions.size() != 1 || own.size() != session.readers.size() || done->next != 0) return;
  auto row = own.begin();
  for (const auto& [subscription, reader] : session.readers) check_own_row(session, subscription, reader, **row++);
}

void Witness::check_own_row(Session& session, proto::RequestId id, const Reader& reader, const proto::ReaderRow& row) {
  const std::string filter = reader.command.filter ? reader.command.filter->key() : "";
  // The list may be older than the latest commands.
  if (row.topics != reader.command.topics || row.mode != reader.command.mode || row.filter != filter) return;
  if (row.delivered < reader.told_on || row.delivered > reader.told)
    complain(&session,
             fmt::format("#{} was told {}, and is said to have been told {}", id, reader.told, row.delivered));
  if (row.filtered < reader.told_filtered)
    complain(&session, fmt::format("#{}: {} were filtered, and it is said {}", id, reader.told_filtered, row.filtered));
  if (row.lagged < reader.told_lagged)
    complain(&session, fmt::format("#{}: {} lagged, and it is said {}", id, reader.told_lagged, row.lagged));
  const bool is_every = reader.command.mode == proto::Mode::every;
  if ((is_every ? row.conflated : row.lagged) != 0)
    complain(&session,
             fmt::format("#{}: {} conflated and {} lagged can't be of its mode", id, row.conflated, row.lagged));
  std::uint64_t written = 0;
  for (const auto& [name, topic] : model_.topics()) {
    std::uint64_t times = 0;
    for (const std::string& pattern : reader.command.topics) times += matches(pattern, name) ? 1 : 0;
    const std::uint64_t from = std::min(reader.opened_after, reader.resumed_from.value_or(reader.opened_after));
    written += times * (topic.states.size() - 1 - topic.index_at(from));
  }
  if (row.written > written)
    complain(&session, fmt::format("#{}: {} were written, and it is said {}", id, written, row.written));
}

}  // namespace hoiku::model
