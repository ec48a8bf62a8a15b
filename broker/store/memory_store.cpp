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

void MemoryStore::on_news(std::function<void()>) {}  // there is no news but after append()

}  // namespace hoiku::broker
