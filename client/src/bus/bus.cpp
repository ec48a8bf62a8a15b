#include "hoiku/client/bus.hpp"

#include <functional>
#include <map>
#include <utility>

#include "client/src/bus/bus_core.hpp"
#include "client/src/bus/page_reader.hpp"
#include "hoiku/async/line_writer.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku {

detail::TopicCore Bus::core(std::string name) const {
  const Result<void> valid = check_topic_name(name);
  if (!valid) throw Error(valid.failure());
  return detail::TopicCore(core_, std::move(name));
}

ReadableValue<ConnectionState>& Bus::connection() const {
  core_->require_loop();
  return core_->connection();
}

namespace {

// Tasks that keep the core while they wait, so that the handle may be destroyed.
Task<> writable_of(detail::BusPtr core) { co_await core->writable(); }
Task<> flush_of(detail::BusPtr core) { co_await core->flush(); }

Task<std::optional<MessageSchema>> schema_of(detail::BusPtr core, std::string message_type) {
  proto::GetSchema command;
  command.message_type = message_type;
  client::BusCore::Pending pending(*core, std::move(command));
  co_await pending.wait();
  std::string files = pending.take<proto::SchemaDone>().files;
  if (files.empty()) co_return std::nullopt;
  Limits limits;
  limits.schema_bytes_max = limits.frame_bytes_max;  // the broker may allow larger schemas than the default
  auto schema = MessageSchema::parse(std::move(message_type), std::move(files), limits);
  if (!schema) throw Error(schema.failure());
  co_return std::move(*schema);
}

Task<std::vector<TopicInfo>> list_of(TopicPages pages) {
  std::map<std::string, TopicInfo> found;  // by name: a topic that moved between two pages is in both
  for (;;) {
    std::optional<TopicPage> page = co_await pages.next();
    if (!page) break;
    if (page->is_first) found.clear();
    for (TopicInfo& topic : page->topics) found[topic.state->topic] = std::move(topic);
  }
  std::vector<TopicInfo> topics;
  topics.reserve(found.size());
  for (auto& [name, info] : found) topics.push_back(std::move(info));
  co_return topics;
}

ReaderInfo reader_info(proto::ReaderRow row) {
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
  info.in_flight = row.in_flight;
  info.conflated = row.conflated;
  info.filtered = row.filtered;
  info.lagged = row.lagged;
  info.pending = row.pending;
  return info;
}

Task<std::vector<ReaderInfo>> readers_of(detail::BusPtr core) {
  client::PageReader<proto::ListReaders> pages(std::move(core), proto::ListReaders());
  std::vector<ReaderInfo> readers;
  for (;;) {
    std::optional<proto::ReadersDone> page = co_await pages.next();
    if (!page) break;
    if (pages.is_first()) readers.clear();
    for (proto::ReaderRow& row : page->rows) readers.push_back(reader_info(std::move(row)));
  }
  co_return readers;
}

}  // namespace

Task<std::vector<ReaderInfo>> Bus::readers() const {
  core_->require_loop();
  return readers_of(core_);
}

Task<std::vector<TopicInfo>> Bus::list(std::string pattern) const { return list_of(list_pages(std::move(pattern))); }

Task<std::optional<MessageSchema>> Bus::schema(std::string message_type) const {
  core_->require_loop();
  return schema_of(core_, std::move(message_type));
}

void detail::register_schema(const BusPtr& bus, const MessageSchema& schema) { bus->register_schema(schema); }
void detail::require_loop(const BusPtr& bus) { bus->require_loop(); }

Task<> Bus::writable() const {
  core_->require_loop();
  return writable_of(core_);
}
Task<> Bus::flush() const {
  core_->require_loop();
  return flush_of(core_);
}
RemoteBus Bus::remote() const { return RemoteBus(core_, core_->remote()); }

BusStatistics Bus::statistics() const {
  core_->require_loop();
  return core_->statistics();
}
std::string Bus::endpoint() const { return core_->endpoint(); }

namespace detail {
namespace {

// For the person at the terminal, or the reader of a container's log, of a program that reports nothing itself.
// Attempts to connect are left out: they would be a line a second.
std::function<void(const ConnectionEvent&)> log_to_stderr(std::string name) {
  return [name = std::move(name)](const ConnectionEvent& event) {
    using Kind = ConnectionEvent::Kind;
    if (event.kind == Kind::connected || event.kind == Kind::refused) return;
    log_line(name + ": " + event.text);
  };
}

Task<Bus> connect_core(Nursery& nursery, std::shared_ptr<link::Connector> connector, ConnectOptions options) {
  auto core = std::make_shared<client::BusCore>(std::move(connector), std::move(options));
  nursery.start_attendant(client::BusCore::attend, core, std::ref(nursery));
  co_await core->wait_until_connected();
  co_return Bus(std::move(core));
}

Task<Bus> connect_endpoint(Nursery& nursery, std::string endpoint, ConnectOptions options) {
  std::shared_ptr<link::Connector> connector = link::make_connector(endpoint, options.link);
  if (!options.on_event) options.on_event = log_to_stderr(options.name);
  co_return co_await connect_core(nursery, std::move(connector), std::move(options));
}

}  // namespace

Task<Bus> connect_bus(Nursery& nursery, ConnectOptions options) {
  Result<std::string> endpoint = link::endpoint_from_environment();
  if (!endpoint) throw Error(endpoint.failure());
  return connect_bus(nursery, std::move(*endpoint), std::move(options));
}

Task<Bus> connect_bus(Nursery& nursery, std::string endpoint, ConnectOptions options) {
  nursery.require_loop("Bus::connect()");
  return connect_endpoint(nursery, std::move(endpoint), std::move(options));
}

Task<Bus> connect_bus(Nursery& nursery, std::shared_ptr<link::Connector> connector, ConnectOptions options) {
  nursery.require_loop("Bus::connect()");
  return connect_core(nursery, std::move(connector), std::move(options));
}

}  // namespace detail
}  // namespace hoiku
