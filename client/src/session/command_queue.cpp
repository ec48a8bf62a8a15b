#include "client/src/session/command_queue.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/proto/command_traits.hpp"

namespace hoiku::client {

void CommandQueue::push(proto::RequestId id, proto::Command command) {
  entries_.push_back(Entry{id, std::move(command)});
  ++live_;
}

void CommandQueue::push_first(proto::Command command) {
  first_.push_back(std::move(command));
  ++live_;
}

proto::Sets* CommandQueue::last_sets() noexcept {
  if (entries_.empty() || !entries_.back().command) return nullptr;
  return std::get_if<proto::Sets>(&*entries_.back().command);
}

const proto::Command* CommandQueue::front() {
  if (!first_.empty()) return &first_.front();
  skip_removed();
  return entries_.empty() ? nullptr : &*entries_.front().command;
}

proto::Command CommandQueue::pop() {
  --live_;
  if (!first_.empty()) {
    proto::Command command = std::move(first_.front());
    first_.pop_front();
    return command;
  }
  skip_removed();
  proto::Command command = std::move(*entries_.front().command);
  entries_.pop_front();
  return command;
}

bool CommandQueue::remove(proto::RequestId id) {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), id,
                                      [](const Entry& entry, auto wanted) { return entry.id < wanted; });
  if (found == entries_.end() || found->id != id || !found->command) return false;
  if (std::holds_alternative<proto::Sets>(*found->command)) return false;
  found->command.reset();
  --live_;
  // Compacts when most entries are removed ones: the removals since the last time pay for it.
  if (entries_.size() > 2 * live_ + 32) std::erase_if(entries_, [](const Entry& entry) { return !entry.command; });
  return true;
}

std::vector<proto::Command> CommandQueue::take_if(const std::function<bool(const proto::Command&)>& wanted) {
  std::vector<proto::Command> taken;
  for (Entry& entry : entries_) {
    if (!entry.command || !wanted(*entry.command)) continue;
    taken.push_back(std::move(*entry.command));
    entry.command.reset();
    --live_;
  }
  return taken;
}

void CommandQueue::restart(std::vector<proto::Command> commands, bool (*drop)(const proto::Command&)) {
  first_.clear();
  std::erase_if(entries_, [&](const Entry& entry) { return !entry.command || drop(*entry.command); });
  const auto kept = static_cast<std::ptrdiff_t>(entries_.size());
  for (proto::Command& command : commands) entries_.push_back(Entry{proto::id_of(command), std::move(command)});
  std::inplace_merge(entries_.begin(), entries_.begin() + kept, entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.id < b.id; });
  live_ = entries_.size();
}

void CommandQueue::skip_removed() {
  while (!entries_.empty() && !entries_.front().command) entries_.pop_front();
}

}  // namespace hoiku::client
