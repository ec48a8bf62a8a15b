#include "broker/store/memory_store.hpp"

#include <gtest/gtest.h>

namespace hoiku::broker {
namespace {

TEST(MemoryStore, HasNoNewsBeforeTheFirstRecord) {
  MemoryStore store;
  EXPECT_FALSE(store.poll());
  store.append({});
  EXPECT_FALSE(store.poll());
}

TEST(MemoryStore, ReportsOnceThatEverythingIsCommitted) {
  MemoryStore store;
  store.append({Record{1, {}}, Record{2, {}}});
  store.append({Record{3, {}}});
  const auto event = store.poll();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, StoreEvent::Kind::committed);
  EXPECT_EQ(event->sequence, 3u);
  EXPECT_FALSE(store.poll());
}

}  // namespace
}  // namespace hoiku::broker
