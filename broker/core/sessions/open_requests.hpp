// open_requests.hpp: the open requests of a session: subscriptions, waits and leases, by request id.
//
// Promises   a request is of one kind, and has one address from add() to remove(). visit_all() goes by rising ids.
// Thread     the core's. Owner: Session. The caller closes a request in its module before it removes it.
// Limits     none: its users ask contains(), size() and bytes() before they add.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "broker/core/readers/subscription.hpp"
#include "broker/core/topics/leases.hpp"
#include "broker/core/types.hpp"
#include "broker/core/waits/wait.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

// A wait for a transition that may have happened already: a later turn searches the history for it. It pins its topic.
struct PostponedWait {
  proto::WaitTransition command;
  Version searched_through;  // the transition comes after this version
  TimePoint arrived{};
  TopicId topic{};
};

class OpenRequests {
 public:
  // `id` is not open yet. `bytes`: the size of its predicate or last will.
  template <class Request>
  Request& add(proto::RequestId id, std::unique_ptr<Request> request, std::size_t bytes) {
    Request& added = *request;
    by_id_.emplace(id, Entry{std::move(request), bytes});
    bytes_ += bytes;
    return added;
  }
  void remove(proto::RequestId id) noexcept {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    bytes_ -= found->second.bytes;
    by_id_.erase(found);
  }

  // nullptr: no request of that kind has this id.
  template <class Request>
  Request* find(proto::RequestId id) const noexcept {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return nullptr;
    const auto* request = std::get_if<std::unique_ptr<Request>>(&found->second.request);
    return request == nullptr ? nullptr : request->get();
  }
  // Calls `visitor` with the request, as a reference to its own type. `id` is open.
  template <class Visitor>
  void visit(proto::RequestId id, Visitor visitor) const {
    std::visit([&](const auto& request) { visitor(*request); }, by_id_.find(id)->second.request);
  }
  template <class Visitor>
  void visit_all(Visitor visitor) const {
    for (const auto& [id, entry] : by_id_) std::visit([&](const auto& request) { visitor(*request); }, entry.request);
  }

  bool contains(proto::RequestId id) const { return by_id_.contains(id); }
  std::size_t size() const noexcept { return by_id_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }  // the size of all predicates and last wills

 private:
  struct Entry {
    std::variant<std::unique_ptr<Subscription>, std::unique_ptr<Wait>, std::unique_ptr<PostponedWait>,
                 std::unique_ptr<Lease>>
        request;
    std::size_t bytes = 0;
  };

  // Sorted, since clients choose the ids, and could choose ids that collide in a hash table.
  std::map<proto::RequestId, Entry> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace hoiku::broker
