#include "broker/core/waits/past_search.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/core/checks.hpp"
#include "broker/core/topics/content_type.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

Failure lagged(const std::string& topic, const std::string& what) {
  return {ErrorCode::lagged,
          "topic " + text::quote(topic) + ": " + what + "; read its latest state and continue from there"};
}

// `asked` is the version that the client knows, for the errors.
Result<void> check_position(const Topic& topic, const Version& after, const std::string& asked) {
  const Version committed = version_of(topic.committed());
  if (after.number > 0 && (committed.number == 0 || (after.epoch != 0 && after.epoch != committed.epoch)))
    return lagged(topic.name(), asked + " belongs to an earlier epoch");
  if (after.number > committed.number) {
    return Failure{ErrorCode::invalid_argument, "topic " + text::quote(topic.name()) + " is at version " +
                                                    std::to_string(committed.number) + "; version " +
                                                    std::to_string(after.number) + " does not exist yet"};
  }
  return {};
}

}  // namespace

Result<PastTransition> PastSearch::find(TopicId id, const proto::WaitTransition& command, const Version& after) {
  const Topic& topic = topics_[id];
  const std::string asked = "version " + std::to_string(command.after.value_or(Version{}).number);
  if (auto checked = check_position(topic, after, asked); !checked) return checked.failure();
  std::optional<Predicate> test;
  if (command.predicate) {
    auto read = resolved(*command.predicate, content_type(topic, schemas_));
    if (!read) return about(topic.name(), read.failure());
    test = std::move(*read);
  }
  static const Value nothing;
  const bool names_quality = test && test->names_quality();
  const Version committed = version_of(topic.committed());
  State before;
  for (std::uint64_t number = std::max<std::uint64_t>(after.number, 1); number <= committed.number; ++number) {
    const State state = states_.find(id, number);
    if (!state) {
      return lagged(topic.name(), "the history no longer has all transitions after " + asked);
    }
    budget_.spend(steps_of_test(*state, test ? test->fields() : 0));
    const bool is_candidate = number > after.number && (names_quality || !(before && before->value == state->value));
    if (is_candidate && (!test || test->test(state->value, before ? before->value : nothing, state->quality))) {
      return PastTransition{state, before, std::nullopt};
    }
    if (budget_.is_spent() && number > after.number && number < committed.number)
      return PastTransition{nullptr, nullptr, Version{committed.epoch, number}};
    before = state;
  }
  return PastTransition{};
}

}  // namespace hoiku::broker
