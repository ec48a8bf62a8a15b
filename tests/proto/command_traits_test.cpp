#include "hoiku/proto/command_traits.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/proto/codec/sample_frames.hpp"

namespace hoiku::proto {
namespace {

std::size_t index_of(const Answer& answer) { return answer.index(); }

TEST(CommandTraits, EveryAnswerIsThatOfACommand) {
  std::set<std::size_t> answers{index_of(Failed{}), index_of(TransitionArmed{})};  // of several, and not the last one
  for (const CommandProperties& properties : detail::command_properties) {
    if (properties.answer != CommandProperties::no_answer) answers.insert(properties.answer);
  }
  EXPECT_EQ(answers.size(), std::variant_size_v<Answer>);
}

TEST(CommandTraits, ARequestIsAnsweredByItsOwnAnswerOrFailed) {
  for (const Command& command : samples::commands().commands) {
    const CommandProperties& properties = properties_of(command);
    for (const Answer& answer : samples::batch().answers) {
      const bool is_failure = std::holds_alternative<Failed>(answer) && properties.lifetime != Lifetime::unanswered;
      EXPECT_EQ(properties.is_answered_by(answer), is_failure || answer.index() == properties.answer);
    }
  }
  EXPECT_TRUE(properties_of(Set{}).is_answered_by(SetDone{}));
  EXPECT_TRUE(properties_of(Set{}).is_answered_by(Failed{}));
  EXPECT_FALSE(properties_of(Set{}).is_answered_by(CommitDone{}));
  EXPECT_TRUE(properties_of(Subscribe{}).is_answered_by(Failed{}));
  EXPECT_FALSE(properties_of(Subscribe{}).is_answered_by(Done{}));
  EXPECT_FALSE(properties_of(Unsubscribe{}).is_answered_by(Failed{}));
}

TEST(CommandTraits, OneShotsAreInFlightAndOpenRequestsStay) {
  EXPECT_TRUE(properties_of(Declare{}).is_one_shot());
  EXPECT_TRUE(properties_of(Own{}).is_open());
  EXPECT_TRUE(properties_of(WaitTransition{}).is_open());
  EXPECT_FALSE(properties_of(CancelWait{}).is_one_shot());
  EXPECT_FALSE(properties_of(CancelWait{}).is_open());
}

TEST(CommandTraits, OnlySetsAndCommitsWrite) {
  EXPECT_TRUE(properties_of(Set{}).is_write);
  EXPECT_TRUE(properties_of(Commit{}).is_write);
  for (const Command& command : {Command(Get{}), Command(Own{}), Command(Declare{}), Command(Goodbye{})}) {
    EXPECT_FALSE(properties_of(command).is_write);
  }
}

TEST(CommandTraits, LookupsAreTheCommandsThatReadAndPagesAreThoseWithRows) {
  static_assert(std::is_same_v<Lookup, std::variant<Get, List, GetSchema, ListReaders>>);
  static_assert(is_paged<List> && is_paged<ListReaders> && !is_paged<Get> && !is_paged<GetSchema> && !is_paged<Set>);
  EXPECT_TRUE(properties_of(Command(ListReaders{})).is_one_shot());
}

TEST(CommandTraits, ACommandAndItsAnswerNameTheRequest) {
  EXPECT_EQ(id_of(Command(Set{7, "a", {}, {}, {}})), 7u);
  EXPECT_EQ(id_of(Command(Goodbye{})), 0u);
  EXPECT_EQ(id_of(Answer(Done{9})), 9u);
}

static_assert(std::is_same_v<CommandTraits<Subscribe>::EndedBy, Unsubscribe>);
static_assert(std::is_same_v<CommandTraits<Own>::EndedBy, Release>);

}  // namespace
}  // namespace hoiku::proto
