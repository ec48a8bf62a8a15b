#include "hoiku/client/lease.hpp"

#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/client/errors.hpp"

namespace hoiku {

namespace {

void require_positive(Duration time, const char* refusal) {
  if (time <= Duration::zero()) throw Error(ErrorCode::invalid_argument, refusal);
}

}  // namespace

TopicDeadline deadline(Duration after) {
  require_positive(after, "a deadline is longer than zero; no_deadline takes a topic's deadline away");
  return TopicDeadline(after);
}

Lasting lasting(Duration time) {
  require_positive(time, "a lease lasts longer than zero; without lasting() it lasts as long as the session");
  return Lasting(time);
}

class Lease::Impl final : public client::Reader {
 public:
  Impl(detail::BusPtr bus, proto::Own command) : bus_(std::move(bus)) { id_ = bus_->open(*this, std::move(command)); }
  ~Impl() { release(); }

  void arrived() noexcept override { begun_.set(); }
  void ended(std::exception_ptr why) noexcept override {
    why_ = std::move(why);
    is_end_of_bus_ = bus_->has_ended();
    begun_.set();
    lost_.set();
  }

  Task<> begin() {
    co_await begun_.wait();
    if (why_) std::rethrow_exception(why_);
  }
  void release() noexcept { bus_->close(id_); }

  bool is_lost() const {
    bus_->require_loop();
    return why_ != nullptr;
  }
  static Task<> lost(std::shared_ptr<Impl> lease) {
    if (lease) lease->bus_->require_loop();
    return lost_later(std::move(lease));
  }
  static Task<> lost_later(std::shared_ptr<Impl> lease) {
    Event never_set;  // of one that was moved from
    co_await (lease ? lease->lost_ : never_set).wait();
    if (lease->is_end_of_bus_) std::rethrow_exception(lease->why_);
  }
  std::string why_lost() const {
    bus_->require_loop();
    if (!why_) return {};
    try {
      std::rethrow_exception(why_);
    } catch (const std::exception& why) {
      return why.what();
    }
  }

 private:
  detail::BusPtr bus_;
  proto::RequestId id_ = 0;
  Event begun_;
  Event lost_;
  std::exception_ptr why_;
  bool is_end_of_bus_ = false;
};

void Lease::release() noexcept {
  if (impl_) impl_->release();
}
bool Lease::is_lost() const { return impl_ && impl_->is_lost(); }
Task<> Lease::lost() const { return Impl::lost(impl_); }
std::string Lease::why_lost() const { return impl_ ? impl_->why_lost() : std::string(); }

namespace detail {

namespace {

Task<> declare(TopicCore topic, DeclareOptions options) {
  client::BusCore& bus = *topic.bus();
  proto::Declare command;
  command.topic = topic.name();
  command.type = options.type;
  command.message_type = std::move(options.message_type);
  command.deadline = options.deadline;
  command.history = options.history;
  client::BusCore::Pending pending(bus, std::move(command));
  co_await pending.wait();
  pending.take<proto::Done>();
}

Task<> undeclare(TopicCore topic) {
  client::BusCore& bus = *topic.bus();
  proto::Undeclare command;
  command.topic = topic.name();
  client::BusCore::Pending pending(bus, std::move(command));
  co_await pending.wait();
  pending.take<proto::Done>();
}

Task<Lease> own(TopicCore topic, OwnOptions options) {
  proto::Own command;
  command.topic = topic.name();
  command.last_will = std::move(options.last_will);
  command.take_over = options.take_over;
  command.lasting = options.lasting;
  auto lease = std::make_shared<Lease::Impl>(topic.bus(), std::move(command));
  co_await lease->begin();
  co_return Lease(std::move(lease));
}

}  // namespace

Task<> declare_topic(TopicCore topic, DeclareOptions options) {
  topic.bus()->require_loop();
  return declare(std::move(topic), std::move(options));
}

Task<> undeclare_topic(TopicCore topic) {
  topic.bus()->require_loop();
  return undeclare(std::move(topic));
}

Task<Lease> own_topic(TopicCore topic, OwnOptions options) {
  topic.bus()->require_loop();
  return own(std::move(topic), std::move(options));
}

}  // namespace detail
}  // namespace hoiku
