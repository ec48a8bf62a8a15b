// core_listing.cpp: one page of what topics there are. Made when its frame is cut, so that a queue of them holds nothing.
#include <algorithm>
#include <utility>

#include "broker/core/core_rooms.hpp"
#include "broker/core/sizes.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku::broker {
namespace {

// What a page may look at when patterns and other pages have used up the turn: it still goes on.
constexpr std::size_t visits_min = 64;
// Topics are looked at in pieces, because a scan cannot be left in the middle.
constexpr std::size_t visits_at_once = 64;

}  // namespace

proto::ListDone Core::Rooms::page(const proto::List& list, std::size_t bytes_max) {
  proto::ListDone page;
  page.id = list.id;
  std::size_t bytes = 0;
  const auto add = [&](TopicId id) {
    proto::ListRow row{current(id), subscriptions.readers(id) + waits.count(id)};
    const std::size_t row_bytes = row_overhead_bytes + estimated_bytes(*row.current);
    if (!page.rows.empty() && (bytes + row_bytes > bytes_max || page.rows.size() >= limits.list_rows_max)) return false;
    bytes += row_bytes;
    page.rows.push_back(std::move(row));
    return true;
  };
  if (is_plain_name(list.pattern)) {
    if (const auto id = topics.find(list.pattern)) add(*id);
    return page;
  }

  // The cursor is a place in the table; a client may say anything.
  std::size_t place = static_cast<std::size_t>(std::min<std::uint64_t>(list.cursor, topics.end()));
  std::size_t left = std::max(std::min(limits.list_visits_max, scan_left), visits_min);
  bool has_room = true;
  while (has_room && left > 0 && place < topics.end()) {
    const std::size_t from = place;
    std::size_t full_at = 0;
    place = topics.scan(from, std::min(left, visits_at_once), [&](TopicId id, const Topic& topic) {
      if (!has_room || !pattern_matches(list.pattern, topic.name()) || add(id)) return;
      has_room = false;
      full_at = static_cast<std::size_t>(id);
    });
    if (!has_room) place = full_at;  // the next page begins with it
    const std::size_t visited = std::max<std::size_t>(place - from, 1);
    left -= std::min(left, visited);
    scan_left -= std::min(scan_left, visited);
  }
  page.next = place < topics.end() ? place : 0;
  return page;
}

void Core::Rooms::execute(Session& session, const proto::ListReaders& list) {
  if (begin_request(session, list.id)) fail(session, list.id, {ErrorCode::unavailable, "not yet"}, Outbox::Of::request);
}

}  // namespace hoiku::broker
