#include "broker/core/readers/filters.hpp"

#include <gtest/gtest.h>

#include "tests/broker/make_state.hpp"
#include "tests/proto/proto_text.hpp"

namespace hoiku::broker {
namespace {

TEST(Filters, OnlyAFewMessageTypesAreRemembered) {
  Filters filters(nullptr);
  Filter& filter = filters.acquire(*Predicate::parse("value.heat > 80"));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(filter.fits(Value(MessageBytes{"Type" + std::to_string(i), ""}), "motor/1/heat"));
    EXPECT_LE(filter.message_types(), Capacities{}.filter_message_types);
  }
  filters.release(filter);
  EXPECT_EQ(filters.size(), 0u);
}

TEST(Filters, AResolvedPredicateStaysWhenUnresolvableTypesFollow) {
  const Limits limits;
  Schemas schemas(limits);
  const auto put = [&](const char* text) { ASSERT_TRUE(schemas.put("its.Pose", test::files_of(text))); };
  put("message Pose\n double x 1\n double y 2\nend");
  Filters filters(&schemas);
  Filter& filter = filters.acquire(*Predicate::parse("value.x > 3"));
  ASSERT_TRUE(filter.fits(Value(MessageBytes{"its.Pose", ""}), "pose"));
  put("message Pose\n double y 1\n double x 2\nend");
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(filter.fits(Value(MessageBytes{"Type" + std::to_string(i), ""}), "pose"));
  Transition state;
  state.value = MessageBytes{
      "its.Pose", *schemas.find("its.Pose")
                       ->from_json(R"({"y":4})")};  // the field number that x had when the predicate was resolved
  EXPECT_TRUE(filter.passes(TopicId{1}, *make_state(state), nullptr));
  filters.release(filter);
}

TEST(Filters, AnUnresolvedPredicateIsTriedAgainAfterSchemasChange) {
  const Limits limits;
  Schemas schemas(limits);
  Filters filters(&schemas);
  Filter& filter = filters.acquire(*Predicate::parse("value.x > 3"));
  const Value pose(MessageBytes{"its.Pose", ""});
  EXPECT_FALSE(filter.fits(pose, "pose"));
  EXPECT_FALSE(filter.fits(pose, "pose"));
  ASSERT_TRUE(schemas.put("its.Pose", test::files_of("message Pose\n double x 1\nend")));
  EXPECT_TRUE(filter.fits(pose, "pose"));
  filters.release(filter);
}

}  // namespace
}  // namespace hoiku::broker
