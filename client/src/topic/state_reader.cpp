// state_reader.cpp: evaluates conditions in the client, over a subscription.
//
// A hold is complete when the broker confirms it: a client that was stopped or cut off has not heard yet what ended it.
// At the end of a hold the reader asks for its topics, and waits until it has the states that the broker answers.
#include <algorithm>
#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/nursery.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/client/topic_core.hpp"

namespace hoiku::detail {
namespace {

bool same_state(const TransitionPtr& a, const TransitionPtr& b, QualityUse quality_use) {
  static const Transition nothing;
  const Transition& left = a ? *a : nothing;
  const Transition& right = b ? *b : nothing;
  return left.value == right.value && (quality_use != QualityUse::shown || left.quality == right.quality);
}

// Whether there were versions between the two that were not seen here.
bool skipped_some(const TransitionPtr& from, const TransitionPtr& to) {
  if (!from || from == to) return false;
  return from->version.epoch != to->version.epoch || to->version.number != from->version.number + 1;
}

// A value of any other quality ends a hold, unless the condition names the quality.
bool may_hold(const TransitionPtr& member, QualityUse quality_use) {
  return !member || member->quality == Quality::live || quality_use != QualityUse::none;
}

// Whether a reader that has `here` has heard of `asked`.
bool has_heard_of(const TransitionPtr& asked, const TransitionPtr& here) {
  if (asked->value.is_null() && (!here || here->value.is_null())) return true;
  return here && here->version.epoch == asked->version.epoch && here->version.number >= asked->version.number;
}

}  // namespace

class StateReader::Impl final : public client::Reader {
 public:
  Impl(BusPtr bus, std::vector<std::string> topics, std::vector<MemberUse> uses, MembersTest test, Duration hold,
       Duration interval)
      : bus_(std::move(bus)),
        topics_(topics),
        state_(topics.size()),
        uses_(std::move(uses)),
        test_(std::move(test)),
        hold_(hold) {
    SubscribeOptions options;
    options.interval = interval;
    check(options);
    proto::Subscribe command;
    command.topics = std::move(topics);
    command.interval = interval;
    id_ = bus_->open(*this, std::move(command));
  }
  ~Impl() { bus_->close(id_); }

  void arrived() noexcept override {
    const client::LatestInbox& inbox = *bus_->latest_inbox(id_);
    bool changed = false;
    bool gap = false;
    for (std::size_t i = 0; i < state_.size(); ++i) {
      const TransitionPtr& newest = inbox.latest(static_cast<std::uint32_t>(i));
      if (!newest || newest == state_[i]) continue;
      gap |= skipped_some(state_[i], newest);
      changed |= !state_[i] || !same_state(state_[i], newest, uses_[i].quality) || gap;
      state_[i] = newest;
    }
    try {
      evaluate(changed, gap);
    } catch (...) {
      if (!error_) error_ = std::current_exception();
    }
    news_.notify();
  }

  void ended(std::exception_ptr why) noexcept override {
    if (!error_) error_ = std::move(why);
    news_.notify();
  }

  Task<Members> next() {
    bus_->require_loop();
    return next_match();
  }

  Task<Members> first() {
    bus_->require_loop();
    return first_match();
  }

 private:
  Task<Members> next_match() {
    co_await checkpoint();
    for (;;) {
      if (error_) std::rethrow_exception(error_);
      const bool wanted = since_ && !(given_ && is_same(*given_));
      const TimePoint ripe = wanted ? saturating_add(*since_, hold_) : never;
      if (wanted && ripe <= now()) {
        if (hold_ > Duration::zero()) {
          const bool confirmed = co_await is_confirmed();
          if (!confirmed) continue;
        }
        if (client::LatestInbox* inbox = bus_->latest_inbox(id_)) inbox->take_all();
        given_ = state_;
        co_return state_;
      }
      co_await move_on_at(ripe, news_.wait());
    }
  }

  Task<Members> first_match() {
    for (;;) {
      if (first_) co_return *first_;
      if (error_) std::rethrow_exception(error_);
      const TimePoint ripe = since_ ? saturating_add(*since_, hold_) : never;
      if (since_ && ripe <= now()) {
        const bool confirmed = co_await is_confirmed();
        if (confirmed) co_return state_;
        continue;
      }
      co_await move_on_at(ripe, news_.wait());
    }
  }

  // Whether the match goes on at the broker too. False: it has ended, or begun anew, or the reader has failed.
  Task<bool> is_confirmed() {
    const std::uint64_t match = matches_;
    const Members asked = co_await ask();
    while (matches_ == match && !error_ && !has_heard_of_all(asked)) co_await news_.wait();
    co_return matches_ == match && !error_;
  }
  Task<Members> ask() {
    Members answers(topics_.size());
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      for (std::size_t i = 0; i < topics_.size(); ++i)
        nursery.start_soon([this, &answers, i] { return ask_for(i, answers); });
      co_return;
    });
    co_return answers;
  }
  Task<> ask_for(std::size_t i, Members& answers) { answers[i] = co_await get_topic(TopicCore(bus_, topics_[i])); }
  bool has_heard_of_all(const Members& asked) const {
    return std::equal(asked.begin(), asked.end(), state_.begin(), has_heard_of);
  }

  bool is_same(const Members& given) const {
    for (std::size_t i = 0; i < state_.size(); ++i) {
      if (!same_state(given[i], state_[i], uses_[i].quality)) return false;
    }
    return true;
  }
  bool all_may_hold() const {
    for (std::size_t i = 0; i < state_.size(); ++i) {
      if (!may_hold(state_[i], uses_[i].quality)) return false;
    }
    return true;
  }

  void evaluate(bool changed, bool gap) {
    if (hold_ > Duration::zero() && !all_may_hold()) {
      end_of_match();
      return;
    }
    const bool matches = have_required(state_, uses_) && (!test_ || test_(state_));
    if (!matches) {
      end_of_match();
      return;
    }
    if (!since_ || gap || (!test_ && changed)) {
      since_ = now();
      ++matches_;
    }
    last_match_ = state_;
    if (hold_ <= Duration::zero() && !first_) first_ = state_;
  }

  void end_of_match() {
    // A match that ends when the hold is complete counts as held, unless that is heard late.
    const TimePoint ripe = since_ ? saturating_add(*since_, hold_) : never;
    if (hold_ > Duration::zero() && !first_ && ripe <= now() && now() <= saturating_add(ripe, tick))
      first_ = last_match_;
    since_.reset();
    ++matches_;
  }

  static constexpr Duration tick = std::chrono::milliseconds(1);  // as at the broker

  BusPtr bus_;
  std::vector<std::string> topics_;
  proto::RequestId id_ = 0;
  Members state_;
  std::vector<MemberUse> uses_;
  MembersTest test_;
  Duration hold_;
  std::optional<TimePoint> since_;  // since when the test has been true; empty while it is false
  std::uint64_t matches_ = 0;       // counts the beginnings and ends of matches
  Members last_match_;
  std::optional<Members> first_;
  std::optional<Members> given_;
  std::exception_ptr error_;
  Signal news_;
};

StateReader::StateReader(BusPtr bus, std::vector<std::string> topics, std::vector<MemberUse> uses, MembersTest test,
                         Duration hold, Duration interval)
    : impl_(std::make_unique<Impl>(std::move(bus), std::move(topics), std::move(uses), std::move(test), hold,
                                   interval)) {}
StateReader::~StateReader() = default;
Task<Members> StateReader::next() { return impl_->next(); }
Task<Members> StateReader::first() { return impl_->first(); }

namespace {

Task<Members> first_state(BusPtr bus, std::vector<std::string> topics, std::vector<MemberUse> uses, MembersTest test,
                          Duration hold) {
  StateReader reader(std::move(bus), std::move(topics), std::move(uses), std::move(test), hold);
  co_return co_await reader.first();
}

}  // namespace

Task<Members> wait_state(BusPtr bus, std::vector<std::string> topics, std::vector<MemberUse> uses, MembersTest test,
                         Duration hold) {
  bus->require_loop();
  return first_state(std::move(bus), std::move(topics), std::move(uses), std::move(test), hold);
}

}  // namespace hoiku::detail
