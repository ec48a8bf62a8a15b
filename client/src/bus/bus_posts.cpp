// bus_posts.cpp: the part of bus_core.hpp that posts: writes that no task awaits, also those of other threads.
#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/sleep.hpp"

namespace hoiku::client {

// The last post of the topic that only its latest value counts for, if that has not left yet; 0: there is none.
proto::RequestId BusCore::unsent_post(const std::string& topic) {
  const proto::RequestId last = posts_.replaceable(topic);
  return session_.is_unsent(last) ? last : 0;
}

void BusCore::post(const std::string& topic, Value value, const detail::PostOptions& options) {
  require_loop();
  throw_if_ended();
  const proto::RequestId older = options.latest_only ? unsent_post(topic) : 0;
  const std::size_t bytes = topic.size() + value.payload_bytes();
  if (!posts_.has_room(bytes, older)) {
    throw Error(ErrorCode::limit_exceeded,
                "too many posts are not settled (at most " + std::to_string(Posts::posts_max) + ", or " +
                    std::to_string(Posts::post_bytes_max) + " bytes): await bus.writable() before the next one");
  }
  if (!options.latest_only && !options.source_time) {
    posts_.add(accepted(session_.post(topic, value)), bytes, "");
    return;
  }
  proto::Set command;
  command.topic = topic;
  command.value = std::move(value);
  command.source_time = options.source_time;
  command.is_post = true;
  const proto::RequestId id = submit(std::move(command));
  posts_.add(id, bytes, options.latest_only ? topic : "");
  if (older != 0) {
    // Taken back only after the newer one was accepted. That one is last, so the writes in between keep their order.
    session_.cancel(older);
    posts_.settle(older);
    ++conflated_posts_;
  }
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
  if (remote_) {
    const std::uint64_t pushed = remote_->pushed();
    auto all_taken = [&](std::uint64_t through) { return through >= pushed; };
    co_await remote_taken_.wait_value(all_taken);
  }
  const proto::RequestId last = posts_.last();
  session_.ask_for_settlement();
  connection_.wake();
  auto all_answered = [&](proto::RequestId through) { return through >= last; };
  co_await settled_.wait_value(all_answered);
}

Task<> BusCore::flush() {
  co_await settle_posts();
  if (const std::exception_ptr unknown = posts_.take_unknown()) std::rethrow_exception(unknown);
  // The nursery ends with the same error, perhaps a moment later.
  if (posts_.first_refusal()) std::rethrow_exception(posts_.first_refusal());
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

std::shared_ptr<RemoteQueue> BusCore::remote() {
  require_loop();
  throw_if_ended();
  if (!remote_) {
    remote_bell_.emplace([this] { take_remote_posts(); });
    remote_ = std::make_shared<RemoteQueue>(remote_bell_->button());
  }
  return remote_;
}

// Goes on when answers make room. A post that cannot be sent fails as one that the broker refuses.
void BusCore::take_remote_posts() noexcept {
  const auto fits = [this](const RemoteQueue::Post& next) {
    return posts_.has_room(next.bytes(), next.options.latest_only ? unsent_post(next.topic) : 0);
  };
  while (std::optional<RemoteQueue::Post> next = remote_->take(fits)) {
    try {
      post(std::move(next->topic), std::move(next->value), next->options);
    } catch (const Error& error) {
      posts_.failed(error.code(), std::current_exception());
      post_refused_.notify();
    }
  }
  remote_taken_.set(remote_->taken_through());
}

}  // namespace hoiku::client
