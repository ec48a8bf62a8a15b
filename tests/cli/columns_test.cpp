#include "cli/columns.hpp"

#include <gtest/gtest.h>

namespace hoiku::cli {
namespace {

TEST(Columns, AreCountedAsATerminalDoes) {
  EXPECT_EQ(columns_of(""), 0u);
  EXPECT_EQ(columns_of("abc é ß я …"), 11u);
  EXPECT_EQ(columns_of("保育"), 4u);
  EXPECT_EQ(columns_of("ﾊﾝｶｸ"), 4u);  // halfwidth
  EXPECT_EQ(columns_of("ＡＢ"), 4u);  // fullwidth
  EXPECT_EQ(columns_of("한국"), 4u);
  EXPECT_EQ(columns_of("\u1112\u1161\u11AB"), 2u);  // the same syllable in three pieces
  EXPECT_EQ(columns_of("🤖🫶"), 4u);
  EXPECT_EQ(columns_of("e\u0301\u0323"), 1u);
  EXPECT_EQ(columns_of("❤\uFE0F"), 1u);
  EXPECT_EQ(columns_of("か\u3099"), 2u);
  EXPECT_EQ(columns_of("ที่"), 1u);
  EXPECT_EQ(columns_of("\xff|\xe4"), 3u);
}

TEST(Columns, ATextIsCutBetweenCharacters) {
  EXPECT_EQ(cut_to_columns("abcde", 5), "abcde");
  EXPECT_EQ(cut_to_columns("abcdef", 5), "abcd…");
  EXPECT_EQ(cut_to_columns("日本語", 6), "日本語");
  EXPECT_EQ(cut_to_columns("日本語", 5), "日本…");
  EXPECT_EQ(cut_to_columns("日本語", 4), "日…");
  EXPECT_EQ(cut_to_columns("e\u0301e\u0301e\u0301", 2), "e\u0301…");  // a mark stays with its letter
  EXPECT_EQ(cut_to_columns("日本", 1), "…");
  EXPECT_EQ(cut_to_columns("", 1), "");
}

TEST(Columns, ACutTextFitsWhateverItHas) {
  const std::string text = "a日e\u0301🤖я한\xff保育…";
  for (std::size_t columns = 1; columns < 20; ++columns) EXPECT_LE(columns_of(cut_to_columns(text, columns)), columns);
}

}  // namespace
}  // namespace hoiku::cli
