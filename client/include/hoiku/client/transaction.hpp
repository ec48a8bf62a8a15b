// transaction.hpp: the writes of one commit, collected by the function that is passed to Bus::commit.
//
// Lifetime   that of the function's call.
// Errors     TypeMismatch, and Error(invalid_argument) for a topic of another Bus: at once.
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

namespace [[gnu::visibility("default")]] hoiku {

// The result of a commit.
struct Committed {
  std::uint64_t revision = 0;     // at which all of its writes are visible
  std::vector<Version> versions;  // in the order of the writes: the version that the value became, or that it equals
};

namespace detail {
// One write of a transaction.
struct TopicWrite {
  std::string topic;
  Value value;
  SetOptions options;
};
}  // namespace detail

class Transaction {
 public:
  explicit Transaction(detail::BusPtr bus) : bus_(std::move(bus)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // The verbs of Topic, within the commit. If the condition of one write fails, no write of the transaction is applied.
  template <TopicType T, detail::SetOption... Options>
  void set(const Topic<T>& topic, std::type_identity_t<T> next, Options... options) {
    add(topic.core(), detail::to_value<T>(std::move(next), topic.name()), detail::SetOptions::of(options...));
  }
  template <TopicType T>
  void unset(const Topic<T>& topic, IfVersion condition = {}) {
    add(topic.core(), Value(), detail::SetOptions::of(condition));
  }

 private:
  friend class Bus;
  void add(const detail::TopicCore& topic, Value next, const detail::SetOptions& options);
  Task<Committed> commit() &&;

  detail::BusPtr bus_;
  std::vector<detail::TopicWrite> writes_;
};

}  // namespace hoiku
