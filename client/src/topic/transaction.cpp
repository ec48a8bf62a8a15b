#include "hoiku/client/transaction.hpp"

#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/proto/limits.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku {
namespace {

using client::BusCore;

Task<Committed> commit_writes(detail::BusPtr bus, std::vector<detail::TopicWrite> writes) {
  Committed committed;
  if (writes.empty()) {
    co_await checkpoint();
    co_return committed;
  }
  // A broker takes a commit that is much larger for a broken frame, and ends the connection.
  if (const std::size_t most = Limits{}.commit_topics_max; writes.size() > most) {
    throw Error(ErrorCode::limit_exceeded, "a commit writes at most " + std::to_string(most) +
                                               " topics, and this one " + std::to_string(writes.size()));
  }
  proto::Commit command;
  for (detail::TopicWrite& write : writes) {
    proto::TopicWrite& made = command.writes.emplace_back();
    made.topic = std::move(write.topic);
    made.value = std::move(write.value);
    made.if_version = write.options.if_version;
    made.source_time = write.options.source_time;
  }
  BusCore::Pending pending(*bus, std::move(command));
  co_await pending.wait();
  const auto done = pending.take<proto::CommitDone>();
  committed.revision = done.revision;
  for (const proto::CommitDone::Written& written : done.written) committed.versions.push_back(written.version);
  co_return committed;
}

}  // namespace

void Transaction::add(const detail::TopicCore& topic, Value next, const detail::SetOptions& options) {
  if (topic.bus() != bus_) {
    throw Error(ErrorCode::invalid_argument,
                "topic " + text::quote(topic.name()) + " belongs to another Bus than this commit");
  }
  writes_.push_back(detail::TopicWrite{topic.name(), std::move(next), options});
}

Task<Committed> Transaction::commit() && { return commit_writes(std::move(bus_), std::move(writes_)); }

}  // namespace hoiku
