#include "broker/core/readers/filters.hpp"

#include <utility>

#include "hoiku/proto/text.hpp"

namespace hoiku::broker {

const Result<Predicate>& Filter::predicate_for(const ContentType& content) {
  if (!content.message_type) {
    auto& known = by_type_.at(static_cast<std::size_t>(content.type));
    if (!known) known = std::make_unique<const Result<Predicate>>(resolved(predicate_, content));
    return *known;
  }
  const std::uint64_t serial = schemas_ == nullptr ? 0 : schemas_->serial();
  const auto known = by_message_.find(*content.message_type);
  if (known != by_message_.end() && (known->second.predicate || known->second.tried_at == serial))
    return known->second.predicate;
  // A client that writes a topic, unsets it and writes another type can make any number of types.
  if (known == by_message_.end() && by_message_.size() >= message_types_max_) make_room();
  ForMessages made{resolved(predicate_, content), serial};
  return by_message_.insert_or_assign(std::string(*content.message_type), std::move(made)).first->second.predicate;
}

// Evicts unresolved entries first; resolved ones keep their meaning.
void Filter::make_room() {
  if (std::erase_if(by_message_, [](const auto& entry) { return !entry.second.predicate; }) == 0) by_message_.clear();
}

Result<void> Filter::fits(const ContentType& content, const std::string& topic) {
  const Result<Predicate>& predicate = predicate_for(content);
  if (predicate) return {};
  const Failure& why = predicate.failure();
  return Failure{why.code, "topic " + text::quote(topic) + " cannot be filtered by " +
                               text::shorten(key(), predicate_bytes_shown) + ": " + why.message};
}

bool Filter::passes(TopicId topic, const StateRecord& state, const State& before) {
  // A topic has at most one transition per revision.
  Tested& place = tested_[(static_cast<std::size_t>(topic) * 31 + state.revision()) % tested_.size()];
  if (state.revision() != 0 && place.topic == topic && place.revision == state.revision()) return place.passes;
  // Literals are read as the type of the topic's values; with null every comparison is false.
  const Result<Predicate>& predicate = predicate_for(content_type(!state.is_unset() ? state.view()
                                                                  : before          ? before->view()
                                                                                    : ValueView(),
                                                                  schemas_));
  ++*tests_;
  if (!predicate) return false;  // not remembered: the predicate's fields may become known
  static const Value nothing;
  const Value& old_value = before && uses_old_value() ? before->value() : nothing;
  place = Tested{topic, state.revision(), predicate->test(state.value(), old_value, state.quality())};
  return place.passes;
}

// Field names are resolved by the schemas that are registered when a reader begins. Later schemas may give a name to
// another field.
std::string Filters::shared_key(const Predicate& predicate) const {
  if (predicate.fields() == 0 || schemas_ == nullptr) return predicate.key();
  return std::to_string(schemas_->serial()) + ' ' + predicate.key();
}

Filter& Filters::acquire(const Predicate& predicate) {
  std::string key = shared_key(predicate);
  std::unique_ptr<Filter>& filter = by_key_[key];
  if (!filter) filter = std::make_unique<Filter>(predicate, schemas_, std::move(key), &tests_, capacities_);
  ++filter->users_;
  return *filter;
}

void Filters::release(Filter& filter) noexcept {
  if (--filter.users_ > 0) return;
  by_key_.erase(by_key_.find(filter.shared_key_));
}

}  // namespace hoiku::broker
