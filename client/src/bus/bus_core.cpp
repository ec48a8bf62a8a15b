#include "client/src/bus/bus_core.hpp"

#include <stdexcept>
#include <utility>

#include "hoiku/async/sleep.hpp"
#include "hoiku/client/errors.hpp"
#include "hoiku/proto/secure_random.hpp"
#include "hoiku/proto/text.hpp"

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

// A program prints its errors on a terminal or into a log: a broker must not speak to either.
void throw_failure(const proto::Failed& failed) {
  const Failure failure{failed.failure.code, text::one_line(failed.failure.message)};
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

void BusCore::require_loop() const {
  if (detail::Runtime::current() == loop_ || quiet_.load(std::memory_order_acquire)) return;
  throw std::logic_error(
      "a Bus is used on a thread that does not run its loop: post through bus.remote() there, or use the Bus on its "
      "loop");
}

void BusCore::throw_if_ended() const {
  if (ended_) std::rethrow_exception(ended_);
}

proto::RequestId BusCore::submit(proto::Command command, TimePoint until) {
  require_loop();
  throw_if_ended();
  return accepted(session_.submit(std::move(command), until));
}

proto::RequestId BusCore::accepted(Result<proto::RequestId> id) {
  if (!id) throw Error(id.failure());
  connection_.wake();
  return *id;
}

void BusCore::register_schema(const MessageSchema& schema) {
  require_loop();
  if (ended_ || session_.is_registered(schema.type_name())) return;
  proto::RegisterSchema command;
  command.message_type = schema.type_name();
  command.files = schema.files();
  submit(std::move(command));
}

proto::RequestId BusCore::open(Reader& reader, proto::Command command) {
  require_loop();
  if (ended_) {
    reader.ended(ended_);
    return 0;
  }
  const proto::RequestId id = submit(std::move(command));
  readers_.emplace(id, &reader);
  return id;
}

std::optional<InboxItem> BusCore::take(proto::RequestId id) {
  require_loop();
  std::optional<InboxItem> item = session_.take(id);
  if (session_.has_commands()) connection_.wake();  // credit to renew
  return item;
}

// Closing on another thread ends the program with the error's sentence: the loop may be using the reader right now.
void BusCore::close(proto::RequestId id) noexcept {
  require_loop();
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
  posts_.settle_through(received.posts_settled);
  settled_.set(posts_.settled_through());
  if (remote_) take_remote_posts();  // there may be room again
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
  statistics.conflated_posts = conflated_posts_ + (remote_ ? remote_->replaced() : 0);
  return statistics;
}

}  // namespace hoiku::client
