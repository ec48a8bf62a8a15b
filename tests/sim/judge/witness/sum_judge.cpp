#include "tests/sim/judge/witness/sum_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <variant>

namespace hoiku::model {

// A page of readers may have been built before the deliveries of its own frame.
void SumJudge::count(Session& session, const proto::ServerFrame& frame) {
  for (const auto& delivery : frame.deliveries) {
    const auto found = session.readers.find(delivery.subscription);
    if (found == session.readers.end()) continue;
    Reader& reader = found->second;
    // A snapshot that has become a whole one sends its topics anew, and what begins a topic is not counted.
    const bool is_in_snapshot = !reader.ended || reader.ended_step == evidence_.step;
    const bool may_begin = model_.forgets() && reader.command.resume && is_in_snapshot;
    if (!reader.counted.insert({delivery.member, delivery.transition->topic}).second && !may_begin) {
      ++reader.told_on;
      reader.told_filtered += delivery.filtered;
      reader.told_lagged += delivery.lagged;
    }
    reader.told_through[frame.number] = Reader::Told{reader.told_on, reader.told};
  }
}

void SumJudge::acknowledged(Session& session) {
  for (auto& [id, reader] : session.readers) {
    auto& frames = reader.told_through;
    const auto first_in_flight = frames.upper_bound(session.acknowledged);
    if (first_in_flight == frames.begin()) continue;
    reader.told_acknowledged = std::prev(first_in_flight)->second;
    frames.erase(frames.begin(), first_in_flight);
  }
}

void SumJudge::check_readers(Session& session, proto::RequestId id, const proto::Answer& answer, const Moment& built) {
  const auto* done = std::get_if<proto::ReadersDone>(&answer);
  if (!done) return evidence_.complain(&session, fmt::format("#{} got no readers", id));
  std::set<std::string> sessions;
  std::vector<const proto::ReaderRow*> own;
  for (const proto::ReaderRow& row : done->rows) {
    if (row.written != row.delivered + row.in_flight + row.conflated + row.filtered + row.lagged + row.pending) {
      evidence_.complain(
          &session,
          fmt::format("#{} shows a reader of {} that does not add up: {} = {} + {} + {} + {} + {} + {}", id, row.client,
                      row.written, row.delivered, row.in_flight, row.conflated, row.filtered, row.lagged, row.pending));
    }
    if (row.client != session.name) continue;
    sessions.insert(row.session);
    own.push_back(&row);
  }
  // The page was built at `built`; commands since then are known here already.
  if (built.step != evidence_.step) return;
  // An earlier session of the same name may still exist.
  if (sessions.size() != 1 || own.size() != session.readers.size() || done->next != 0) return;
  auto row = own.begin();
  for (const auto& [subscription, reader] : session.readers) check_own_row(session, subscription, reader, **row++);
}

void SumJudge::check_own_row(Session& session, proto::RequestId id, const Reader& reader, const proto::ReaderRow& row) {
  const std::string filter = reader.command.filter ? reader.command.filter->key() : "";
  // The list may be older than the latest commands.
  if (row.topics != reader.command.topics || row.mode != reader.command.mode || row.filter != filter) return;
  if (const std::uint64_t sent = row.delivered + row.in_flight; sent < reader.told_on || sent > reader.told)
    evidence_.complain(&session,
                       fmt::format("#{} was told {}, and is said to have been told {}", id, reader.told, sent));
  const Reader::Told& has = reader.told_acknowledged;
  if (row.delivered < has.at_least || row.delivered > has.at_most)
    evidence_.complain(&session, fmt::format("#{} has acknowledged {} to {}, and is said to have got {}", id,
                                             has.at_least, has.at_most, row.delivered));
  if (row.filtered < reader.told_filtered)
    evidence_.complain(&session,
                       fmt::format("#{}: {} were filtered, and it is said {}", id, reader.told_filtered, row.filtered));
  if (row.lagged < reader.told_lagged)
    evidence_.complain(&session, fmt::format("#{}: {} lagged, and it is said {}", id, reader.told_lagged, row.lagged));
  const bool is_every = reader.command.mode == proto::Mode::every;
  if ((is_every ? row.conflated : row.lagged) != 0)
    evidence_.complain(
        &session, fmt::format("#{}: {} conflated and {} lagged can't be of its mode", id, row.conflated, row.lagged));
  std::uint64_t written = 0;
  for (const auto& [name, topic] : model_.topics()) {
    std::uint64_t times = 0;
    for (const std::string& pattern : reader.command.topics) times += matches(pattern, name) ? 1 : 0;
    // A reader of every transition counts from where it resumes, also if its snapshot is a whole one.
    const auto& resume = reader.command.resume;
    const std::uint64_t from = resume ? std::min(reader.opened_after, resume->revision) : reader.opened_after;
    written += times * (topic.states.size() - 1 - topic.index_at(from));
  }
  if (row.written > written)
    evidence_.complain(&session, fmt::format("#{}: {} were written, and it is said {}", id, written, row.written));
}

}  // namespace hoiku::model
