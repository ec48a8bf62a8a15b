#include "hoiku/proto/change.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/proto/codec/sample_frames.hpp"
#include "tests/proto/codec/wire_field.hpp"

namespace hoiku::proto {
namespace {

void expect_same(const Change& read, const Change& written) {
  EXPECT_EQ(read.revision_step, written.revision_step);
  EXPECT_EQ(read.time_step, written.time_step);
  EXPECT_EQ(read.value, written.value);
  EXPECT_EQ(read.quality, written.quality);
  EXPECT_EQ(read.source_time, written.source_time);
  EXPECT_EQ(read.writer, written.writer);
}

std::string encoded(const Change& change) {
  const ChangeWriter writer(change);
  std::string bytes(writer.bytes(), '\0');
  writer.write(bytes.data());
  return bytes;
}

TEST(Change, ArrivesAsItWasWritten) {
  for (const Value& value : samples::values()) {
    Change small;
    small.value = value;
    for (const Change& change : {small, samples::change(value)}) {
      const std::string bytes = encoded(change);
      ChangeReader reader(bytes);
      const auto read = reader.next();
      ASSERT_TRUE(read);
      expect_same(*read, change);
      EXPECT_FALSE(reader.next());
      EXPECT_FALSE(reader.is_malformed());
    }
  }
}

TEST(Change, AWrittenValueIsAViewOfWhatWasWritten) {
  const Value value("a text that is somewhere else");
  const Change change = samples::change(value);
  const ChangeWriter writer(change);
  std::string bytes(writer.bytes(), '\0');
  const ValueView written = writer.write(bytes.data());
  const auto is_inside = [&](std::string_view view) {
    return view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size();
  };
  EXPECT_EQ(written, change.value);
  EXPECT_TRUE(is_inside(written.content));
}

TEST(Change, AnEmptyWriterIsAWriter) {
  const Value value(1);
  Change change;
  change.value = value;
  change.writer = "";
  const std::string bytes = encoded(change);
  EXPECT_EQ(ChangeReader(bytes).next()->writer, "");
}

TEST(Change, OtherFieldsBetweenChangesAreSkipped) {
  const Value value(1);
  Change change;
  change.value = value;
  const std::string bytes = encoded(change);
  const std::string both = bytes + field(15, "from the future") + bytes;
  ChangeReader reader(both);
  EXPECT_TRUE(reader.next());
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.is_malformed());
}

TEST(Change, WhatIsCutOffOrUnknownIsMalformed) {
  const Value value("text");
  const Change change = samples::change(value);
  const std::string bytes = encoded(change);
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    ChangeReader reader(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.is_malformed()) << size;
  }
  const std::string without_value = field(12, "");
  ChangeReader reader(without_value);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.is_malformed());
}

}  // namespace
}  // namespace hoiku::proto
