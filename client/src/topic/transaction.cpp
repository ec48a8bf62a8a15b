#include "hoiku/client/transaction.hpp"

#include "client/src/bus/bus_core.hpp"
#include "hoiku/async/sleep.hpp"

namespace hoiku {
namespace {

using client::BusCore;

Task<Committed> commit_writes(detail::BusPtr bus, std::vector<proto::Write> writes) {
  Committed committed;
  if (writes.empty()) {
    co_await checkpoint();
    co_return committed;
  }
  proto::Commit command;
  command.writes = std::move(writes);
  BusCore::Pending pending(*bus, std::move(command));
  co_await pending.wait();
  const auto done = pending.take<proto::CommitDone>();
  committed.revision = done.revision;
  for (const proto::CommitDone::Written& written : done.written) committed.versions.push_back(written.version);
  co_return committed;
}

}  // namespace

void Transaction::add(const detail::TopicCore& topic, Value next, const IfVersion& condition) {
  if (topic.bus() != bus_) {
    throw Error(ErrorCode::invalid_argument,
                "topic '" + topic.name() + "' is of another Bus than the one whose commit it shall be part of");
  }
  proto::Write write;
  write.topic = topic.name();
  write.value = std::move(next);
  write.if_version = condition.version();
  writes_.push_back(std::move(write));
}

Task<Committed> Transaction::commit() && { return commit_writes(std::move(bus_), std::move(writes_)); }

}  // namespace hoiku
