#include "client/src/bus/bus_core.hpp"

#include <utility>

#include "hoiku/async/sleep.hpp"
#include "hoiku/client/errors.hpp"
#include "hoiku/proto/secure_random.hpp"

namespace hoiku::client {
namespace {

proto::SessionToken random_token() {
  proto::SessionToken token;
  for (std::uint8_t& byte : token) byte = static_cast<std::uint8_t>(proto::secure_random());
  return token;
}

SessionOptions session_options(const detail::ConnectOptions& options) {
  SessionOptions made;
  made.token = options.token ? *options.token : random_token();
  made.client_name = options.name;
  made.session_timeout = options.session_timeout;
  return made;
}

}  // namespace

void throw_failure(const proto::Failed& failed) {
  const Failure& failure = failed.failure;
  if (failure.code == ErrorCode::version_conflict) {
    throw VersionConflict(failure.message, failed.current.value_or(Version{}));
  }
  if (failure.code == ErrorCode::type_mismatch) throw TypeMismatch(failure.message);
  throw Error(failure);
}

std::exception_ptr error_of(const proto::Failed& failed) noexcept {
  try {
    throw_failure(failed);
  } catch (...) {
    return std::current_exception();
  }
}

BusCore::BusCore(std::shared_ptr<link::Connector> connector, detail::ConnectOptions options)
    : connect_timeout_(options.connect_timeout),
      session_(session_options(options)),
      connection_(std::move(connector), std::move(options.on_event), session_,
                  [this](Received received) { apply(std::move(received)); }) {}

BusCore::~BusCore() = default;

void BusCore::throw_if_ended() const {
  if (ended_) std::rethrow_exception(ended_);
}

proto::RequestId BusCore::submit(proto::Command command, TimePoint until) {
  throw_if_ended();
  const Result<proto::RequestId> id = session_.submit(std::move(command), until);
  if (!id) throw Error(id.failure());
  connection_.wake();
  return *id;
}

void BusCore::post(std::string topic, Value value, bool latest_only) {
  throw_if_ended();
  proto::RequestId* replaceable = latest_only ? &posts_.replaceable(topic) : nullptr;
  const proto::RequestId older = replaceable && session_.is_unsent(*replaceable) ? *replaceable : 0;
  const std::size_t bytes = topic.size() + value.payload_bytes();
  if (!posts_.has_room(bytes, older)) {
    throw Error(ErrorCode::limit_exceeded,
                "too many posts are unacknowledged (at most " + std::to_string(Posts::posts_max) + ", or " +
                    std::to_string(Posts::post_bytes_max) + " bytes): await bus.writable() before the next one");
  }
  proto::Set command;
  command.topic = std::move(topic);
  command.value = std::move(value);
  const proto::RequestId id = submit(std::move(command));
  posts_.add(id, bytes);
  if (older != 0) {
    // Taken back only after the newer one was accepted. That one is last, so the writes in between keep their order.
    session_.cancel(older);
    posts_.settle(older);
    ++conflated_posts_;
  }
  if (replaceable) *replaceable = id;
}

Task<> BusCore::writable() {
  co_await checkpoint();
  while (!ended_ && !posts_.has_ample_room()) {
    const proto::RequestId seen = settled_.value();
    auto goes_on = [&](proto::RequestId through) { return through != seen; };
    co_await settled_.wait_value(goes_on);
  }
  throw_if_ended();
}

Task<> BusCore::settle_posts() {
  const proto::RequestId last = posts_.last();
  auto all_answered = [&](proto::RequestId through) { return through >= last; };
  co_await settled_.wait_value(all_answered);
}

Task<> BusCore::flush() {
  co_await settle_posts();
  if (const std::exception_ptr unknown = posts_.take_unknown()) std::rethrow_exception(unknown);
  throw_if_ended();
}

// Settles a request that no task awaits: a post, a schema, or a declaration that was sent again to another broker
// instance.
void BusCore::settle_unawaited(const Completion& completion) {
  posts_.settle(completion.id);
  const auto* failed = std::get_if<proto::Failed>(&completion.answer);
  if (!failed) return;
  posts_.failed(failed->failure.code, error_of(*failed));
  post_refused_.notify();
}

void BusCore::register_schema(const MessageSchema& schema) {
  if (ended_ || session_.is_registered(schema.type_name())) return;
  proto::RegisterSchema command;
  command.message_type = schema.type_name();
  command.files = schema.files();
  submit(std::move(command));
}

proto::RequestId BusCore::open(Reader& reader, proto::Command command) {
  if (ended_) {
    reader.ended(ended_);
    return 0;
  }
  const proto::RequestId id = submit(std::move(command));
  readers_.emplace(id, &reader);
  return id;
}

std::optional<InboxItem> BusCore::take(proto::RequestId id) {
  std::optional<InboxItem> item = session_.take(id);
  if (session_.has_commands()) connection_.wake();  // credit to renew
  return item;
}

void BusCore::close(proto::RequestId id) noexcept {
  if (readers_.erase(id) == 0) return;
  session_.cancel(id);
  connection_.wake();
}

BusCore::Pending::Pending(BusCore& bus, proto::Command command, TimePoint until)
    : bus_(bus), until_(until), id_(bus.submit(std::move(command), until)) {
  bus_.pending_.emplace(id_, this);
}

BusCore::Pending::~Pending() {
  take_back(earlier_);
  take_back(id_);
}

void BusCore::Pending::take_back(proto::RequestId id) noexcept {
  if (bus_.pending_.erase(id) == 0) return;
  bus_.session_.cancel(id);
  bus_.connection_.wake();
}

// The broker keeps an expired wait for another second, and this client keeps it until the next renewal: so no match is
// missed in between.
void BusCore::Pending::renew() {
  const Result<proto::RequestId> again = bus_.session_.repeat(id_, until_);
  if (!again) throw Error(again.failure());
  take_back(earlier_);
  earlier_ = std::exchange(id_, *again);
  bus_.pending_.emplace(id_, this);
  bus_.connection_.wake();
}

Task<> BusCore::Pending::wait_renewing() {
  while (until_ != never) {
    const bool late = co_await move_on_at(until_, done_.wait());
    if (!late) co_return;
    co_await checkpoint();  // if the deadline was our own, it strikes here
    until_ = co_await current_effective_deadline();
    if (!done_.is_set()) renew();
  }
  co_await done_.wait();
}

proto::Answer BusCore::Pending::take_answer() {
  if (error_) std::rethrow_exception(error_);
  if (const auto* failed = std::get_if<proto::Failed>(&*answer_)) throw_failure(*failed);
  return std::move(*answer_);
}

void BusCore::apply(Received received) {
  for (Completion& completion : received.completions) {
    if (const auto waiting = pending_.find(completion.id); waiting != pending_.end()) {
      Pending& pending = *waiting->second;
      pending_.erase(waiting);
      if (pending.answer_) continue;
      pending.answer_ = std::move(completion.answer);
      pending.done_.set();
    } else if (const auto reading = readers_.find(completion.id); reading != readers_.end()) {
      Reader& reader = *reading->second;
      readers_.erase(reading);
      const auto* failed = std::get_if<proto::Failed>(&completion.answer);
      reader.ended(error_of(failed ? *failed : proto::Failed{}));
    } else {
      settle_unawaited(completion);
    }
  }
  settled_.set(posts_.settled_through());
  // A user's predicate may open and close readers, so each is looked up in its turn.
  for (const proto::RequestId id : received.news) {
    const auto reading = readers_.find(id);
    if (reading != readers_.end()) reading->second->arrived();
  }
  if (session_.goodbye_acknowledged()) goodbye_done_.notify();
}

BusStatistics BusCore::statistics() const {
  const Connection::Statistics& connection = connection_.statistics();
  BusStatistics statistics;
  statistics.open_requests = ended_ ? 0 : session_.open_requests();
  statistics.reconnects = connection.reconnects;
  statistics.frames_sent = connection.frames_sent;
  statistics.frames_received = connection.frames_received;
  statistics.conflated_posts = conflated_posts_;
  return statistics;
}

}  // namespace hoiku::client
