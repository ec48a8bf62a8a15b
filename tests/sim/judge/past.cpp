#include "tests/sim/judge/past.hpp"

#include <algorithm>
#include <utility>

namespace hoiku::model {

void Past::begin_again() {
  earlier_models_.push_back(std::exchange(model_, Model(model_.forgets(), model_.value_bytes_max())));
  begun_ = now();
}

std::vector<std::string> Past::set_since(TimePoint at) const {
  std::vector<std::string> names;
  if (at <= begun_) return names;
  for (const auto& [name, topic] : model_.topics()) {
    bool is_set = true;
    for (auto state = topic.states.rbegin(); is_set && state != topic.states.rend(); ++state) {
      is_set = !state->value.is_null();
      if (state->at < at) break;
    }
    if (is_set) names.push_back(name);
  }
  return names;
}

bool Past::ever(const std::vector<std::string>& topics, const std::vector<Value>& values) const {
  const auto was_in = [&](const Model& model) {
    // The combination can be new only if one of them changed.
    for (const std::string& changing : topics) {
      for (const State& state : model.topic(changing).states) {
        std::size_t same = 0;
        while (same < topics.size() && model.topic(topics[same]).at(state.revision).value == values[same]) ++same;
        if (same == topics.size()) return true;
      }
    }
    return false;
  };
  return was_in(model_) || std::any_of(earlier_models_.begin(), earlier_models_.end(), was_in);
}

const State* Past::find(const std::string& topic, const Version& version) const {
  const auto in = [&](const Model& model) -> const State* {
    for (const State& state : model.topic(topic).states) {
      if (state.version == version) return &state;
    }
    return nullptr;
  };
  if (const State* found = in(model_)) return found;
  for (const Model& model : earlier_models_) {
    if (const State* found = in(model)) return found;
  }
  return nullptr;
}

const State* Past::before(const std::string& topic, const Version& version) const {
  const State* found = nullptr;
  for_each_model([&](const Model& model) {
    const auto& states = model.topic(topic).states;
    for (std::size_t i = 1; i < states.size(); ++i) {
      if (states[i].version == version) found = &states[i - 1];
    }
  });
  return found;
}

bool Past::always_fitted(const Predicate& predicate, const std::string& topic) const {
  bool fitted = true;
  for_each_model([&](const Model& model) { fitted = fitted && model.fits(predicate, topic, 0); });
  return fitted;
}

std::optional<bool> Past::passes(const std::string& topic, const Version& version, const Predicate& filter) const {
  std::optional<bool> passes;
  for_each_model([&](const Model& model) {
    const auto& states = model.topic(topic).states;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i].version == version && !passes) passes = model.passes(filter, topic, i);
    }
  });
  return passes;
}

std::optional<std::uint64_t> Past::not_passing(const std::string& topic, const Version& from, const Version& to,
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

}  // namespace hoiku::model
