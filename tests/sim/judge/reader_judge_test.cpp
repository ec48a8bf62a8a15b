// The judge of readers is itself judged: it accepts right items, and finds each kind of lie.
#include "tests/sim/judge/reader_judge.hpp"

#include <gmock/gmock.h>

namespace hoiku::model {
namespace {

using testing::IsEmpty;
using testing::Not;

// A topic whose version n has the value 10 * n, in the epochs 1 and 2.
const State* find(const std::string& topic, const Version& version) {
  static std::map<std::uint64_t, State> states;
  if (topic != "a/b" || version.number == 0 || version.number > 100 || version.epoch < 1 || version.epoch > 2)
    return nullptr;
  State& state = states[version.number];
  state.value = Value(static_cast<std::int64_t>(10 * version.number));
  return &state;
}

AnyTransition transition(std::uint64_t from, std::uint64_t to, std::uint64_t epoch = 1) {
  AnyTransition made;
  made.topic = "a/b";
  if (from > 0) made.old_value = Value(static_cast<std::int64_t>(10 * from));
  made.value = Value(static_cast<std::int64_t>(10 * to));
  made.version = Version{epoch, to};
  if (from > 0 && to > from) made.skipped = to - from - 1;
  return made;
}

AnyTransition told(AnyTransition made, std::uint64_t from) {
  made.lagged = Lagged{Version{1, from + 1}, Version{1, made.version.number - 1}, made.skipped};
  return made;
}

AnyTransition gone(std::uint64_t from) {
  AnyTransition made;
  made.topic = "a/b";
  made.old_value = Value(static_cast<std::int64_t>(10 * from));
  return made;
}

std::vector<std::string> judge_all(Mode mode, const std::vector<AnyTransition>& changes) {
  ReaderJudge judge("a/*", mode, find);
  std::vector<std::string> all;
  for (const AnyTransition& each : changes) {
    for (const std::string& sentence : judge.judge(each)) all.push_back(sentence);
  }
  return all;
}

TEST(ReaderJudge, AChainWithTheRightCountsPasses) {
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), transition(3, 4), transition(4, 9), transition(9, 10)}),
              IsEmpty());
  EXPECT_THAT(
      judge_all(Mode::every, {transition(0, 3), transition(3, 4), told(transition(4, 9), 4), transition(9, 10)}),
      IsEmpty());
}

TEST(ReaderJudge, AfterABrokerRestartVersionsMayStartAgain) {
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), gone(3), transition(0, 1, 2), transition(1, 2, 2)}),
              IsEmpty());
  AnyTransition restarted = transition(3, 7, 2);
  restarted.skipped = 0;
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), restarted}), IsEmpty());
}

TEST(ReaderJudge, FindsAWrongOldValue) {
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), transition(2, 4)}), Not(IsEmpty()));
  EXPECT_THAT(judge_all(Mode::latest, {transition(2, 3)}), Not(IsEmpty()));
}

TEST(ReaderJudge, FindsACountThatIsOffByOne) {
  for (const int by : {-1, 1}) {
    AnyTransition wrong = transition(3, 6);
    wrong.skipped = static_cast<std::uint64_t>(static_cast<int>(wrong.skipped) + by);
    EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), wrong}), Not(IsEmpty()));
  }
  AnyTransition first = transition(0, 3);
  first.skipped = 1;  // 2: since it was not set
  EXPECT_THAT(judge_all(Mode::latest, {first}), Not(IsEmpty()));
}

TEST(ReaderJudge, FindsARepeatedOrAnOldVersion) {
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), transition(3, 3)}), Not(IsEmpty()));
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), transition(3, 2)}), Not(IsEmpty()));
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), gone(3), gone(0)}), Not(IsEmpty()));
}

TEST(ReaderJudge, FindsAMissingTransitionThatIsNotCounted) {
  EXPECT_THAT(judge_all(Mode::every, {transition(0, 3), transition(3, 6)}), Not(IsEmpty()));
  AnyTransition other = told(transition(3, 6), 3);
  other.lagged->count = 1;
  EXPECT_THAT(judge_all(Mode::every, {transition(0, 3), other}), Not(IsEmpty()));
  EXPECT_THAT(judge_all(Mode::every, {transition(0, 3), told(transition(3, 6), 4)}), Not(IsEmpty()));
}

TEST(ReaderJudge, FindsANewTopicThatDoesNotBeginWithItsFirstTransition) {
  AnyTransition mark;
  mark.end_of_snapshot = true;
  EXPECT_THAT(judge_all(Mode::latest, {mark, transition(0, 3)}), IsEmpty());
  EXPECT_THAT(judge_all(Mode::every, {mark, transition(0, 1)}), IsEmpty());
  EXPECT_THAT(judge_all(Mode::every, {mark, transition(0, 3)}), Not(IsEmpty()));
  AnyTransition late = transition(0, 3);
  late.skipped = 1;
  EXPECT_THAT(judge_all(Mode::every, {mark, told(late, 1)}), Not(IsEmpty()));
  late.skipped = 2;
  EXPECT_THAT(judge_all(Mode::every, {mark, told(late, 0)}), IsEmpty());
}

TEST(ReaderJudge, FindsAnInventedTransition) {
  AnyTransition wrong = transition(3, 4);
  wrong.value = Value(41);
  EXPECT_THAT(judge_all(Mode::latest, {transition(0, 3), wrong}), Not(IsEmpty()));
  AnyTransition elsewhere = transition(0, 3);
  elsewhere.topic = "b/b";
  EXPECT_THAT(judge_all(Mode::latest, {elsewhere}), Not(IsEmpty()));
}

TEST(ReaderJudge, FindsASecondMarkAndASumThatDoesNotAddUp) {
  ReaderJudge judge("a/*", Mode::latest, find);
  AnyTransition mark;
  mark.end_of_snapshot = true;
  EXPECT_THAT(judge.judge(mark), IsEmpty());
  EXPECT_THAT(judge.judge(mark), Not(IsEmpty()));
  SubscriptionStatistics counts;
  counts.received = 6;
  counts.taken = 3;
  counts.conflated = 2;
  counts.pending = 1;
  EXPECT_THAT(judge.judge(counts), IsEmpty());
  ++counts.conflated;
  EXPECT_THAT(judge.judge(counts), Not(IsEmpty()));
}

}  // namespace
}  // namespace hoiku::model
