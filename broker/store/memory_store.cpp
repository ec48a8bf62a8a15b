#include "broker/store/memory_store.hpp"

namespace hoiku::broker {

void MemoryStore::append(std::vector<Record> records) {
  if (!records.empty()) appended_ = records.back().sequence;
}

std::optional<StoreEvent> MemoryStore::poll() {
  if (reported_ == appended_) return std::nullopt;
  reported_ = appended_;
  return StoreEvent{StoreEvent::Kind::committed, reported_, {}};
}

void MemoryStore::on_event(std::function<void()>) {}  // events exist only after append()

}  // namespace hoiku::broker
