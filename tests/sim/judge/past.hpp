// past.hpp: the states that topics have had, under this broker and under earlier ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/judge/model.hpp"

namespace hoiku::model {

class Past {
 public:
  explicit Past(bool forgets = false, std::size_t value_bytes_max = Limits{}.value_bytes_max)  // as for Model
      : model_(forgets, value_bytes_max) {}

  // The model of the broker that runs; the reference stays valid.
  Model& model() { return model_; }
  const Model& model() const { return model_; }
  // The broker was killed: the next one begins with nothing.
  void begin_again();

  // Returns true if these topics had these values at one moment.
  bool ever(const std::vector<std::string>& topics, const std::vector<Value>& values) const;
  // Returns the topics that have been set throughout since then, if the broker has been there so long.
  std::vector<std::string> set_since(TimePoint at) const;
  // Returns the state with this version, or nullptr.
  const State* find(const std::string& topic, const Version& version) const;
  // Returns the state that the one with this version replaced; nullptr if that is not known.
  const State* before(const std::string& topic, const Version& version) const;
  // Returns true if the predicate is of the type of all values that the topic has ever had.
  bool always_fitted(const Predicate& predicate, const std::string& topic) const;
  // Returns whether the state with this version passes a filter; empty if there was no such state.
  std::optional<bool> passes(const std::string& topic, const Version& version, const Predicate& filter) const;
  // Returns how many states between the two do not pass; empty if they are of different epochs.
  std::optional<std::uint64_t> not_passing(const std::string& topic, const Version& from, const Version& to,
                                           const Predicate& filter) const;

 private:
  template <class F>
  void for_each_model(F visit) const {
    visit(model_);
    for (const Model& model : earlier_models_) visit(model);
  }

  Model model_;
  std::vector<Model> earlier_models_;
  TimePoint begun_{};  // the latest broker
};

}  // namespace hoiku::model
