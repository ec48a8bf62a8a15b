#include "hoiku/proto/value_view.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hoiku {
namespace {

std::vector<Value> values() {
  return {Value(),     Value(true), Value(0),    Value(-1),          Value(0.5),
          Value(1.0),  Value(""),   Value("ab"), Value(Bytes("ab")), Value(MessageBytes("a", "b")),
          Value(false)};
}

TEST(ValueView, IsEqualToAnotherOneAsTheirValuesAre) {
  for (const Value& a : values()) {
    for (const Value& b : values()) EXPECT_EQ(ValueView(a) == ValueView(b), a == b);
    EXPECT_EQ(ValueView(a).copy(), a);
    EXPECT_EQ(ValueView(a).payload_bytes(), a.payload_bytes());
    EXPECT_EQ(ValueView(a).type, a.type());
  }
  EXPECT_EQ(ValueView(Value(std::nan(""))), ValueView(Value(-std::nan("1"))));
  EXPECT_EQ(ValueView(Value(0.0)), ValueView(Value(-0.0)));
}

TEST(ValueView, AnIntegerWidensToTheDoubleOfItsValue) {
  const Value integer(-7);
  EXPECT_EQ(widened(integer).copy(), Value(-7.0));
}

TEST(ValueView, HasThePayloadOfItsBytes) {
  EXPECT_EQ(Value(true).payload_bytes(), 1u);
  EXPECT_EQ(Value(7).payload_bytes(), 8u);
  EXPECT_EQ(Value(MessageBytes("its.Type", "xy")).payload_bytes(), 10u);
}

}  // namespace
}  // namespace hoiku
