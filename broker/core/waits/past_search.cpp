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
  if (after.number == 0) return {};
  if (after.epoch == 0) {
    return Failure{ErrorCode::invalid_argument, "topic " + text::quote(topic.name()) + ": " + asked +
                                                    " has no epoch, so it could be of another life of the topic"};
  }
  if (after.epoch != committed.epoch) return lagged(topic.name(), asked + " belongs to an earlier epoch");
  if (after.number > committed.number) {
    return Failure{ErrorCode::invalid_argument, "topic " + text::quote(topic.name()) + " is at version " +
                                                    std::to_string(committed.number) + "; version " +
                                                    std::to_string(after.number) + " does not exist yet"};
  }
  return {};
}

// A predicate, resolved for each state that it is tested on: a topic that was unset may have taken another type.
class Test {
 public:
  Test(const std::optional<Predicate>& predicate, const Schemas& schemas) : predicate_(predicate), schemas_(schemas) {}

  // Error: invalid_predicate, type_mismatch.
  Result<bool> matches(const StateRecord& state, const Value& old_value) {
    if (!predicate_) return true;
    const ContentType content = content_type(state.is_unset() ? ValueView(old_value) : state.view(), &schemas_);
    if (!resolved_ || !resolved_->is_for(content)) {
      auto read = ResolvedPredicate::resolve(*predicate_, content);
      if (!read) return read.failure();
      resolved_ = std::move(*read);
    }
    return resolved_->predicate.test(state.value(), old_value, state.quality());
  }

 private:
  const std::optional<Predicate>& predicate_;
  const Schemas& schemas_;
  std::optional<ResolvedPredicate> resolved_;
};

}  // namespace

Result<PastTransition> PastSearch::find(TopicId id, const proto::WaitTransition& command, const Version& after) {
  const Topic& topic = topics_[id];
  const std::string asked = "version " + std::to_string(command.after.value_or(Version{}).number);
  if (auto checked = check_position(topic, after, asked); !checked) return checked.failure();
  Test test(command.predicate, schemas_);
  const std::size_t fields = command.predicate ? command.predicate->fields() : 0;
  static const Value nothing;
  const bool names_quality = command.predicate && command.predicate->names_quality();
  const Version committed = version_of(topic.committed());
  State before;
  for (std::uint64_t number = std::max<std::uint64_t>(after.number, 1); number <= committed.number; ++number) {
    const State state = states_.find(id, number);
    if (!state) {
      return lagged(topic.name(), "the history no longer has all transitions after " + asked);
    }
    budget_.spend(steps_of_test(*state, fields));
    const bool is_candidate = number > after.number && (names_quality || !(before && before->view() == state->view()));
    if (is_candidate) {
      const auto matches = test.matches(*state, before ? before->value() : nothing);
      if (!matches) return about(topic.name(), matches.failure());
      if (*matches) return PastTransition{state, before, std::nullopt};
    }
    if (budget_.is_spent() && number > after.number && number < committed.number)
      return PastTransition{nullptr, nullptr, Version{committed.epoch, number}};
    before = state;
  }
  return PastTransition{};
}

}  // namespace hoiku::broker
