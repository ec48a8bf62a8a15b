#include "broker/core/outbox/outbox.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <map>

#include "broker/core/readers/subscriptions.hpp"
#include "hoiku/proto/size.hpp"
#include "hoiku/proto/slot_table.hpp"
#include "tests/broker/make_state.hpp"

namespace hoiku::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A session's outbox, its subscriptions, and topics whose states the test sets.
class OutboxTest : public testing::Test, public StateSource {
 protected:
  State committed(TopicId topic) const override { return states.at(topic); }
  std::span<const State> past_after(TopicId, std::uint64_t) const override { return {}; }
  proto::Answer look_up(const proto::Lookup& lookup, std::size_t page_bytes_max) override {
    if (const auto* get = std::get_if<proto::Get>(&lookup))
      return proto::GetDone{get->id, states.at(TopicId{0})->transition()};
    proto::ListDone made;
    made.id = std::get<proto::List>(lookup).id;
    made.next = page_bytes_max;  // distinct, so that a test can check it
    made.rows.push_back(proto::ListRow{states.at(TopicId{0})->transition(), ++pages});
    return made;
  }
  FilterScan find_next_match(const Slot&, std::size_t) override { return {}; }
  TimePoint time() const override { return {}; }

  void set(std::uint32_t topic, Value value) {
    Transition next;
    next.topic = "t" + std::to_string(topic);
    next.version = {1, ++versions[topic]};
    next.revision = ++revision;
    next.value = std::move(value);
    states[TopicId{topic}] = make_state(next);
    std::vector<SessionId> woken;
    std::vector<FailedSubscription> failed;
    subscriptions.on_transition(TopicTransition{TopicId{topic}, states[TopicId{topic}], nullptr}, woken, failed);
  }
  Subscription& subscribe(std::vector<std::uint32_t> topics, bool composite = false) {
    SubscriptionOptions options;
    options.id = all.size() + 1;
    options.kind = composite ? SubscriptionKind::composite : SubscriptionKind::pattern;
    options.pattern = "x" + std::to_string(all.size());  // matches nothing by itself
    options.opened_at = revision;
    Subscription& opened = all.emplace_back(options, outbox.queue());
    subscriptions.open(opened);
    std::uint16_t member = 0;
    StartPosition start;
    start.in_snapshot = true;
    for (const std::uint32_t topic : topics) {
      if (!states.contains(TopicId{topic})) set(topic, 0);
      subscriptions.attach(opened, TopicId{topic}, composite ? member++ : std::uint16_t{0}, start);
    }
    return opened;
  }
  std::shared_ptr<const proto::ServerFrame> build() {
    report = {};
    if (!outbox.build_frame(*this, {revision, true, settled}, report)) return nullptr;
    return std::make_shared<const proto::ServerFrame>(*slots.without_runs(*outbox.next(1, 0)));
  }
  void acknowledge_all() { ASSERT_TRUE(outbox.acknowledge(outbox.last_number())); }
  static std::vector<std::uint64_t> revisions(const proto::ServerFrame& frame) {
    std::vector<std::uint64_t> made;
    for (const auto& delivery : frame.deliveries) made.push_back(delivery.transition->revision);
    return made;
  }

  Limits limits;
  std::uint64_t pages = 0;
  OutboxTotals totals;
  Outbox outbox{limits, totals};
  Subscriptions subscriptions{limits};
  std::deque<Subscription> all;
  std::map<TopicId, State> states;
  std::map<std::uint32_t, std::uint64_t> versions;
  proto::SlotTable slots;
  std::uint64_t revision = 0;
  std::uint64_t settled = 0;
  BuildReport report;
};

TEST_F(OutboxTest, BuildsNoFrameWithoutContent) { EXPECT_EQ(build(), nullptr); }

TEST_F(OutboxTest, ASnapshotIsDeliveredAndEndedInOneFrame) {
  Subscription& one = subscribe({0, 1});
  const auto frame = build();
  ASSERT_NE(frame, nullptr);
  EXPECT_THAT(frame->deliveries, SizeIs(2));
  ASSERT_THAT(frame->snapshot_ends, SizeIs(1));
  EXPECT_EQ(frame->snapshot_ends[0].subscription, one.options().id);
  EXPECT_EQ(frame->snapshot_ends[0].revision, revision);
  EXPECT_TRUE(frame->snapshot_ends[0].whole);
  EXPECT_EQ(frame->complete_through, revision);
  EXPECT_EQ(build(), nullptr);
}

TEST_F(OutboxTest, TheValueIsLookedUpWhenTheFrameIsBuilt) {
  subscribe({0});
  for (int i = 1; i <= 100; ++i) set(0, i);
  const auto frame = build();
  ASSERT_THAT(frame->deliveries, SizeIs(1));
  EXPECT_EQ(frame->deliveries[0].transition->value, Value(100));
}

TEST_F(OutboxTest, DeliveriesAreSortedByRevision) {
  subscribe({0, 1, 2});
  acknowledge_all();
  build();
  set(2, 1);
  set(0, 1);
  set(1, 1);
  set(2, 2);  // first in the queue, with the newest state
  EXPECT_THAT(revisions(*build()), ElementsAre(revision - 2, revision - 1, revision));
}

TEST_F(OutboxTest, TheWindowOfBatchesClosesAndOpens) {
  subscribe({0});
  for (std::size_t i = 0; i < limits.window_batches; ++i) {
    ASSERT_NE(build(), nullptr);
    set(0, static_cast<int>(i) + 1);
  }
  EXPECT_FALSE(outbox.is_window_open());
  EXPECT_EQ(build(), nullptr);
  ASSERT_TRUE(outbox.acknowledge(1));
  EXPECT_NE(build(), nullptr);
  EXPECT_EQ(totals.kept_frames, limits.window_batches);
}

TEST_F(OutboxTest, UnacknowledgedBytesStayWithinTheWindow) {
  limits.unacknowledged_bytes_max = 10'000;
  std::vector<std::uint32_t> topics;
  for (std::uint32_t i = 0; i < 20; ++i) set(i, std::string(1000, 'x')), topics.push_back(i);
  Subscription& one = subscribe(topics);
  const auto first = build();
  EXPECT_LT(first->deliveries.size(), 10u);
  EXPECT_GT(first->deliveries.size(), 5u);
  EXPECT_THAT(first->snapshot_ends, IsEmpty());
  EXPECT_EQ(first->complete_through, 0u);
  EXPECT_EQ(build(), nullptr);
  std::size_t sent = first->deliveries.size();
  while (!one.is_snapshot_complete()) {
    acknowledge_all();
    sent += build()->deliveries.size();
  }
  EXPECT_EQ(sent, 20u);
}

TEST_F(OutboxTest, OneBatchIsAlwaysAllowedHoweverLarge) {
  limits.unacknowledged_bytes_max = 1000;
  set(0, std::string(50'000, 'x'));
  subscribe({0, 1});
  EXPECT_THAT(build()->deliveries, SizeIs(1));
  EXPECT_EQ(build(), nullptr);
  acknowledge_all();
  EXPECT_THAT(build()->deliveries, SizeIs(1));
}

TEST_F(OutboxTest, ACompositesDirtyMembersAreNeverSplit) {
  limits.unacknowledged_bytes_max = 2500;
  for (std::uint32_t i = 0; i < 5; ++i) set(i, std::string(1000, 'x'));
  subscribe({0});
  Subscription& composite = subscribe({1, 2, 3, 4}, true);
  EXPECT_THAT(build()->deliveries, SizeIs(1));
  EXPECT_EQ(build(), nullptr);
  acknowledge_all();
  const auto frame = build();
  ASSERT_THAT(frame->deliveries, SizeIs(4));
  for (const auto& delivery : frame->deliveries) EXPECT_EQ(delivery.subscription, composite.options().id);
  EXPECT_EQ(frame->deliveries[3].member, 3u);
}

TEST_F(OutboxTest, ACompositeSendsOnlyTheMembersThatChanged) {
  subscribe({0, 1, 2}, true);
  build();
  set(1, 5);
  const auto frame = build();
  ASSERT_THAT(frame->deliveries, SizeIs(1));
  EXPECT_EQ(frame->deliveries[0].member, 1u);
}

TEST_F(OutboxTest, ACompositeThatFitsIntoNoFrameIsReported) {
  limits.frame_bytes_max = 3000;
  for (std::uint32_t i = 0; i < 3; ++i) set(i, std::string(1000, 'x'));
  Subscription& composite = subscribe({0, 1, 2}, true);
  EXPECT_EQ(build(), nullptr);
  EXPECT_EQ(report.too_large, &composite);
}

TEST_F(OutboxTest, FramesStayUnderTheirLimit) {
  limits.frame_bytes_max = 8000;
  std::vector<std::uint32_t> topics;
  for (std::uint32_t i = 0; i < 30; ++i) set(i, std::string(1000, 'x')), topics.push_back(i);
  subscribe(topics);
  std::size_t sent = 0;
  while (const auto frame = build()) {
    std::size_t bytes = proto::frame_overhead_bytes;
    for (const auto& delivery : frame->deliveries) bytes += proto::size_of(*delivery.transition).bound();
    EXPECT_LE(bytes, 6000u);
    sent += frame->deliveries.size();
  }
  EXPECT_EQ(sent, 30u);
}

// A client ends the connection at a frame with more items, and the next one would have as many.
TEST_F(OutboxTest, FramesHaveNoMoreItemsThanAClientTakes) {
  limits.frame_bytes_max = limits.unacknowledged_bytes_max = std::size_t{64} << 20;
  limits.frame_items_max = 50;
  std::vector<std::uint32_t> topics;
  for (std::uint32_t i = 0; i < 200; ++i) topics.push_back(i);
  subscribe(topics);
  for (int i = 0; i < 100; ++i) subscribe({});
  for (proto::RequestId id = 1; id <= 200; ++id) outbox.answer(proto::SetDone{id, {}, 1, true}, AnswerBudget::request);
  for (Subscription& one : all) outbox.snapshot_ended(one);
  std::size_t sent = 0;
  while (const auto frame = build()) {
    const std::size_t items = frame->deliveries.size() + frame->snapshot_ends.size() + frame->answers.size();
    EXPECT_LE(items, limits.frame_items_max);
    sent += items;
  }
  EXPECT_EQ(sent, 200u + 101 + 200);
}

TEST_F(OutboxTest, AnswersAreOutsideTheWindow) {
  limits.window_batches = 1;
  subscribe({0});
  build();
  set(0, 1);
  EXPECT_EQ(build(), nullptr);
  outbox.begin_request();
  outbox.answer(proto::SetDone{5, {}, 1, true}, AnswerBudget::request);
  const auto frame = build();
  ASSERT_NE(frame, nullptr);
  EXPECT_THAT(frame->answers, SizeIs(1));
  EXPECT_THAT(frame->deliveries, IsEmpty());
  EXPECT_EQ(frame->complete_through, 0u);
}

TEST_F(OutboxTest, ARequestIsInFlightUntilItsAnswerIsAcknowledged) {
  outbox.begin_request();
  outbox.answer(proto::SetDone{5, {}, 1, true}, AnswerBudget::request);
  EXPECT_EQ(outbox.requests_in_flight(), 1u);
  build();
  EXPECT_EQ(outbox.requests_in_flight(), 1u);
  acknowledge_all();
  EXPECT_EQ(outbox.requests_in_flight(), 0u);
}

TEST_F(OutboxTest, AGetIsAnsweredWithTheStateWhenTheFrameIsBuilt) {
  set(0, 1);
  outbox.begin_request();
  outbox.answer_late(proto::Get{9, "t0"});
  set(0, 2);
  const auto frame = build();
  EXPECT_EQ(std::get<proto::GetDone>(frame->answers[0]).current->value, Value(2));
}

TEST_F(OutboxTest, AListIsAnsweredWithTheStatesWhenTheFrameIsBuilt) {
  set(0, 1);
  outbox.begin_request();
  outbox.answer_late(proto::List{9, "**", 0});
  EXPECT_EQ(pages, 0u);
  set(0, 2);
  const auto frame = build();
  const auto& list = std::get<proto::ListDone>(frame->answers[0]);
  EXPECT_EQ(list.rows[0].current->value, Value(2));
  EXPECT_EQ(list.next, limits.list_bytes_max);
}

TEST_F(OutboxTest, APageIsMadeOnlyIfItFits) {
  set(0, std::string(100, 'x'));
  limits.unacknowledged_bytes_max = 2 * limits.list_bytes_max;
  for (proto::RequestId id = 1; id <= 3; ++id) outbox.begin_request(), outbox.answer_late(proto::List{id, "**", 0});
  EXPECT_THAT(build()->answers, SizeIs(1));  // each has a frame of its own
  EXPECT_THAT(build()->answers, SizeIs(1));
  EXPECT_THAT(build()->answers, SizeIs(1));
  acknowledge_all();
  set(0, std::string(limits.unacknowledged_bytes_max, 'x'));
  for (proto::RequestId id = 4; id <= 5; ++id) outbox.begin_request(), outbox.answer_late(proto::List{id, "**", 0});
  EXPECT_THAT(build()->answers, SizeIs(1));
  EXPECT_EQ(build(), nullptr);
  EXPECT_EQ(pages, 4u);
  acknowledge_all();
  EXPECT_THAT(build()->answers, SizeIs(1));
}

TEST_F(OutboxTest, LargeAnswersWaitForAcknowledgements) {
  set(0, std::string(1 << 20, 'x'));
  for (proto::RequestId id = 1; id <= 3; ++id) outbox.begin_request(), outbox.answer_late(proto::Get{id, "t0"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(build()->answers, SizeIs(1));
    EXPECT_EQ(build(), nullptr);
    acknowledge_all();
  }
}

TEST_F(OutboxTest, AnAnswerThatFitsIntoNoFrameBecomesAnError) {
  limits.frame_bytes_max = 8000;
  for (int i = 0; i < 3; ++i) outbox.begin_request();
  set(0, std::string(5000, 'x'));
  const auto large = states[TopicId{0}]->transition();
  const auto value = value_of(states[TopicId{0}]);
  outbox.answer(proto::TransitionDone{1, large, nullptr}, AnswerBudget::reader);
  outbox.answer(proto::TransitionDone{2, large, value}, AnswerBudget::reader);
  outbox.answer(proto::Failed{3, {ErrorCode::type_mismatch, std::string(9000, 'x')}, {}}, AnswerBudget::request);
  set(0, std::string(9000, 'x'));
  outbox.answer_late(proto::Get{4, "t0"});
  outbox.answer_late(proto::List{5, "**", 0});
  std::map<proto::RequestId, Failure> failed;
  while (const auto frame = build()) {
    for (const auto& answer : frame->answers) {
      if (const auto* one = std::get_if<proto::Failed>(&answer)) failed[one->id] = one->failure;
    }
    acknowledge_all();
  }
  EXPECT_THAT(failed, SizeIs(4));
  for (const proto::RequestId id : {2u, 4u, 5u}) {
    EXPECT_EQ(failed[id].code, ErrorCode::too_large);
    EXPECT_EQ(failed[id].message, "the answer to request " + std::to_string(id) +
                                      ", about topic 't0', exceeds the limit of 8000 bytes of a frame");
  }
  EXPECT_EQ(failed[3].code, ErrorCode::type_mismatch);
  EXPECT_LT(failed[3].message.size(), 2000u);
  EXPECT_EQ(outbox.requests_in_flight() + outbox.reader_answers(), 0u);
}

TEST_F(OutboxTest, EndsOfSnapshotsTakeNoMoreThanAFrame) {
  limits.frame_bytes_max = 8000;
  for (int i = 0; i < 200; ++i) outbox.snapshot_ended(subscribe({}));
  std::size_t ends = 0;
  while (const auto frame = build()) {
    EXPECT_LT(frame->snapshot_ends.size(), 100u);
    ends += frame->snapshot_ends.size();
    EXPECT_EQ(frame->complete_through, ends == 200 ? revision : 0);
  }
  EXPECT_EQ(ends, 200u);
}

TEST_F(OutboxTest, UnsentResultsOfWaitsAreBounded) {
  limits.answer_bytes_max = 5000;
  for (proto::RequestId id = 1; id <= 10; ++id) {
    set(0, std::string(1000, static_cast<char>('a' + id)));
    outbox.answer(proto::WaitDone{id, states[TopicId{0}]->transition()}, AnswerBudget::reader);
  }
  const auto frame = build();
  ASSERT_THAT(frame->answers, SizeIs(10));
  EXPECT_TRUE(std::holds_alternative<proto::WaitDone>(frame->answers[0]));
  EXPECT_EQ(std::get<proto::Failed>(frame->answers[9]).failure.code, ErrorCode::limit_exceeded);
  EXPECT_EQ(std::get<proto::Failed>(frame->answers[9]).id, 10u);
}

TEST_F(OutboxTest, UnsentErrorsAreBounded) {
  limits.answer_bytes_max = 5000;
  for (proto::RequestId id = 1; id <= 10; ++id) {
    outbox.answer(proto::Failed{id, {ErrorCode::type_mismatch, std::string(1000, 'x')}, {}}, AnswerBudget::request);
  }
  std::size_t bytes = 0;
  const auto sent = build();
  for (const auto& answer : sent->answers) {
    const Failure& failure = std::get<proto::Failed>(answer).failure;
    EXPECT_EQ(failure.code, ErrorCode::type_mismatch);
    bytes += failure.message.size();
  }
  EXPECT_LT(bytes, 6000u);
  outbox.answer(proto::Failed{11, {ErrorCode::type_mismatch, std::string(1000, 'x')}, {}}, AnswerBudget::request);
  EXPECT_EQ(std::get<proto::Failed>(build()->answers[0]).failure.message, std::string(1000, 'x'));
}

TEST_F(OutboxTest, WaitsThatOneTransitionAnsweredShareItsBytes) {
  limits.answer_bytes_max = 5000;
  set(0, std::string(1000, 'x'));
  for (proto::RequestId id = 1; id <= 100; ++id) {
    outbox.answer(proto::WaitDone{id, states[TopicId{0}]->transition()}, AnswerBudget::reader);
  }
  const auto frame = build();
  for (const auto& answer : frame->answers) EXPECT_TRUE(std::holds_alternative<proto::WaitDone>(answer));
}

TEST_F(OutboxTest, ALargeDeliveryIsNotCrowdedOutByAnswers) {
  limits.frame_bytes_max = 8000;
  set(0, std::string(5500, 'x'));
  subscribe({0});
  const auto answer = [&] {
    outbox.begin_request();
    outbox.answer(proto::Failed{1, {ErrorCode::too_large, std::string(500, 'y')}, {}}, AnswerBudget::request);
  };
  answer();
  EXPECT_THAT(build()->deliveries, IsEmpty());
  answer();
  EXPECT_THAT(build()->deliveries, SizeIs(1));
}

TEST_F(OutboxTest, AnEndOfSnapshotAfterALaterChangeHasTheOpeningRevision) {
  limits.unacknowledged_bytes_max = 1500;
  set(0, std::string(1000, 'x'));
  set(1, std::string(1000, 'x'));
  Subscription& one = subscribe({0, 1});
  build();
  set(0, std::string(1000, 'y'));  // sent already, and queued again behind topic 1
  acknowledge_all();
  const auto frame = build();
  ASSERT_THAT(frame->snapshot_ends, SizeIs(1));
  EXPECT_EQ(frame->snapshot_ends[0].revision, one.options().opened_at);
  EXPECT_EQ(frame->complete_through, 0u);
}

TEST_F(OutboxTest, UnsetTopicsAreReportedWhenTheyWereDelivered) {
  subscribe({0});
  build();
  set(0, {});
  build();
  EXPECT_THAT(report.unset, ElementsAre(TopicId{0}));
}

TEST_F(OutboxTest, AnAcknowledgementOfAFrameThatWasNeverSentIsRefused) {
  EXPECT_FALSE(outbox.acknowledge(1));
  EXPECT_TRUE(outbox.acknowledge(0));
}

}  // namespace
}  // namespace hoiku::broker
