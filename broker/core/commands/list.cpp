// list.cpp: one page of what topics there are, or of who reads them. Made when its frame is cut, so that a queue of them
// holds nothing.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "broker/core/sessions/session_label.hpp"
#include "hoiku/proto/size.hpp"
#include "hoiku/proto/text.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

// What a page may look at when patterns and other pages have used up the turn: it still goes on.
constexpr std::size_t visits_min = 64;
// Topics are looked at in pieces, because a scan cannot be left in the middle.
constexpr std::size_t visits_at_once = 64;

// The rows of a page; one is always allowed.
template <class Row>
class Rows {
 public:
  Rows(std::vector<Row>& rows, std::size_t rows_max, std::size_t bytes_max)
      : rows_(rows), rows_max_(rows_max), bytes_max_(bytes_max) {}
  // False: there is no room for it.
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

proto::ListDone Core::Rooms::page(const proto::List& list, std::size_t bytes_max) {
  proto::ListDone page;
  page.id = list.id;
  Rows rows(page.rows, limits.list_rows_max, bytes_max);
  const auto add = [&](TopicId id) {
    const State state = states.committed(id);
    proto::ListRow row{state, subscriptions.readers(id) + waits.count(id)};
    const std::size_t bytes = proto::size_of(row).bound();
    return rows.add(std::move(row), bytes);
  };
  if (is_plain_name(list.pattern)) {
    if (const auto id = topics.find(list.pattern)) add(*id);
    return page;
  }

  // The cursor is a place in the table; a client may say anything.
  std::size_t place = static_cast<std::size_t>(std::min<std::uint64_t>(list.cursor, topics.end()));
  std::size_t left = std::max(std::min(limits.list_visits_max, budget.left()), visits_min);
  bool has_room = true;
  while (has_room && left > 0 && place < topics.end()) {
    const std::size_t from = place;
    place = topics.scan(from, std::min(left, visits_at_once), [&](TopicId id, const Topic& topic) {
      has_room = !pattern_matches(list.pattern, topic.name()) || add(id);
      return has_room;
    });
    if (!has_room) --place;  // the next page begins with it
    const std::size_t visited = std::max<std::size_t>(place - from, 1);
    left -= std::min(left, visited);
    budget.spend(visited);
  }
  page.next = place < topics.end() ? place : 0;
  return page;
}

void Core::Rooms::execute(Session& session, const proto::ListReaders& list) {
  if (!begin_request(session, list.id)) return;
  session.outbox.answer_list(list);
  session.wake();
}

// In the order in which the subscriptions were opened; the cursor is a place in it.
proto::ReadersDone Core::Rooms::page(const proto::ListReaders& list, std::size_t bytes_max) {
  proto::ReadersDone page;
  page.id = list.id;
  Rows rows(page.rows, limits.list_rows_max, bytes_max);
  const auto& open = subscriptions.by_serial();
  for (auto next = open.lower_bound(list.cursor); next != open.end(); ++next) {
    proto::ReaderRow row = row_of(*next->second);
    const std::size_t bytes = proto::size_of(row).bound();
    if (rows.add(std::move(row), bytes)) continue;
    page.next = next->first;
    break;
  }
  return page;
}

proto::ReaderRow Core::Rooms::row_of(const Subscription& subscription) {
  const Session& session = *sessions.find(subscription.owner);
  proto::ReaderRow row;
  row.client = session.name;
  row.session = session_label(session);
  if (subscription.kind == SubscriptionKind::pattern || subscription.scanning) {
    row.topics.push_back(subscription.pattern);
  } else {
    for (const auto& slot : subscription.slots) row.topics.push_back(topics[slot->readers->topic].name());
  }
  row.mode = subscription.mode;
  if (subscription.filter != nullptr) row.filter = text::shorten(subscription.filter->key(), predicate_bytes_shown);
  row.interval = subscription.interval;
  row.matched = subscription.slots.size();
  row.written = subscription.counts.written;
  row.delivered = subscription.counts.delivered;
  row.conflated = subscription.counts.conflated;
  row.filtered = subscription.counts.filtered;
  row.lagged = subscription.counts.lagged;
  row.pending = subscription.counts.pending;
  return row;
}

}  // namespace hoiku::broker
