// resume.cpp: the part of session.hpp that ends a lost session and brings what it had open into the next one.
#include <algorithm>
#include <utility>

#include "client/src/session/session.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::client {
namespace {

// Returns true for a command that names a request of the session in which it was made.
bool is_session_scoped(const proto::Command& command) {
  return proto::properties_of(command).lifetime == proto::Lifetime::unanswered &&
         !std::holds_alternative<proto::Goodbye>(command);
}

Completion outcome_unknown(proto::RequestId id, const Request& write) {
  const std::string others = " and " + std::to_string(write.further_topics) + " more";
  const std::string topics = text::quote(write.topic) + (write.further_topics > 0 ? others : "");
  return Completion::failed(id,
                            {ErrorCode::outcome_unknown,
                             "the session was lost while a write to " + topics +
                                 " was in flight: it may or may not have been applied; read the topic to find out"});
}

Failure outcome_unknown(const Posted::InDoubt& posts) {
  const std::string topic = text::quote(posts.topic);
  const std::string what =
      posts.count == 1 ? "a post to " + topic + " was in flight: it"
                       : std::to_string(posts.count) + " posts, to " + topic + " and others, were in flight: each";
  return {ErrorCode::outcome_unknown,
          "the session was lost while " + what + " may or may not have been applied; read the topics to find out"};
}

}  // namespace

void Session::lose_session(Received& received) {
  std::vector<proto::RequestId> ended;
  for (auto& [id, request] : requests_) {
    Subscription* subscription = request.subscription.get();
    // A subscription that had been sent in an earlier session, but not yet in this one, has a resume point too.
    if (request.stage == Request::Stage::queued && subscription && subscription->was_sent()) {
      queue_.remove(id);
      request.stage = Request::Stage::lost;
    }
    if (request.stage != Request::Stage::sent) continue;
    if (subscription) subscription->lose_session(completeness_);
    if (request.properties.is_write || request.abandoned) {
      ended.push_back(id);
    } else {
      request.stage = Request::Stage::lost;
    }
  }
  std::sort(ended.begin(), ended.end());
  for (const proto::RequestId id : ended) {
    const auto found = requests_.find(id);
    if (found->second.abandoned) {
      --abandoned_;
    } else {
      received.completions.push_back(outcome_unknown(id, found->second));
    }
    requests_.erase(found);
  }
  if (const auto posts = posted_.lose_session()) {
    received.completions.push_back(Completion::failed(posts->first, outcome_unknown(*posts)));
    received.posts_settled = posts->last;
  }
  first_connection_ = 0;
  kept_ = {};
  in_flight_ = 0;
  incoming_ = {};
  acknowledgement_.clear();
  completeness_ = {};
  slots_.clear();
  packer_.begin_session();
}

// Expires the leases whose time has passed. A broker that is not connected cannot say so.
void Session::expire_leases(TimePoint now, Received& received) {
  for (auto next = requests_.begin(); next != requests_.end();) {
    auto& [id, request] = *next;
    const auto* own = request.get_if<proto::Own>();
    if (!own || request.until > now) {
      ++next;
      continue;
    }
    received.completions.push_back(Completion::failed(
        id, {ErrorCode::not_owner, "the lease on topic " + text::quote(own->topic) + " has expired"}));
    queue_.remove(id);  // it is queued if the session before this one ended before it was sent
    next = requests_.erase(next);
  }
}

// Queues again what the lost session had open, in the order of the ids.
void Session::rearm(std::uint64_t instance_id, TimePoint now, Received& received) {
  expire_leases(now, received);
  std::vector<proto::Command> commands;
  for (auto& [id, request] : requests_) {
    if (request.stage != Request::Stage::lost) continue;
    request.stage = Request::Stage::queued;
    if (auto* subscribe = request.get_if<proto::Subscribe>()) {
      subscribe->resume = request.subscription->begin_resync(instance_id);
      subscribe->unread = request.subscription->unread();
    }
    commands.push_back(*request.command);
  }
  std::sort(commands.begin(), commands.end(),
            [](const auto& a, const auto& b) { return proto::id_of(a) < proto::id_of(b); });
  queue_.restart(std::move(commands), is_session_scoped);
}

}  // namespace hoiku::client
