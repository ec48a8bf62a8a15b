#include "broker/store/memory_store.hpp"

namespace hoiku::broker {

void MemoryStore::append(std::vector<Record> records) {
  if (!records.empty()) appended_ = records.back().sequence;
}

std::optional<StoreNews> MemoryStore::poll() {
  if (reported_ == appended_) return std::nullopt;
  reported_ = appended_;
  return StoreNews{StoreNews::Kind::committed, reported_, {}};
}

void MemoryStore::on_news(std::function<void()>) {}  // news exists only after append()

}  // namespace hoiku::broker
