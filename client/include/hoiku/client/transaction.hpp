// transaction.hpp: several writes that are one commit, put together by the function that Bus::commit is given.
//
// Lifetime   of that function's call. Errors: TypeMismatch and Error(invalid_argument), at once, for what makes no sense here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "hoiku/client/options.hpp"
#include "hoiku/client/topic.hpp"
#include "hoiku/proto/value.hpp"

namespace hoiku {

// What a commit has made.
struct Committed {
  std::uint64_t revision = 0;     // at which all of it is visible
  std::vector<Version> versions;  // of its topics, in the order of the writes: what they became, or equal already
};

namespace detail {
// One write of a transaction.
struct TopicWrite {
  std::string topic;
  Value value;
  std::optional<Version> if_version;
};
}  // namespace detail

class Transaction {
 public:
  explicit Transaction(detail::BusPtr bus) : bus_(std::move(bus)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // As the topic's own verbs, with the others of this transaction. With a condition that does not hold, none is applied.
  template <TopicType T>
  void set(const Topic<T>& topic, std::type_identity_t<T> next, IfVersion condition = {}) {
    add(topic.core(), detail::to_value<T>(std::move(next), topic.name()), condition);
  }
  template <TopicType T>
  void unset(const Topic<T>& topic, IfVersion condition = {}) {
    add(topic.core(), Value(), condition);
  }

 private:
  friend class Bus;
  void add(const detail::TopicCore& topic, Value next, const IfVersion& condition);
  Task<Committed> commit() &&;

  detail::BusPtr bus_;
  std::vector<detail::TopicWrite> writes_;
};

}  // namespace hoiku
