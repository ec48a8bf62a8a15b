#include "client/src/bus_core.hpp"

#include <random>
#include <utility>

#include "hoiku/client/errors.hpp"

namespace hoiku::client {
namespace {

proto::SessionToken random_token() {
  // On this system it reads the kernel's or the processor's own source.
  std::random_device source;
  proto::SessionToken token;
  for (std::uint8_t& byte : token) byte = static_cast<std::uint8_t>(source());
  return token;
}

ProtocolOptions protocol_options(const detail::ConnectOptions& options) {
  ProtocolOptions made;
  made.token = options.token ? *options.token : random_token();
  made.client_name = options.name;
  made.session_timeout = options.session_timeout;
  return made;
}

proto::RequestId value_of(Result<proto::RequestId> id) {
  if (!id) throw Error(id.failure());
  return *id;
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

BusCore::BusCore(std::shared_ptr<proto::Connector> connector, detail::ConnectOptions options)
    : connector_(std::move(connector)),
      options_(std::move(options)),
      endpoint_(connector_->endpoint()),
      protocol_(protocol_options(options_)) {}

BusCore::~BusCore() = default;

void BusCore::throw_if_ended() const {
  if (ended_) std::rethrow_exception(ended_);
}

proto::RequestId BusCore::set(std::string topic, Value value, std::optional<Version> if_version) {
  throw_if_ended();
  const proto::RequestId id = value_of(protocol_.set(std::move(topic), std::move(value), if_version));
  outgoing_.notify();
  return id;
}

proto::RequestId BusCore::commit(std::vector<proto::Write> writes) {
  throw_if_ended();
  const proto::RequestId id = value_of(protocol_.commit(std::move(writes)));
  outgoing_.notify();
  return id;
}

void BusCore::post(std::string topic, Value value, bool latest_only) {
  throw_if_ended();
  proto::RequestId* replaceable = latest_only ? &posts_.replaceable(topic) : nullptr;
  if (replaceable && protocol_.is_unsent(*replaceable)) {
    // Taken back, and the newer one goes to the end: what was written in between keeps its order.
    protocol_.cancel(*replaceable);
    posts_.settle(*replaceable);
    ++counts_.conflated_posts;
  }
  const std::size_t bytes = topic.size() + value.payload_bytes();
  if (!posts_.has_room(bytes)) {
    throw Error(ErrorCode::limit_exceeded, "too many posts are on their way (" + std::to_string(Posts::posts_max) +
                                               " or " + std::to_string(Posts::post_bytes_max) +
                                               " bytes at most): await bus.writable() before the next one");
  }
  const proto::RequestId id = value_of(protocol_.set(std::move(topic), std::move(value), std::nullopt));
  posts_.add(id, bytes);
  if (replaceable) *replaceable = id;
  outgoing_.notify();
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

void BusCore::settle_post(const Completion& completion) {
  if (!posts_.settle(completion.id)) return;
  const auto* failed = std::get_if<proto::Failed>(&completion.answer);
  if (!failed) return;
  posts_.failed(failed->failure.code, error_of(*failed));
  post_refused_.notify();
}

proto::RequestId BusCore::get(std::string topic) {
  throw_if_ended();
  const proto::RequestId id = protocol_.get(std::move(topic));
  outgoing_.notify();
  return id;
}

proto::RequestId BusCore::list(std::string pattern, std::uint64_t cursor) {
  throw_if_ended();
  const proto::RequestId id = protocol_.list(std::move(pattern), cursor);
  outgoing_.notify();
  return id;
}

proto::RequestId BusCore::list_readers(std::uint64_t cursor) {
  throw_if_ended();
  const proto::RequestId id = protocol_.list_readers(cursor);
  outgoing_.notify();
  return id;
}

proto::RequestId BusCore::wait(std::string topic, std::optional<Predicate> predicate, Duration hold) {
  throw_if_ended();
  const proto::RequestId id = value_of(protocol_.wait(std::move(topic), std::move(predicate), hold));
  outgoing_.notify();
  return id;
}

proto::RequestId BusCore::wait_transition(std::string topic, std::optional<Predicate> predicate,
                                          std::optional<Version> after) {
  throw_if_ended();
  const proto::RequestId id = value_of(protocol_.wait_transition(std::move(topic), std::move(predicate), after));
  outgoing_.notify();
  return id;
}

proto::RequestId BusCore::subscribe(Reader& reader, std::vector<std::string> topics, detail::Reading reading) {
  if (ended_) {
    reader.ended(ended_);
    return 0;
  }
  const proto::RequestId id = value_of(protocol_.subscribe(std::move(topics), std::move(reading)));
  readers_.emplace(id, &reader);
  outgoing_.notify();
  return id;
}

std::optional<InboxItem> BusCore::take(proto::RequestId id) {
  std::optional<InboxItem> item = protocol_.take(id);
  if (protocol_.has_commands()) outgoing_.notify();  // credit to renew
  return item;
}

void BusCore::unsubscribe(proto::RequestId id) noexcept {
  if (readers_.erase(id) == 0) return;
  protocol_.cancel(id);
  outgoing_.notify();
}

BusCore::Pending::Pending(BusCore& bus, proto::RequestId id) : bus_(bus), id_(id) { bus_.pending_.emplace(id, this); }

BusCore::Pending::~Pending() {
  if (bus_.pending_.erase(id_) == 0) return;
  bus_.protocol_.cancel(id_);
  bus_.outgoing_.notify();
}

proto::Answer BusCore::Pending::take() {
  if (error_) std::rethrow_exception(error_);
  if (const auto* failed = std::get_if<proto::Failed>(&*answer_)) throw_failure(*failed);
  return std::move(*answer_);
}

void BusCore::apply(Received received) {
  if (received.session) announce(*received.session);
  for (Completion& completion : received.completions) {
    if (const auto waiting = pending_.find(completion.id); waiting != pending_.end()) {
      Pending& pending = *waiting->second;
      pending_.erase(waiting);
      pending.answer_ = std::move(completion.answer);
      pending.done_.set();
    } else if (const auto reading = readers_.find(completion.id); reading != readers_.end()) {
      Reader& reader = *reading->second;
      readers_.erase(reading);
      const auto* failed = std::get_if<proto::Failed>(&completion.answer);
      reader.ended(error_of(failed ? *failed : proto::Failed{}));
    } else {
      settle_post(completion);
    }
  }
  settled_.set(posts_.settled_through());
  // A test of the user's may open and close readers, so each is looked up when it is its turn.
  for (const proto::RequestId id : received.subscriptions) {
    const auto reading = readers_.find(id);
    if (reading != readers_.end()) reading->second->arrived();
  }
  if (protocol_.gone()) goodbye_done_.notify();
}

void BusCore::end(std::exception_ptr why) noexcept {
  ended_ = std::move(why);
  protocol_.disconnected();
  auto pending = std::move(pending_);
  pending_.clear();
  for (auto& [id, waiting] : pending) {
    waiting->error_ = ended_;
    waiting->done_.set();
  }
  auto readers = std::move(readers_);
  readers_.clear();
  for (auto& [id, reader] : readers) reader->ended(ended_);
  settled_.set(posts_.last());  // nobody will answer any more
  connector_.reset();
}

BusStatistics BusCore::statistics() const {
  BusStatistics counts = counts_;
  counts.open_requests = protocol_.open_requests();
  return counts;
}

}  // namespace hoiku::client
