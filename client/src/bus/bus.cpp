#include "hoiku/client/bus.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "client/src/bus/bus_core.hpp"
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

Task<std::optional<MessageSchema>> schema_of(detail::BusPtr core, std::string message_type) {
  client::BusCore::Pending pending(*core, core->get_schema(message_type));
  co_await pending.wait();
  proto::Answer answer = pending.take();
  std::string files = std::move(std::get<proto::SchemaDone>(answer).files);
  if (files.empty()) co_return std::nullopt;
  Limits limits;
  limits.schema_bytes_max = limits.frame_bytes_max;  // whatever the broker has let through
  auto schema = MessageSchema::parse(std::move(message_type), std::move(files), limits);
  if (!schema) throw Error(schema.failure());
  co_return std::move(*schema);
}

// Asks for one page after the other, with `ask(cursor)`, and gives each to `take`. Where the broker turns out to be another one,
// to whom the cursor meant nothing, `forget` is called, and it begins anew.
template <class Page, class Ask, class Take, class Forget>
Task<> read_pages(client::BusCore& core, Ask ask, Take take, Forget forget) {
  std::uint64_t run = core.run();
  std::uint64_t cursor = 0;
  bool complete = false;
  while (!complete) {
    client::BusCore::Pending pending(core, ask(cursor));
    co_await pending.wait();
    proto::Answer answer = pending.take();
    auto& page = std::get<Page>(answer);
    if (core.run() != run) {
      run = core.run();
      cursor = 0;
      forget();
      continue;
    }
    cursor = page.next;
    complete = cursor == 0;
    take(page);
  }
}

Task<std::vector<TopicInfo>> list_of(detail::BusPtr core, std::string pattern) {
  std::map<std::string, TopicInfo> found;  // by name: a topic that moved between two pages is in both
  const auto ask = [&](std::uint64_t cursor) { return core->list(pattern, cursor); };
  const auto take = [&](proto::ListDone& page) {
    for (const proto::ListRow& row : page.rows) found[row.current->topic] = TopicInfo{row.current, row.readers};
  };
  const auto forget = [&] { found.clear(); };
  co_await read_pages<proto::ListDone>(*core, ask, take, forget);
  std::vector<TopicInfo> topics;
  topics.reserve(found.size());
  for (auto& [name, info] : found) topics.push_back(std::move(info));
  co_return topics;
}

Task<std::vector<ReaderInfo>> readers_of(detail::BusPtr core) {
  std::vector<ReaderInfo> readers;
  const auto ask = [&](std::uint64_t cursor) { return core->list_readers(cursor); };
  const auto take = [&](proto::ReadersDone& page) {
    std::move(page.rows.begin(), page.rows.end(), std::back_inserter(readers));
  };
  const auto forget = [&] { readers.clear(); };
  co_await read_pages<proto::ReadersDone>(*core, ask, take, forget);
  co_return readers;
}

}  // namespace

Task<std::vector<ReaderInfo>> Bus::readers() const { return readers_of(core_); }

Task<std::vector<TopicInfo>> Bus::list(std::string pattern) const {
  const Result<void> valid = check_topic_pattern(pattern);
  if (!valid) throw Error(valid.failure());
  return list_of(core_, std::move(pattern));
}

Task<std::optional<MessageSchema>> Bus::schema(std::string message_type) const {
  return schema_of(core_, std::move(message_type));
}

void detail::register_schema(const BusPtr& bus, const MessageSchema& schema) { bus->register_schema(schema); }

Task<> Bus::writable() const { return writable_of(core_); }
Task<> Bus::flush() const { return flush_of(core_); }

BusStatistics Bus::statistics() const { return core_->statistics(); }
std::string Bus::endpoint() const { return core_->endpoint(); }

}  // namespace hoiku
