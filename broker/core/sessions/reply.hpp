// reply.hpp: the answer to one request of a session.
//
// Promises   a request that is opened is answered once, and is in flight until that answer is acknowledged. If too many
//            are in flight, it is answered with limit_exceeded, which is in flight itself; if twice as many are, the
//            client does not read answers, and its session is marked as overrun: the core closes it.
// Thread     the core's. Lives on the stack of a command; the session is kept by reference.
//            A post is not in flight, and is answered only if it is refused. If too many wait for the store, or too
//            many refusals are not acknowledged, the session is marked as overrun, too.
// Limits     requests_in_flight_max, unsettled_posts_max.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "broker/core/sessions/session.hpp"
#include "hoiku/proto/error.hpp"

namespace hoiku::broker {

class Reply {
 public:
  Reply(Session& session, proto::RequestId id) : Reply(session, id, false) {}
  // The reply to a write, which may be a post.
  Reply(Session& session, proto::RequestId id, bool is_post) : session_(session), id_(id), is_post_(is_post) {
    is_post ? open_post() : open_request();
  }

  // False: the request is refused, and further calls have no effect.
  bool is_open() const noexcept { return is_open_; }

  void done(proto::Answer answer) {
    if (std::exchange(is_open_, false) && !is_post_) session_.answer(std::move(answer), AnswerBudget::request);
  }
  // `current`: the topic's version, for a writer that expected another one.
  void fail(Failure failure, std::optional<Version> current = {}) {
    proto::Failed failed{id_, std::move(failure), current};
    if (!is_post_) return done(std::move(failed));
    if (std::exchange(is_open_, false)) session_.refuse_post(std::move(failed));
  }

 private:
  void open_request() {
    const std::size_t in_flight = session_.outbox.requests_in_flight();
    const std::size_t in_flight_max = session_.limits.requests_in_flight_max;
    if (in_flight >= 2 * in_flight_max) {
      session_.overrun = true;
      return;
    }
    session_.outbox.begin_request();
    is_open_ = true;
    if (in_flight < in_flight_max) return;
    fail({ErrorCode::limit_exceeded,
          "the session has " + std::to_string(in_flight) + " requests in flight: await some answers first"});
  }

  void open_post() {
    session_.sends_posts = true;
    is_open_ = session_.unsettled_posts() < session_.limits.unsettled_posts_max;
    if (!is_open_) session_.overrun = true;
  }

  Session& session_;
  proto::RequestId id_;
  bool is_post_;
  bool is_open_ = false;
};

}  // namespace hoiku::broker
