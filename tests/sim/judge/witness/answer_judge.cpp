#include "tests/sim/judge/witness/answer_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <variant>

namespace hoiku::model {

void AnswerJudge::check_answer(Session& session, const proto::Answer& answer, const Moment& built) {
  ++evidence_.checked;
  const proto::RequestId id = std::visit([](const auto& a) { return a.id; }, answer);
  const auto* failed = std::get_if<proto::Failed>(&answer);
  if (session.waiters.contains(id)) return waits_.check_answer(session, id, answer);
  if (session.transition_waiters.contains(id)) return transitions_.check_answer(session, id, answer);
  if (session.leases.contains(id) && leases_.check_answer(session, id, answer)) return;
  if (failed && session.readers.contains(id)) {
    const Reader& reader = session.readers.at(id);
    const auto& filter = reader.command.filter;
    // A topic that is read by name may be of another type than the filter, from some value on.
    const bool may_misfit = filter && failed->failure.code == ErrorCode::type_mismatch &&
                            !model_.fits(*filter, reader.command.topics.front(), reader.opened_after);
    if (!may_misfit)
      evidence_.complain(&session, fmt::format("subscription #{} is refused: {}", id, failed->failure.message));
    session.readers.erase(id);
    return;
  }
  const auto found = session.requests.find(id);
  if (found == session.requests.end()) {
    // The answer to a wait that was cancelled while it was in flight.
    if (!session.was_there(id, built)) evidence_.complain(&session, fmt::format("#{} is answered, but not open", id));
    return;
  }
  const Request request = found->second;
  session.requests.erase(found);
  if (request.kind == Request::Kind::get) return check_get(session, id, request, answer);
  if (request.kind == Request::Kind::readers) return sums_.check_readers(session, id, answer, built);
  if (request.kind == Request::Kind::schema) return check_schema(session, id, request, answer);
  if (request.kind == Request::Kind::list) return check_list(session, id, request, answer);
  if (request.kind == Request::Kind::declare) {
    const auto expected = request.expected.front().error;
    const bool is_right = failed ? expected == failed->failure.code
                                 : std::holds_alternative<proto::Done>(answer) && (!expected || request.may_be_done);
    if (!is_right) evidence_.complain(&session, fmt::format("declaration #{} is answered wrongly", id));
    return;
  }
  check_write(session, id, request, answer);
}

// Judges the answer to a set or a commit, which has the answer of a set for each of its writes.
void AnswerJudge::check_write(Session& session, proto::RequestId id, const Request& request,
                              const proto::Answer& answer) {
  const auto* failed = std::get_if<proto::Failed>(&answer);
  const std::optional<ErrorCode> error = failed ? std::optional(failed->failure.code) : std::nullopt;
  const std::optional<ErrorCode> expected = request.expected.front().error;
  if (error != expected) {
    return evidence_.complain(
        &session, fmt::format("#{} write to {}: expected {}, got {}", id, request.topics.front(),
                              expected ? to_string(*expected) : "done", error ? to_string(*error) : "done"));
  }
  if (failed) return;
  std::vector<proto::CommitDone::Written> written;
  std::uint64_t revision = 0;
  if (const auto* set = std::get_if<proto::SetDone>(&answer)) {
    written.push_back({set->version, set->changed});
    revision = set->revision;
  } else if (const auto* commit = std::get_if<proto::CommitDone>(&answer)) {
    written = commit->written;
    revision = commit->revision;
  }
  if (written.size() != request.topics.size())
    return evidence_.complain(&session, fmt::format("#{} is answered for {} writes", id, written.size()));
  std::uint64_t newest = 0;
  bool all_known = true;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const State& state = model_.topic(request.topics[i]).states[request.expected[i].state];
    newest = std::max(newest, state.revision);
    if (written[i].changed != request.expected[i].changed)
      evidence_.complain(&session, fmt::format("#{}: changed is wrong", id));
    if (model_.forgets() && state.value.is_null() && written[i].version.number == 0) {  // it was forgotten
      all_known = false;
      continue;
    }
    Transition transition;
    transition.topic = request.topics[i];
    transition.version = written[i].version;
    transition.revision = state.revision;
    transition.value = state.value;
    transition.writer = state.writer;
    transition.quality = state.quality;
    std::string why;
    if (!model_.recognise(transition, why, false)) evidence_.complain(&session, fmt::format("#{} write: {}", id, why));
  }
  if (all_known && revision != newest)
    evidence_.complain(&session, fmt::format("#{} is of revision {}, and is said to be of {}", id, newest, revision));
}

// The schema may have been registered after it was asked for.
void AnswerJudge::check_schema(Session& session, proto::RequestId id, const Request& request,
                               const proto::Answer& answer) {
  const auto* schema = std::get_if<proto::SchemaDone>(&answer);
  const auto known = evidence_.schemas.find(request.topics.front());
  const bool is_known = schema && known != evidence_.schemas.end() && schema->files == known->second;
  const bool is_right = is_known || (schema && schema->files.empty() && request.earliest == 0);
  if (!is_right) evidence_.complain(&session, fmt::format("#{} got a wrong schema", id));
}

void AnswerJudge::check_get(Session& session, proto::RequestId id, const Request& request,
                            const proto::Answer& answer) {
  const auto* got = std::get_if<proto::GetDone>(&answer);
  if (!got) return evidence_.complain(&session, fmt::format("#{} got no value", id));
  std::string why;
  const auto index = model_.recognise(*got->current, why);
  if (!index) return evidence_.complain(&session, fmt::format("#{} got {}", id, why));
  const Topic& topic = model_.topic(request.topics.front());
  if (topic.states[*index].revision < topic.at(request.earliest).revision)
    evidence_.complain(&session, fmt::format("#{} got an old value", id));
}

// A topic that is there from the first page to the last is on one of them.
void AnswerJudge::check_list(Session& session, proto::RequestId id, const Request& request,
                             const proto::Answer& answer) {
  const auto* list = std::get_if<proto::ListDone>(&answer);
  if (!list) return evidence_.complain(&session, fmt::format("#{} got no list", id));
  const std::string& pattern = request.topics.front();
  Pages pages{request.earliest, {}};
  // A client may go on in a new session with a page that an earlier one was told of.
  bool has_first_page = true;
  if (request.cursor != 0) {
    const auto before = session.pages.find({pattern, request.cursor});
    has_first_page = before != session.pages.end();
    if (has_first_page) pages = before->second;
  }
  if (list->rows.size() > limits_.list_rows_max)
    evidence_.complain(&session, fmt::format("#{} got a page of {} topics", id, list->rows.size()));
  std::size_t bytes = 0;
  for (const proto::ListRow& row : list->rows) bytes += row.current->topic.size() + bytes_of(row.current->value);
  if (list->rows.size() > 1 && bytes > limits_.list_bytes_max)
    evidence_.complain(&session, fmt::format("#{} got a page of {} bytes", id, bytes));
  std::set<std::string> listed;
  for (const proto::ListRow& row : list->rows) {
    std::string why;
    const std::string& name = row.current->topic;
    const auto index = model_.recognise(*row.current, why);
    if (!index) return evidence_.complain(&session, fmt::format("#{} lists {}", id, why));
    const Topic& topic = model_.topic(name);
    if (topic.states[*index].revision < topic.at(request.earliest).revision)
      evidence_.complain(&session, fmt::format("#{} lists an old value of {}", id, name));
    if (!matches(pattern, name)) evidence_.complain(&session, fmt::format("#{} lists {}", id, name));
    if (!listed.insert(name).second) evidence_.complain(&session, fmt::format("#{} lists {} twice", id, name));
  }
  if (!has_first_page) return;
  pages.listed.merge(listed);
  if (list->next != 0) {
    session.pages.insert_or_assign({pattern, list->next}, std::move(pages));
    return;
  }
  for (const auto& [name, topic] : model_.topics()) {
    if (pages.listed.contains(name) || !matches(pattern, name)) continue;
    const auto from = topic.states.begin() + static_cast<std::ptrdiff_t>(topic.index_at(pages.earliest));
    const auto is_unset = [](const State& state) { return state.value.is_null(); };
    if (std::none_of(from, topic.states.end(), is_unset))
      evidence_.complain(&session, fmt::format("#{} lacks {}", id, name));
  }
}

}  // namespace hoiku::model
