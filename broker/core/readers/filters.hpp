// filters.hpp: the conditions of filtered readers. Equal conditions are one Filter, which tests each transition once.
//
// Conditions that name fields of messages are equal only under the same schemas. A Filter resolves the names at the
// first message of a type, and keeps the result unless it meets more types than Capacities allow.
//
// Promises   under a pattern, a value that cannot be compared (of another type) does not pass; old_value is the value
//            of the version before.
// Thread     the core's. Owner: Subscriptions. A Filter lives as long as a subscription has acquired it.
// Cost       a test costs the predicate's nodes, at most Limits::predicate_nodes_max. A filter remembers its last few
//            results, and how it is resolved for the last few types of messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/capacities.hpp"
#include "broker/core/topics/content_type.hpp"
#include "broker/core/topics/schemas.hpp"
#include "broker/core/types.hpp"
#include "hoiku/proto/error.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/predicate.hpp"

namespace hoiku::broker {

// The bytes of a predicate that lists and error messages show.
constexpr std::size_t predicate_bytes_shown = 255;

class Filter {
 public:
  // `schemas`: describe the fields of messages; null: no fields are known. `tests` counts those of all filters.
  Filter(Predicate predicate, const Schemas* schemas, std::string shared_key, std::uint64_t* tests,
         const Capacities& capacities)
      : predicate_(std::move(predicate)),
        schemas_(schemas),
        shared_key_(std::move(shared_key)),
        message_types_max_(capacities.filter_message_types),
        tested_(capacities.filter_results),
        tests_(tests) {}

  // The predicate in its normal form.
  const std::string& key() const noexcept { return predicate_.key(); }
  bool uses_old_value() const noexcept { return predicate_.uses_old_value(); }
  std::size_t fields() const noexcept { return predicate_.fields(); }
  std::size_t comparisons() const noexcept { return predicate_.comparisons(); }
  // Checks that the filter can be applied to `topic`, which holds such values. Errors: those of resolved().
  Result<void> fits(const ContentType& content, const std::string& topic);
  Result<void> fits(const ValueView& value, const std::string& topic) {
    return fits(content_type(value, schemas_), topic);
  }
  std::size_t message_types() const noexcept { return by_message_.size(); }  // with a remembered result
  // Whether `state` passes, which replaced `before`.
  bool passes(TopicId topic, const StateRecord& state, const State& before);

 private:
  friend class Filters;
  struct Tested {
    TopicId topic{};
    std::uint64_t revision = 0;  // with the topic it names a transition; 0: nothing
    bool passes = false;
  };
  struct ForMessages {
    Result<Predicate> predicate;
    std::uint64_t tried_at = 0;  // the schemas' serial
  };
  static constexpr std::size_t types = 7;

  const Result<Predicate>& predicate_for(const ContentType& content);
  void make_room();

  Predicate predicate_;
  const Schemas* schemas_;
  std::string shared_key_;  // under which Filters has it
  std::array<std::unique_ptr<const Result<Predicate>>, types> by_type_;
  // By the type of the messages, at most message_types_max_. A predicate that could not be resolved is tried again when
  // the schemas have changed.
  std::map<std::string, ForMessages, std::less<>> by_message_;
  std::size_t message_types_max_;
  std::vector<Tested> tested_;
  std::uint64_t* tests_;
  std::size_t users_ = 0;
};

class Filters {
 public:
  explicit Filters(const Schemas* schemas, const Capacities& capacities = {})
      : schemas_(schemas), capacities_(capacities) {}
  Filter& acquire(const Predicate& predicate);
  void release(Filter& filter) noexcept;
  std::size_t size() const noexcept { return by_key_.size(); }
  std::uint64_t tests() const noexcept { return tests_; }

 private:
  std::string shared_key(const Predicate& predicate) const;

  const Schemas* schemas_;
  Capacities capacities_;
  std::unordered_map<std::string, std::unique_ptr<Filter>> by_key_;
  std::uint64_t tests_ = 0;
};

}  // namespace hoiku::broker
