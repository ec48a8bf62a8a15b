#include "hoiku/client/bus.hpp"

#include <map>
#include <utility>

#include "client/src/bus_core.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku {

detail::TopicCore Bus::core(std::string name) const {
  const Result<void> valid = check_topic_name(name);
  if (!valid) throw Error(valid.failure());
  return detail::TopicCore(core_, std::move(name));
}

ReadableValue<ConnectionState>& Bus::connection() const { return core_->connection(); }
namespace {

// The core outlives the wait, whatever becomes of the handle.
Task<> writable_of(detail::BusPtr core) { co_await core->writable(); }
Task<> flush_of(detail::BusPtr core) { co_await core->flush(); }

Task<std::vector<TopicInfo>> list_of(detail::BusPtr core, std::string pattern) {
  std::map<std::string, TopicInfo> found;  // by name: a topic that moved between two pages is in both
  std::uint64_t run = core->run();
  std::uint64_t cursor = 0;
  bool complete = false;
  while (!complete) {
    client::BusCore::Pending pending(*core, core->list(pattern, cursor));
    co_await pending.wait();
    const proto::Answer answer = pending.take();
    const auto& page = std::get<proto::ListDone>(answer);
    if (core->run() != run) {  // another broker, to whom the cursor meant nothing
      run = core->run();
      found.clear();
      cursor = 0;
      continue;
    }
    for (const proto::ListRow& row : page.rows) found[row.current->topic] = TopicInfo{row.current, row.readers};
    cursor = page.next;
    complete = cursor == 0;
  }
  std::vector<TopicInfo> topics;
  topics.reserve(found.size());
  for (auto& [name, info] : found) topics.push_back(std::move(info));
  co_return topics;
}

ReaderInfo info_of(proto::ReaderRow row) {
  ReaderInfo info;
  info.client = std::move(row.client);
  info.session = std::move(row.session);
  info.topics = std::move(row.topics);
  info.mode = row.mode;
  info.filter = std::move(row.filter);
  info.interval = row.interval;
  info.matched = row.matched;
  info.written = row.written;
  info.delivered = row.delivered;
  info.conflated = row.conflated;
  info.filtered = row.filtered;
  info.lagged = row.lagged;
  info.pending = row.pending;
  return info;
}

Task<std::vector<ReaderInfo>> readers_of(detail::BusPtr core) {
  std::vector<ReaderInfo> readers;
  std::uint64_t run = core->run();
  std::uint64_t cursor = 0;
  bool complete = false;
  while (!complete) {
    client::BusCore::Pending pending(*core, core->list_readers(cursor));
    co_await pending.wait();
    proto::Answer answer = pending.take();
    auto& page = std::get<proto::ReadersDone>(answer);
    cursor = page.next;
    if (core->run() != run) {  // another broker, to whom the cursor meant nothing
      run = core->run();
      readers.clear();
      cursor = 0;
      continue;
    }
    for (proto::ReaderRow& row : page.rows) readers.push_back(info_of(std::move(row)));
    complete = cursor == 0;
  }
  co_return readers;
}

}  // namespace

Task<std::vector<ReaderInfo>> Bus::readers() const { return readers_of(core_); }

Task<std::vector<TopicInfo>> Bus::list(std::string pattern) const {
  const Result<void> valid = check_topic_pattern(pattern);
  if (!valid) throw Error(valid.failure());
  return list_of(core_, std::move(pattern));
}

Task<> Bus::writable() const { return writable_of(core_); }
Task<> Bus::flush() const { return flush_of(core_); }

BusStatistics Bus::statistics() const { return core_->statistics(); }
std::string Bus::endpoint() const { return core_->endpoint(); }

}  // namespace hoiku
