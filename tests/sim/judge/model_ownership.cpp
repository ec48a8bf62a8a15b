// The part of the model that knows the owners and the deadlines of topics.
#include <algorithm>

#include "tests/sim/judge/model.hpp"

namespace hoiku::model {

std::optional<ErrorCode> Model::error_of_writer(const std::string& name, const Owner& by) const {
  const auto lease = leases_.find(name);
  if (lease == leases_.end() || lease->second.owner == by) return std::nullopt;
  return ErrorCode::not_owner;
}

ValueType Model::declared_type(const std::string& name) const {
  const auto declared = deadlines_.find(name);
  return declared == deadlines_.end() ? ValueType::null : declared->second.type;
}

ValueType Model::type_of(const std::string& name) const {
  if (const ValueType type = topic(name).newest().value.type(); type != ValueType::null) return type;
  if (const ValueType type = declared_type(name); type != ValueType::null) return type;
  const auto lease = leases_.find(name);
  return lease == leases_.end() ? ValueType::null : lease->second.last_will.type();
}

Model::OwnResult Model::own(const proto::Own& command, const Owner& by, const std::string& writer, TimePoint now) {
  begin(now);
  OwnResult result;
  const auto standing = leases_.find(command.topic);
  if (standing != leases_.end()) {
    if (standing->second.owner == by) return {ErrorCode::invalid_argument};
    if (!command.take_over) return {ErrorCode::not_owner};
    result.lost = standing->second;
  }
  // The last will may be of another type than the one that it replaces.
  const ValueType declared = declared_type(command.topic);
  const ValueType held = declared != ValueType::null ? declared : topic(command.topic).newest().value.type();
  if (!command.last_will.is_null() && held != ValueType::null && command.last_will.type() != held)
    return {ErrorCode::type_mismatch};
  Lease& lease = leases_[command.topic];
  lease = Lease{by, command.id, command.last_will, writer, std::nullopt};
  if (command.lasting.count() > 0) lease.until = saturating_add(now, command.lasting);
  return result;
}

std::vector<std::string> Model::execute_wills(const std::vector<std::string>& topics, TimePoint now) {
  begin(now);
  std::vector<std::string> changed;
  for (const std::string& topic : topics) {
    const Lease lease = leases_.at(topic);
    leases_.erase(topic);
    if (apply(topic, {lease.last_will, lease.writer, {}, Quality::orphaned}, revision_ + 1, now).changed)
      changed.push_back(topic);
  }
  if (!changed.empty()) ++revision_;
  end_declarations();
  return changed;
}

std::vector<std::string> Model::topics_of(const Owner& by) const {
  std::vector<std::string> topics;
  for (const auto& [topic, lease] : leases_) {
    if (lease.owner == by) topics.push_back(topic);
  }
  return topics;
}

void Model::release(const Owner& by, proto::RequestId id, TimePoint now) {
  for (const std::string& topic : topics_of(by)) {
    if (leases_.at(topic).id == id) execute_wills({topic}, now);
  }
}

void Model::end_leases(const Owner& by, TimePoint now) {
  execute_wills(topics_of(by), now);
  withdraw([&](const Owner& declarer) { return declarer == by; });
}

std::optional<ErrorCode> Model::declare(const proto::Declare& command, const Owner& by, TimePoint now) {
  if (command.type != ValueType::null) {
    const ValueType has = type_of(command.topic);
    if (has != ValueType::null && has != command.type) return ErrorCode::type_mismatch;
  }
  Deadline& declared = deadlines_.try_emplace(command.topic, Deadline{{}, now, {}, {}, false}).first->second;
  if (command.type != ValueType::null) declared.type = command.type;
  auto& declarers = declared.declarers;
  if (std::find(declarers.begin(), declarers.end(), by) == declarers.end()) declarers.push_back(by);
  if (!command.deadline || declared.after == *command.deadline) return std::nullopt;
  if (declared.after.count() == 0) declared.touched = now;
  declared.after = *command.deadline;
  return std::nullopt;
}

Model::UndeclareResult Model::undeclare(const proto::Undeclare& command, const Owner& by,
                                        const std::function<bool(const Owner&)>& expires_now) {
  const auto declared = deadlines_.find(command.topic);
  if (declared == deadlines_.end()) return {};
  auto& declarers = declared->second.declarers;
  const bool has_declared = std::erase(declarers, by) > 0;
  if (declarers.empty()) {
    deadlines_.erase(declared);
    return {};
  }
  const bool all_expire = std::all_of(declarers.begin(), declarers.end(), expires_now);
  if (all_expire) declared->second.may_have_ended = true;
  if (has_declared) return {};
  return {ErrorCode::not_owner, all_expire};
}

void Model::withdraw(const std::function<bool(const Owner&)>& has_expired,
                     const std::function<bool(const Owner&)>& expires_now) {
  for (auto& [topic, declared] : deadlines_) std::erase_if(declared.declarers, has_expired);
  end_declarations();
  if (!expires_now) return;
  for (auto& [topic, declared] : deadlines_) {
    const bool all_expire = std::all_of(declared.declarers.begin(), declared.declarers.end(), expires_now);
    if (all_expire && this->topic(topic).newest().value.is_null() && !leases_.contains(topic))
      declared.may_have_ended = true;
  }
}

void Model::end_declarations() {
  std::erase_if(deadlines_, [&](const auto& entry) {
    return entry.second.declarers.empty() && topic(entry.first).newest().value.is_null() &&
           !leases_.contains(entry.first);
  });
}

bool Model::is_overdue(const std::string& name, const Deadline& deadline, TimePoint at) const {
  const State& newest = topic(name).newest();
  return deadline.after.count() > 0 && !newest.value.is_null() && newest.quality == Quality::live &&
         deadline.touched + deadline.after <= at;
}

std::string Model::judge_own_commit(const std::vector<Transition>& record,
                                    const std::function<TimePoint(const Owner&)>& expires_at, TimePoint now,
                                    std::vector<Lease>& ended) {
  const Transition& first = record.front();
  if (first.quality == Quality::live) return "nobody wrote '" + first.topic + "'";
  if (first.quality == Quality::stale) {
    const auto deadline = deadlines_.find(first.topic);
    if (record.size() != 1 || deadline == deadlines_.end() || !is_overdue(first.topic, deadline->second, now))
      return "'" + first.topic + "' is not stale";
    begin(now);
    const State newest = topics_[first.topic].newest();
    was_due_ = deadline->second.touched + deadline->second.after;
    apply(first.topic, {newest.value, newest.writer, newest.source_time, Quality::stale}, revision_ + 1, now);
    was_due_.reset();
    ++revision_;
    return {};
  }
  const auto lease = leases_.find(first.topic);
  if (lease == leases_.end()) return "nobody owned '" + first.topic + "'";
  std::vector<std::string> topics{first.topic};
  TimePoint due = expires_at(lease->second.owner);
  if (due <= now) {
    topics = topics_of(lease->second.owner);
  } else if (due = lease->second.until.value_or(never); due > now) {
    return "the lease of '" + first.topic + "' stands";
  }
  for (const std::string& topic : topics) ended.push_back(leases_.at(topic));
  std::vector<std::string> said;
  for (const Transition& transition : record) said.push_back(transition.topic);
  std::sort(said.begin(), said.end());
  was_due_ = due;
  const bool is_right = execute_wills(topics, now) == said;
  was_due_.reset();
  return is_right ? "" : "not all wills were executed, or too many";
}

std::string Model::neglected(const std::function<bool(const Owner&)>& has_expired, TimePoint instant) const {
  for (const auto& [topic, deadline] : deadlines_) {
    if (is_overdue(topic, deadline, instant) && !deadline.may_have_ended) return "'" + topic + "' should be stale";
  }
  for (const auto& [topic, lease] : leases_) {
    if (has_expired(lease.owner) || (lease.until && *lease.until <= instant))
      return "the lease of '" + topic + "' should have ended";
  }
  return {};
}

}  // namespace hoiku::model
