// memory_store.hpp: the store of volatile topics: a record counts as stored when it is appended.
//
// The store keeps no records: the topics have the state, and the log is never read again.
#pragma once

#include "broker/store/store.hpp"

namespace hoiku::broker {

class MemoryStore final : public Store {
 public:
  void append(std::vector<Record> records) override;
  std::optional<StoreEvent> poll() override;
  void on_event(std::function<void()> wake) override;

 private:
  std::uint64_t appended_ = 0;
  std::uint64_t reported_ = 0;
};

}  // namespace hoiku::broker
