// topic_pages.hpp: TopicPages: the topics that match a pattern, one page after the other, for programs that do not want
// to hold all of them.
//
//   TopicPages pages = bus.list_pages("sensor/**");
//   for (;;) {
//     const std::optional<TopicPage> page = co_await pages.next();
//     if (!page) break;
//     for (const TopicInfo& row : page->topics) ...
//   }
//
// Promises   The broker is asked for a page when next() is called, and for no page ahead. Each row is true of the
//            moment when the broker made its page. A topic that comes or goes meanwhile may be missing, and one that
//            was removed and made again may be in two pages: the later one counts.
// Limits     256 topics or 256 KiB a page; one topic is always allowed.
// Thread     the loop's. Lifetime: as a handle of the Bus; next() is not called before the previous call has ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "hoiku/async/task.hpp"
#include "hoiku/client/topic_core.hpp"

namespace [[gnu::visibility("default")]] hoiku {

namespace client {
class TopicPageReader;
}

// One topic, at the moment when the broker made its page of the list.
struct TopicInfo {
  TransitionPtr state;        // never null; version.number 0: never set, but it has a reader
  std::uint64_t readers = 0;  // its subscriptions and waits, of all clients
};

struct TopicPage {
  std::vector<TopicInfo> topics;  // in no particular order; may be empty
  // The list begins here. It begins again if the broker was restarted between two pages: all earlier pages are void.
  bool is_first = false;
};

class TopicPages {
 public:
  explicit TopicPages(std::shared_ptr<client::TopicPageReader> reader) : reader_(std::move(reader)) {}

  // Returns the next page; after the last one nothing. Throws Closed, or the error that ended the Bus.
  Task<std::optional<TopicPage>> next();

 private:
  std::shared_ptr<client::TopicPageReader> reader_;
};

}  // namespace hoiku
