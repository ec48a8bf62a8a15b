// The part of the model that knows what the broker may publish about itself.
#include <algorithm>

#include "tests/sim/judge/model.hpp"

namespace hoiku::model {
namespace {

constexpr std::string_view sessions = "$hoiku/sessions/";
constexpr std::string_view counts = "$hoiku/broker/";

}  // namespace

std::string Model::wrong_broker_topic(const Transition& transition) const {
  const Value& value = transition.value;
  const State& before = topic(transition.topic).newest();
  if (transition.writer != "hoikud" || transition.quality != Quality::live) return "it is not the broker's";
  if (value == before.value) return "it is no change";
  if (transition.version.number == 0 || transition.version.epoch == 0) return "it has no version";
  if (before.version && before.version->number != 0 &&
      transition.version != Version{before.version->epoch, before.version->number + 1} && !forgets_)
    return "the version before was " + std::to_string(before.version->number);
  if (transition.topic.starts_with(sessions)) {
    const auto* word = value.get_if<std::string>();
    const bool is_word = word != nullptr && (*word == "connected" || *word == "away");
    // Each session has a name of its own, so its topic begins once and ends once.
    if (before.version && before.version->number != 0 && before.value.is_null()) return "its session had ended";
    return is_word || value.is_null() ? "" : "a session is said to be " + to_display_string(value);
  }
  const auto* count = value.get_if<std::int64_t>();
  if (transition.topic.starts_with(counts) && count != nullptr && *count >= 0) return "";
  return "it is neither a session nor a count";
}

std::string Model::judge_broker_topics(const std::vector<Transition>& record, TimePoint now) {
  begin(now);
  const std::uint64_t revision = record.front().revision;
  if (revision <= before_instant_ || revision > revision_ + 1)
    return "the revision is " + std::to_string(revision) + ", after " + std::to_string(revision_);
  for (const Transition& transition : record) {
    if (const std::string wrong = wrong_broker_topic(transition); !wrong.empty())
      return "'" + transition.topic + "' became " + to_display_string(transition.value) + ": " + wrong;
  }
  count_anew(revision);
  for (const Transition& transition : record) {
    State& made = topics_[transition.topic].states.emplace_back();
    made.revision = revision;
    made.at = now;
    made.value = transition.value;
    made.writer = transition.writer;
    made.version = transition.version;
  }
  return {};
}

void Model::count_anew(std::uint64_t from) {
  for (auto& [name, topic] : topics_) {
    for (auto state = topic.states.rbegin(); state != topic.states.rend() && state->revision >= from; ++state)
      ++state->revision;
  }
  ++revision_;
}

std::vector<std::string> Model::published_sessions() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_) {
    if (!name.starts_with(sessions) || topic.newest().value.is_null()) continue;
    const std::string label = name.substr(sessions.size());
    names.push_back(label.substr(0, label.rfind('-')));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace hoiku::model
