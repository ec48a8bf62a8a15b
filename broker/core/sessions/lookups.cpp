#include "broker/core/sessions/lookups.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "broker/core/sessions/session_label.hpp"
#include "hoiku/proto/size.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

// The rows of a page; one is always allowed.
template <class Row>
class Rows {
 public:
  Rows(std::vector<Row>& rows, std::size_t rows_max, std::size_t bytes_max)
      : rows_(rows), rows_max_(rows_max), bytes_max_(bytes_max) {}
  // False: the page has no room for the row.
  bool add(Row row, std::size_t bytes) {
    if (!rows_.empty() && (bytes_ + bytes > bytes_max_ || rows_.size() >= rows_max_)) return false;
    bytes_ += bytes;
    rows_.push_back(std::move(row));
    return true;
  }

 private:
  std::vector<Row>& rows_;
  std::size_t rows_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
};

}  // namespace

proto::Answer Lookups::look_up(const proto::Lookup& lookup, std::size_t page_bytes_max) {
  return std::visit(
      [&]<class Command>(const Command& command) -> proto::Answer {
        if constexpr (proto::is_paged<Command>) {
          return page(command, page_bytes_max);
        } else {
          return look_up(command);
        }
      },
      lookup);
}

proto::GetDone Lookups::look_up(const proto::Get& get) const {
  return {get.id, states_.committed(get.topic)->transition()};
}

proto::SchemaDone Lookups::look_up(const proto::GetSchema& schema) const {
  const MessageSchema* found = schemas_.find(schema.message_type);
  return {schema.id, found == nullptr ? std::string() : found->files()};
}

proto::ListDone Lookups::page(const proto::List& list, std::size_t bytes_max) {
  proto::ListDone page;
  page.id = list.id;
  Rows rows(page.rows, limits_.list_rows_max, bytes_max);
  const auto add = [&](TopicId id) {
    const State state = states_.committed(id);
    proto::ListRow row{state->transition(), subscriptions_.readers(id) + waits_.count(id)};
    const std::size_t bytes = proto::size_of(row).bound();
    return rows.add(std::move(row), bytes);
  };
  if (is_plain_name(list.pattern)) {
    if (const auto id = topics_.find(list.pattern)) add(*id);
    return page;
  }

  // The cursor is a place in the table; a client may send any number.
  std::size_t place = static_cast<std::size_t>(std::min<std::uint64_t>(list.cursor, topics_.end()));
  std::size_t left = std::max(std::min(limits_.list_steps_max, budget_.left()), budget_.page_steps());
  bool has_room = true;
  while (has_room && left > 0 && place < topics_.end()) {
    const std::size_t from = place;
    place = topics_.scan(from, std::min(left, budget_.page_steps()), [&](TopicId id, const Topic& topic) {
      has_room = topic.is_removed() || !pattern_matches(list.pattern, topic.name()) || add(id);
      return has_room;
    });
    if (!has_room) --place;  // the next page begins with it
    const std::size_t steps = std::max<std::size_t>(place - from, 1);
    left -= std::min(left, steps);
    budget_.spend(steps);
  }
  page.next = place < topics_.end() ? place : 0;
  return page;
}

proto::ReadersDone Lookups::page(const proto::ListReaders& list, std::size_t bytes_max) {
  proto::ReadersDone page;
  page.id = list.id;
  Rows rows(page.rows, limits_.list_rows_max, bytes_max);
  const auto& open = subscriptions_.by_serial();
  for (auto next = open.lower_bound(list.cursor); next != open.end(); ++next) {
    proto::ReaderRow row = row_of(*next->second);
    const std::size_t bytes = proto::size_of(row).bound();
    if (rows.add(std::move(row), bytes)) continue;
    page.next = next->first;
    break;
  }
  return page;
}

proto::ReaderRow Lookups::row_of(const Subscription& subscription) const {
  const SubscriptionOptions& reader = subscription.options();
  const Session& session = *sessions_.find(reader.owner);
  proto::ReaderRow row;
  row.client = session.name.text();
  row.session = session_label(session);
  if (reader.kind == SubscriptionKind::pattern || subscription.scan().is_running()) {
    row.topics.push_back(reader.pattern);
  } else {
    for (const auto& slot : subscription.slots()) row.topics.push_back(topics_[slot->topic()].name());
  }
  row.mode = reader.mode;
  if (reader.filter != nullptr) row.filter = text::shorten(reader.filter->key(), predicate_bytes_shown);
  row.interval = reader.interval;
  row.matched = subscription.slots().size();
  row.written = subscription.counts().written();
  row.delivered = subscription.counts().delivered(subscription.queue().acknowledged);
  row.in_flight = subscription.counts().in_flight(subscription.queue().acknowledged);
  row.conflated = subscription.counts().conflated();
  row.filtered = subscription.counts().filtered();
  row.lagged = subscription.counts().lagged();
  row.pending = subscription.counts().pending();
  return row;
}

}  // namespace hoiku::broker
