#include "hoiku/client/topic_pages.hpp"

#include "client/src/bus/page_reader.hpp"
#include "hoiku/client/bus.hpp"
#include "hoiku/proto/topic_name.hpp"

namespace hoiku {
namespace client {

class TopicPageReader : public PageReader<proto::List> {
 public:
  using PageReader::PageReader;
};

}  // namespace client

namespace {

Task<std::optional<TopicPage>> next_of(std::shared_ptr<client::TopicPageReader> reader) {
  std::optional<proto::ListDone> page = co_await reader->next();
  if (!page) co_return std::nullopt;
  TopicPage made;
  made.is_first = reader->is_first();
  made.topics.reserve(page->rows.size());
  for (proto::ListRow& row : page->rows) made.topics.push_back(TopicInfo{std::move(row.current), row.readers});
  co_return made;
}

}  // namespace

Task<std::optional<TopicPage>> TopicPages::next() {
  reader_->core().require_loop();
  return next_of(reader_);
}

TopicPages Bus::list_pages(std::string pattern) const {
  core_->require_loop();
  const Result<void> valid = check_topic_pattern(pattern);
  if (!valid) throw Error(valid.failure());
  proto::List command;
  command.pattern = std::move(pattern);
  return TopicPages(std::make_shared<client::TopicPageReader>(core_, std::move(command)));
}

}  // namespace hoiku
