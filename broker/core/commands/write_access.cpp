#include "broker/core/commands/write_access.hpp"

#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {

Result<std::optional<TopicId>> WriteAccess::find_writable(const std::string& name) const {
  const bool is_reserved = is_reserved_name(name);
  if (const auto found = topics_.find(name); found && !is_reserved) return found;
  if (auto checked = check_topic_name(name, limits_); !checked) return checked.failure();
  if (is_reserved) {
    return Failure{ErrorCode::permission_denied,
                   "topic " + text::quote(name) + " belongs to the broker: it is read-only"};
  }
  return std::optional<TopicId>();
}

Result<TopicId> WriteAccess::find_or_create_writable(const std::string& name) {
  const auto found = find_writable(name);
  if (!found) return found.failure();
  return *found ? Result<TopicId>(**found) : requests_.find_or_create(name);
}

Result<void> WriteAccess::check_write(const Session& session, TopicId topic) const {
  const Lease* lease = leases_.find(topic);
  if (lease == nullptr || lease->owner == session.id) return {};
  return Failure{ErrorCode::not_owner, "topic " + text::quote(topics_[topic].name()) + " belongs to client " +
                                           name_of(lease->owner) + ": no other client may write it"};
}

Result<void> WriteAccess::check_own(const Session& session, TopicId topic, bool take_over) const {
  const Lease* lease = leases_.find(topic);
  if (lease == nullptr) return {};
  const std::string name = text::quote(topics_[topic].name());
  if (lease->owner == session.id) return Failure{ErrorCode::invalid_argument, "this client already owns topic " + name};
  if (take_over) return {};
  return Failure{ErrorCode::not_owner, "topic " + name + " belongs to client " + name_of(lease->owner) +
                                           ": wait until that client releases it, or take it over"};
}

std::string WriteAccess::name_of(SessionId id) const {
  const Session* session = sessions_.find(id);
  return text::quote(session != nullptr ? session->name.text() : std::string());
}

}  // namespace hoiku::broker
